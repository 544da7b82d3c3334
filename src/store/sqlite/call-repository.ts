import { sql } from 'kysely'
import type { Call, LegName } from '../../call/call.ts'
import type { CallEvent, LegRecovery, LoggedCallEvent } from '../../call/call-event.ts'
import { applyCallEvent, projectCall } from '../../call/project-call.ts'
import type { AcceptResult, CallPage, CallQuery, IdempotencyKey, UnfinishedCall } from '../call-store.ts'
import { StoreError } from '../store-error.ts'
import { query, type Statements } from './statements.ts'

/** How long an idempotency key is remembered. */
const idempotencyLifetimeMilliseconds = 24 * 3600 * 1000

const insertEvent = query.insertInto('call_events').values({ call_id: '', event: '' }).compile().sql
const insertCall = query
  .insertInto('calls')
  .values({ id: '', account: '', external_id: '', accepted_at: 0, live: 1, call: '' })
  .compile().sql
const updateCall = query.updateTable('calls').set({ call: '', live: 1 }).where('id', '=', '').compile().sql

/** Calls and their events in one SQLite database. Every method runs inside the transaction of its caller. */
export class CallRepository {
  readonly #statements: Statements
  /** Projections of live calls, so that an append need not read. Cleared when a transaction is undone. */
  readonly #live = new Map<string, Call>()

  constructor(statements: Statements) {
    this.#statements = statements
  }

  forgetCache(): void {
    this.#live.clear()
  }

  accept(events: readonly CallEvent[], now: number, key?: IdempotencyKey): AcceptResult {
    const [accepted] = events
    if (accepted?.type !== 'call.accepted') throw new StoreError('invalid-write', 'A call begins with call.accepted')
    if (key !== undefined) {
      const known = this.#findKey(key, now)
      if (known !== undefined) {
        if (known.fingerprint !== key.fingerprint) return { outcome: 'key-reused' }
        return { outcome: 'replayed', callId: known.call_id }
      }
    }
    const { account, externalId } = accepted.request
    if (externalId !== undefined) {
      const holder = this.#statements.get(
        query
          .selectFrom('calls')
          .select('id')
          .where('account', '=', account)
          .where('external_id', '=', externalId)
          .where('live', '=', 1)
          .where('external_id', 'is not', null)
          .compile(),
      )
      if (holder !== undefined) return { outcome: 'external-id-in-use', callId: holder.id }
    }
    const call = projectCall(events)
    this.#statements.run(insertCall, call.id, account, externalId ?? null, call.acceptedAt, 1, JSON.stringify(call))
    this.#live.set(call.id, call)
    if (key !== undefined) this.#rememberKey(key, call.id, now)
    return { outcome: 'accepted', events: events.map((event) => this.#log(event)) }
  }

  append(events: readonly CallEvent[]): readonly LoggedCallEvent[] {
    const changed = new Map<string, Call>()
    for (const event of events) {
      const before = changed.get(event.callId) ?? this.#live.get(event.callId) ?? this.call(event.callId)
      if (before === undefined) throw new StoreError('invalid-write', `There is no call ${event.callId}`)
      if (before.state === 'ended') throw new StoreError('invalid-write', `Call ${event.callId} has ended`)
      changed.set(event.callId, applyCallEvent(before, event))
    }
    const logged = events.map((event) => this.#log(event))
    for (const call of changed.values()) {
      if (call.state !== 'ended') {
        // A live call's row stays as it was accepted: its projection is here, and in the log.
        this.#live.set(call.id, call)
        continue
      }
      this.#statements.run(updateCall, JSON.stringify(call), 0, call.id)
      this.#live.delete(call.id)
    }
    return logged
  }

  call(id: string): Call | undefined {
    const cached = this.#live.get(id)
    if (cached !== undefined) return cached
    const row = this.#statements.get(
      query.selectFrom('calls').select(['id', 'live', 'call']).where('id', '=', id).compile(),
    )
    return row === undefined ? undefined : this.#read(row)
  }

  /** An ended call as its row holds it, a live one as its events tell. */
  #read(row: { readonly id: string; readonly live: number; readonly call: string }): Call {
    if (row.live === 0) return JSON.parse(row.call) as Call
    const cached = this.#live.get(row.id)
    if (cached !== undefined) return cached
    const call = projectCall(this.events(row.id))
    this.#live.set(row.id, call)
    return call
  }

  calls({ accounts, externalId, state, from, until, limit, cursor }: CallQuery): CallPage {
    let select = query
      .selectFrom('calls')
      .select(['id', 'live', 'call'])
      .where('account', 'in', [...accounts])
    if (externalId !== undefined) select = select.where('external_id', '=', externalId)
    if (state !== undefined) select = select.where('live', '=', state === 'live' ? 1 : 0)
    if (from !== undefined) select = select.where('accepted_at', '>=', from)
    if (until !== undefined) select = select.where('accepted_at', '<', until)
    // Ids grow with time: the newest call has the highest, and a page goes on below the last of the page before.
    if (cursor !== undefined) select = select.where('id', '<', cursor)
    const rows = this.#statements.all(
      select
        .orderBy('id', 'desc')
        .limit(limit + 1)
        .compile(),
    )
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    return {
      calls: page.map((row) => this.#read(row)),
      ...(rows.length > limit && last !== undefined ? { cursor: last.id } : {}),
    }
  }

  events(callId: string): readonly LoggedCallEvent[] {
    return this.#statements
      .all(
        query
          .selectFrom('call_events')
          .select(['sequence', 'event'])
          .where('call_id', '=', callId)
          .orderBy('sequence')
          .compile(),
      )
      .map((row) => ({ ...(JSON.parse(row.event) as CallEvent), sequence: row.sequence }))
  }

  unfinished(): readonly UnfinishedCall[] {
    const rows = this.#statements.all(
      query.selectFrom('calls').select(['id', 'live', 'call']).where('live', '=', sql.lit(1)).orderBy('id').compile(),
    )
    return rows.map((row) => ({ call: this.#read(row), recoveries: recoveriesOf(this.events(row.id)) }))
  }

  #log(event: CallEvent): LoggedCallEvent {
    return { ...event, sequence: this.#statements.run(insertEvent, event.callId, JSON.stringify(event)) }
  }

  #findKey({ account, key }: IdempotencyKey, now: number): { fingerprint: string; call_id: string } | undefined {
    return this.#statements.get(
      query
        .selectFrom('idempotency_keys')
        .select(['fingerprint', 'call_id'])
        .where('account', '=', account)
        .where('key', '=', key)
        .where('created_at', '>', now - idempotencyLifetimeMilliseconds)
        .compile(),
    )
  }

  #rememberKey({ account, key, fingerprint }: IdempotencyKey, callId: string, now: number): void {
    const oldest = now - idempotencyLifetimeMilliseconds
    this.#statements.execute(query.deleteFrom('idempotency_keys').where('created_at', '<=', oldest).compile())
    this.#statements.execute(
      query
        .insertInto('idempotency_keys')
        .values({ account, key, fingerprint, call_id: callId, created_at: now })
        .compile(),
    )
  }
}

/** The newest recovery record of each leg that was dialled and has not ended. */
function recoveriesOf(events: readonly CallEvent[]): UnfinishedCall['recoveries'] {
  const open = new Map<LegName, { leg: LegName; recovery: LegRecovery; answered: boolean }[]>()
  for (const event of events) {
    if (event.type === 'leg.dialled') {
      // A leg that went on to the next trunk may have left the one before in doubt: all of its attempts are ended.
      open.set(event.leg, [
        ...(open.get(event.leg) ?? []),
        { leg: event.leg, recovery: event.recovery, answered: false },
      ])
    } else if (event.type === 'leg.answered') {
      open.set(event.leg, [{ leg: event.leg, recovery: event.recovery, answered: true }])
    } else if (event.type === 'leg.ended') {
      open.delete(event.leg)
    }
  }
  return [...open.values()].flat()
}
