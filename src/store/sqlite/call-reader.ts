import { type Expression, type Kysely, type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
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
import { isAmong, type ParameterOf, type Statements } from './statements.ts'

/** Up to here each account's index is read in turn. */
const fewAccounts = 20
/** So many calls of all accounts are looked through at a time for those of more accounts: the calls that are up wait meanwhile. */
const windowLength = 5000

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
    const { rows, ...more } = this.#page(query)
    return { calls: rows.map((row) => this.#fromRow(row)), ...more }
  }

  unfinished(): readonly UnfinishedCall[] {
    const ids = this.#prepared.findLiveOfNode.all({ node: this.#node }).map(({ id }) => id)
    return ids.sort().map((id) => {
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

  #page(query: CallQuery): ReturnType<typeof pageOf<CallRow>> {
    const bounded = boundedQuery(query)
    const accounts = [...new Set(query.accounts)]
    if (accounts.length <= fewAccounts) {
      const rows = accounts.flatMap((account) => this.#selectPage(bounded, sql<SqlBool>`account = ${account}`))
      return pageOf(rows.sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, bounded.limit), query)
    }
    const ofAccounts = isAmong('account', JSON.stringify(accounts))
    // Live calls are few, and so are those with one external id.
    if (query.state === 'live' || query.externalId !== undefined) {
      return pageOf(this.#selectPage(bounded, ofAccounts), query)
    }
    const end = this.#findWindowEnd(query)
    const page = pageOf(this.#selectPage(bounded, ofAccounts, end ?? ''), query)
    return page.cursor !== undefined || end === undefined ? page : { ...page, cursor: end }
  }

  /** The oldest of the next calls of all accounts that one query may look through; undefined if there are not so many left. */
  #findWindowEnd(query: CallQuery): string | undefined {
    const [end] = this.#statements.all((db) =>
      withinPeriodOfIds(db.selectFrom('calls').select('id'), query)
        .orderBy('id', 'desc')
        .limit(1)
        .offset(windowLength - 1),
    )
    return end?.id
  }

  #selectPage(query: CallQuery, ofAccounts: Expression<SqlBool>, oldest?: string): CallRow[] {
    return this.#statements.all((db) => {
      let select = withinPeriodOfIds(db.selectFrom('calls').selectAll(), query).where(ofAccounts)
      if (query.externalId !== undefined) select = select.where('external_id', '=', query.externalId)
      if (query.state === 'live') select = select.where('ended_at', 'is', null)
      if (query.state === 'ended') select = select.where('ended_at', 'is not', null)
      if (query.from !== undefined) select = select.where('accepted_at', '>=', query.from)
      if (query.until !== undefined) select = select.where('accepted_at', '<', query.until)
      if (oldest !== undefined) select = select.where('id', '>=', oldest)
      return select.orderBy('id', 'desc').limit(query.limit)
    })
  }
}

/** Ids begin with the time of the call, so that an index finds the period by them; the times themselves are exact. */
function withinPeriodOfIds<Row>(
  select: SelectQueryBuilder<Schema, 'calls', Row>,
  { from, until, cursor }: CallQuery,
): SelectQueryBuilder<Schema, 'calls', Row> {
  let within = select
  if (from !== undefined) within = within.where('id', '>=', lowestCallId(from))
  if (until !== undefined) within = within.where('id', '<', lowestCallId(until))
  if (cursor !== undefined) within = within.where('id', '<', cursor)
  return within
}

const prepareStatements = (statements: Statements) => ({
  findCall: statements.prepare<{ id: string }, CallRow>((db, parameter) =>
    db.selectFrom('calls').selectAll().where('id', '=', parameter('id')),
  ),
  findLegs: statements.prepare<{ call_id: string }, LegRow>((db, parameter) =>
    db.selectFrom('legs').selectAll().where('call_id', '=', parameter('call_id')),
  ),
  findLiveOfNode: statements.prepare<{ node: number }, { id: string }>((db, parameter) =>
    // Without an order: it would be had by reading the whole history in that of its ids.
    db.selectFrom('calls').select('id').where('ended_at', 'is', null).where('node', '=', parameter('node')),
  ),
  countLiveElsewhere: statements.prepare<{ node: number }, NodeCalls>((db, parameter) =>
    db
      .selectFrom('calls')
      .select(['node', ({ cast, fn }) => cast<number>(fn.countAll(), 'integer').as('calls')])
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
