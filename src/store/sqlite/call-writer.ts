import {
  completesCall,
  decideAppend,
  decideObstacle,
  decideReplay,
  lastExpiredUse,
  type Obstacle,
  type Replay,
} from '../../call/log-rules.ts'
import { type AcceptanceColumns, type CdrColumns, cdrToRows, type LegRow } from '../call-row.ts'
import type { CallOfEvents, EventRow, LoggedEventRow } from '../event-row.ts'
import type { CallEventsTable, CallsTable, IdempotencyKeysTable, LegRecoveriesTable } from '../schema.ts'
import { StoreError } from '../store-error.ts'
import { selectEvents } from './call-reader.ts'
import type { AcceptanceRow, KeyRow } from './command.ts'
import type { Statements } from './statements.ts'

/** Expired keys are swept this often at most, this many at a time: no accept waits for a long sweep. */
const sweepEveryMilliseconds = 60_000
const sweepCount = 500

type Acceptance = AcceptanceColumns & Pick<CallsTable, 'number' | 'node'>

/** What events and CDR of a live call need of its row. */
type LiveCall = CallOfEvents & Pick<CallsTable, 'number'>

/** The hot path: a call's acceptance, its events, its CDR. Runs in the worker, inside the batch's transaction. */
export class CallWriter {
  readonly #statements: ReturnType<typeof prepareStatements>
  #sweptAt = 0
  /** Calls that were seen live, so that each append need not look. The foreign key stands behind it. */
  readonly #live = new Map<string, LiveCall>()
  #lastNumber: number
  readonly #node: number

  constructor(statements: Statements, node: number) {
    this.#node = node
    this.#statements = prepareStatements(statements)
    this.#lastNumber = this.#statements.findLastNumber.get({})?.number ?? 0
  }

  accept(acceptance: AcceptanceRow, events: readonly EventRow[], key: KeyRow | undefined): number | Obstacle {
    const [id, account, externalId, dialect, credential, request, acceptedAt] = acceptance
    const obstacle = this.#findObstacle(account, externalId, key, acceptedAt)
    if (obstacle !== undefined) return obstacle
    // One writer alone numbers them. A number whose transaction fails is used by nobody.
    const number = ++this.#lastNumber
    this.#statements.insertCall.run({
      id,
      number,
      node: this.#node,
      account,
      external_id: externalId,
      dialect,
      credential,
      request,
      accepted_at: acceptedAt,
    })
    if (key !== undefined) {
      const [keyAccount, name, fingerprint] = key
      const row = { account: keyAccount, key: name, fingerprint, call_id: id, created_at: acceptedAt }
      this.#statements.putKey.run(row)
      this.#sweepKeys(acceptedAt)
    }
    return this.#insertEvents(events, () => number)
  }

  findReplay([account, key, fingerprint]: KeyRow, now: number): Replay | undefined {
    const row = this.#statements.findKey.get({ account, key })
    const use = row && { fingerprint: row.fingerprint, callId: row.call_id, usedAt: row.created_at }
    return decideReplay(use, fingerprint, now)
  }

  append(events: readonly EventRow[]): number {
    const first = this.#insertEvents(events, (id) => this.#requireLive(id).number)
    for (const [callId, type] of events) if (completesCall(type)) this.#writeCdr(callId)
    return first
  }

  #findObstacle(
    account: string,
    externalId: string | null,
    key: KeyRow | undefined,
    now: number,
  ): Obstacle | undefined {
    const namesake =
      externalId === null
        ? undefined
        : this.#statements.findLiveByExternalId.get({ account, external_id: externalId })?.id
    return decideObstacle(key && this.findReplay(key, now), namesake)
  }

  #requireLive(id: string): LiveCall {
    const known = this.#live.get(id)
    if (known !== undefined) return known
    const row = this.#statements.findCall.get({ id })
    const decided = decideAppend(id, row && { ...row, hasEnded: row.ended_at !== null }, this.#node)
    if ('fault' in decided) throw new StoreError('invalid-write', decided.fault)
    this.#live.set(id, decided.call)
    return decided.call
  }

  /** Returns the first one's sequence. One writer alone numbers them: the others follow without gaps. */
  #insertEvents(events: readonly EventRow[], numberOf: (callId: string) => number): number {
    let first = 0
    for (const [callId, type, at, data, recovery] of events) {
      const call_number = numberOf(callId)
      const sequence = this.#statements.insertEvent.insert({ call_number, type, at, data })
      if (recovery !== null) this.#statements.insertRecovery.run({ call_number, sequence, recovery })
      if (first === 0) first = sequence
    }
    return first
  }

  #writeCdr(id: string): void {
    const live = this.#requireLive(id)
    this.#live.delete(id)
    const { columns, legs } = cdrToRows(live, this.#statements.readEvents.all({ call_number: live.number }))
    this.#statements.writeCdr.run(columns)
    for (const leg of legs) this.#statements.insertLeg.run(leg)
    this.#statements.removeRecoveries.run({ call_number: live.number })
  }

  #sweepKeys(now: number): void {
    if (now - this.#sweptAt < sweepEveryMilliseconds) return
    const swept = this.#statements.sweepKeys.run({ created_at: lastExpiredUse(now) })
    if (swept < sweepCount) this.#sweptAt = now
  }
}

const prepareStatements = (statements: Statements) => ({
  insertCall: statements.prepare<Acceptance>((db, parameter) =>
    db.insertInto('calls').values({
      id: parameter('id'),
      number: parameter('number'),
      node: parameter('node'),
      account: parameter('account'),
      external_id: parameter('external_id'),
      dialect: parameter('dialect'),
      credential: parameter('credential'),
      request: parameter('request'),
      accepted_at: parameter('accepted_at'),
    }),
  ),
  insertEvent: statements.prepare<Omit<CallEventsTable, 'sequence'>>((db, parameter) =>
    db.insertInto('call_events').values({
      call_number: parameter('call_number'),
      type: parameter('type'),
      at: parameter('at'),
      data: parameter('data'),
    }),
  ),
  insertRecovery: statements.prepare<LegRecoveriesTable>((db, parameter) =>
    db.insertInto('leg_recoveries').values({
      call_number: parameter('call_number'),
      sequence: parameter('sequence'),
      recovery: parameter('recovery'),
    }),
  ),
  removeRecoveries: statements.prepare<{ call_number: number }>((db, parameter) =>
    db.deleteFrom('leg_recoveries').where('call_number', '=', parameter('call_number')),
  ),
  readEvents: statements.prepare<{ call_number: number }, LoggedEventRow>(selectEvents),
  findLastNumber: statements.prepare<object, { number: number }>((db) =>
    db.selectFrom('calls').select('number').orderBy('number', 'desc').limit(1),
  ),
  findCall: statements.prepare<{ id: string }, LiveCall & Pick<CallsTable, 'ended_at' | 'node'>>((db, parameter) =>
    db.selectFrom('calls').select(['id', 'number', 'node', 'request', 'ended_at']).where('id', '=', parameter('id')),
  ),
  findLiveByExternalId: statements.prepare<{ account: string; external_id: string }, { id: string }>((db, parameter) =>
    db
      .selectFrom('calls')
      .select('id')
      .where('account', '=', parameter('account'))
      .where('external_id', '=', parameter('external_id'))
      .where('ended_at', 'is', null),
  ),
  writeCdr: statements.prepare<CdrColumns>((db, parameter) =>
    db
      .updateTable('calls')
      .set({
        due_at: parameter('due_at'),
        bridged_at: parameter('bridged_at'),
        ended_at: parameter('ended_at'),
        end_cause: parameter('end_cause'),
        end_status: parameter('end_status'),
        ended_by: parameter('ended_by'),
      })
      .where('id', '=', parameter('id')),
  ),
  insertLeg: statements.prepare<LegRow>((db, parameter) =>
    db.insertInto('legs').values({
      call_id: parameter('call_id'),
      name: parameter('name'),
      state: parameter('state'),
      destination: parameter('destination'),
      released: parameter('released'),
      dialled_at: parameter('dialled_at'),
      ringing_at: parameter('ringing_at'),
      answered_at: parameter('answered_at'),
      ended_at: parameter('ended_at'),
      end_cause: parameter('end_cause'),
      end_status: parameter('end_status'),
      attempts: parameter('attempts'),
      media: parameter('media'),
    }),
  ),
  findKey: statements.prepare<
    { account: string; key: string },
    Pick<IdempotencyKeysTable, 'fingerprint' | 'call_id' | 'created_at'>
  >((db, parameter) =>
    db
      .selectFrom('idempotency_keys')
      .select(['fingerprint', 'call_id', 'created_at'])
      .where('account', '=', parameter('account'))
      .where('key', '=', parameter('key')),
  ),
  putKey: statements.prepare<IdempotencyKeysTable>((db, parameter) =>
    db
      .insertInto('idempotency_keys')
      .values({
        account: parameter('account'),
        key: parameter('key'),
        fingerprint: parameter('fingerprint'),
        call_id: parameter('call_id'),
        created_at: parameter('created_at'),
      })
      // Only an expired key is still there when this runs.
      .onConflict((conflict) =>
        conflict.columns(['account', 'key']).doUpdateSet({
          fingerprint: (eb) => eb.ref('excluded.fingerprint'),
          call_id: (eb) => eb.ref('excluded.call_id'),
          created_at: (eb) => eb.ref('excluded.created_at'),
        }),
      ),
  ),
  sweepKeys: statements.prepare<{ created_at: number }>((db, parameter) =>
    db
      .deleteFrom('idempotency_keys')
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('account', 'key'),
          'in',
          selectFrom('idempotency_keys as expired')
            .select(['expired.account', 'expired.key'])
            .where('expired.created_at', '<=', parameter('created_at'))
            .orderBy('expired.created_at')
            .limit(sweepCount)
            .$asTuple('account', 'key'),
        ),
      ),
  ),
})
