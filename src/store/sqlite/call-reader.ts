import { type Expression, type Kysely, type SqlBool, sql } from 'kysely'
import type { Call } from '../../call/call.ts'
import type { LoggedCallEvent } from '../../call/call-event.ts'
import { lowestCallId } from '../../call/call-id-order.ts'
import { projectCall } from '../../call/project-call.ts'
import { findRecoveries, type UnfinishedCall } from '../../call/unfinished-call.ts'
import { boundedQuery, type CallPage, type CallQuery, pageOf } from '../call-query.ts'
import { type CallRow, callFromRows, type LegRow } from '../call-row.ts'
import type { NodeCalls } from '../call-store.ts'
import { fromEventRow, fromWholeEventRow, type LoggedEventRow } from '../event-row.ts'
import type { Schema } from '../schema.ts'
import type { ParameterOf, Statements } from './statements.ts'

/** Up to here each account's index is read in turn; above, the calls of all are read and filtered. */
const fewAccounts = 20

/** Reads calls: a live one by its events, an ended one by its CDR. */
export class CallReader {
  readonly #statements: Statements
  readonly #prepared: ReturnType<typeof prepareStatements>

  readonly #node: number

  constructor(statements: Statements, node: number) {
    this.#statements = statements
    this.#node = node
    this.#prepared = prepareStatements(statements)
  }

  call(id: string): Call | undefined {
    const row = this.#prepared.findCall.get({ id })
    return row === undefined ? undefined : this.#fromRow(row)
  }

  events(callId: string): readonly LoggedCallEvent[] {
    const call = this.#prepared.findCall.get({ id: callId })
    if (call === undefined) return []
    return this.#prepared.readWholeEvents.all({ call_number: call.number }).map((row) => fromWholeEventRow(row, call))
  }

  calls(query: CallQuery): CallPage {
    const { rows, ...more } = pageOf(this.#pageRows(boundedQuery(query)), query)
    return { calls: rows.map((row) => this.#fromRow(row)), ...more }
  }

  unfinished(): readonly UnfinishedCall[] {
    return this.#prepared.findLiveOfNode.all({ node: this.#node }).map(({ id }) => {
      const events = this.events(id)
      return findRecoveries(projectCall(events), events)
    })
  }

  liveElsewhere(): readonly NodeCalls[] {
    return this.#prepared.countLiveElsewhere.all({ node: this.#node })
  }

  #fromRow(row: CallRow): Call {
    if (row.ended_at === null) {
      return projectCall(
        this.#prepared.readEvents.all({ call_number: row.number }).map((event) => fromEventRow(event, row)),
      )
    }
    return callFromRows(row, this.#prepared.findLegs.all({ call_id: row.id }))
  }

  #pageRows(query: CallQuery): readonly CallRow[] {
    const accounts = [...new Set(query.accounts)]
    if (accounts.length > fewAccounts) {
      return this.#selectPage(
        query,
        sql<SqlBool>`account in (select value from json_each(${JSON.stringify(accounts)}))`,
      )
    }
    return accounts
      .flatMap((account) => this.#selectPage(query, sql<SqlBool>`account = ${account}`))
      .sort((one, other) => (one.id < other.id ? 1 : -1))
      .slice(0, query.limit)
  }

  #selectPage(query: CallQuery, ofAccounts: Expression<SqlBool>): CallRow[] {
    return this.#statements.all((db) => {
      let select = db.selectFrom('calls').selectAll().where(ofAccounts)
      if (query.externalId !== undefined) select = select.where('external_id', '=', query.externalId)
      if (query.state === 'live') select = select.where('ended_at', 'is', null)
      if (query.state === 'ended') select = select.where('ended_at', 'is not', null)
      // The bounds of the id let the index find the period; those of the time are the exact ones.
      if (query.from !== undefined) {
        select = select.where('accepted_at', '>=', query.from).where('id', '>=', lowestCallId(query.from))
      }
      if (query.until !== undefined) {
        select = select.where('accepted_at', '<', query.until).where('id', '<', lowestCallId(query.until))
      }
      if (query.cursor !== undefined) select = select.where('id', '<', query.cursor)
      return select.orderBy('id', 'desc').limit(query.limit)
    })
  }
}

const prepareStatements = (statements: Statements) => ({
  findCall: statements.prepare<{ id: string }, CallRow>((db, parameter) =>
    db.selectFrom('calls').selectAll().where('id', '=', parameter('id')),
  ),
  findLegs: statements.prepare<{ call_id: string }, LegRow>((db, parameter) =>
    db.selectFrom('legs').selectAll().where('call_id', '=', parameter('call_id')),
  ),
  findLiveOfNode: statements.prepare<{ node: number }, { id: string }>((db, parameter) =>
    db
      .selectFrom('calls')
      .select('id')
      .where('ended_at', 'is', null)
      .where('node', '=', parameter('node'))
      .orderBy('id'),
  ),
  countLiveElsewhere: statements.prepare<{ node: number }, NodeCalls>((db, parameter) =>
    db
      .selectFrom('calls')
      .select(['node', (eb) => eb.fn.countAll<number>().as('calls')])
      .where('ended_at', 'is', null)
      .where('node', '!=', parameter('node'))
      .groupBy('node')
      .orderBy('node'),
  ),
  readEvents: statements.prepare<{ call_number: number }, LoggedEventRow>(selectEvents),
  readWholeEvents: statements.prepare<{ call_number: number }, LoggedEventRow & { readonly recovery: string | null }>(
    (db, parameter) =>
      selectEvents(db, parameter)
        .leftJoin('leg_recoveries', (join) =>
          join
            .onRef('leg_recoveries.call_number', '=', 'call_events.call_number')
            .onRef('leg_recoveries.sequence', '=', 'call_events.sequence'),
        )
        .select('recovery'),
  ),
})

export const selectEvents = (db: Kysely<Schema>, parameter: ParameterOf<{ call_number: number }>) =>
  db
    .selectFrom('call_events')
    .select(['call_events.sequence', 'type', 'at', 'data'])
    .where('call_events.call_number', '=', parameter('call_number'))
    .orderBy('call_events.sequence')
