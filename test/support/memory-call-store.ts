import type { Call } from '../../src/call/call.ts'
import type { CallEvent, LoggedCallEvent } from '../../src/call/call-event.ts'
import { decideObstacle, decideReplay, findAcceptance, type KeyUse, type Replay } from '../../src/call/log-rules.ts'
import { projectCall } from '../../src/call/project-call.ts'
import { findRecoveries, type UnfinishedCall } from '../../src/call/unfinished-call.ts'
import type { Clock } from '../../src/clock.ts'
import type { CallPage } from '../../src/store/call-query.ts'
import type { AcceptResult, CallStore, IdempotencyKey, NodeCalls } from '../../src/store/call-store.ts'
import { StoreError } from '../../src/store/store-error.ts'

/** A log of calls in memory, for tests in virtual time: as slow as it is told, and it fails when it is told. No filters. */
export class MemoryCallStore implements CallStore {
  /** How long a write takes, in milliseconds. */
  writeMilliseconds = 0
  /** Writes that hold such an event fail, and every one after them. */
  failsAt: CallEvent['type'] | undefined
  /** The disk is full: nothing can be written until there is room again. */
  isFull = false
  readonly #clock: Clock
  readonly #calls = new Map<string, LoggedCallEvent[]>()
  readonly #keys = new Map<string, KeyUse>()
  #sequence = 0
  #isBroken = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Another disk, with what the first one holds. */
  repair(): void {
    this.failsAt = undefined
    this.#isBroken = false
  }

  async accept(events: readonly CallEvent[], key?: IdempotencyKey): Promise<AcceptResult> {
    await this.#take(events)
    const first = findAcceptance(events)
    if (first === undefined) throw new Error('a call begins with call.accepted')
    const { account, externalId } = first.request
    const namesake = [...this.#calls.values()]
      .map(projectCall)
      .find((call) => call.account === account && call.request.externalId === externalId && call.state !== 'ended')
    const replay = key && (await this.findReplay(key, first.at))
    const obstacle = decideObstacle(replay, externalId === undefined ? undefined : namesake?.id)
    if (obstacle !== undefined) return obstacle
    this.#calls.set(first.callId, [])
    if (key !== undefined) {
      const { callId, at: usedAt } = first
      this.#keys.set(`${key.account} ${key.key}`, { fingerprint: key.fingerprint, callId, usedAt })
    }
    return { outcome: 'accepted', events: this.#add(events) }
  }

  async findReplay({ account, key, fingerprint }: IdempotencyKey, now: number): Promise<Replay | undefined> {
    return decideReplay(this.#keys.get(`${account} ${key}`), fingerprint, now)
  }

  async append(events: readonly CallEvent[]): Promise<readonly LoggedCallEvent[]> {
    await this.#take(events)
    return this.#add(events)
  }

  /** The events of one call as they are on disk now. */
  written(callId: string): readonly LoggedCallEvent[] {
    return this.#calls.get(callId) ?? []
  }

  call(id: string): Promise<Call | undefined> {
    const events = this.#calls.get(id)
    return Promise.resolve(events && projectCall(events))
  }

  calls(): Promise<CallPage> {
    return Promise.resolve({ calls: [...this.#calls.values()].map(projectCall) })
  }

  events(callId: string): Promise<readonly LoggedCallEvent[]> {
    return Promise.resolve([...this.written(callId)])
  }

  unfinished(): Promise<readonly UnfinishedCall[]> {
    const open = [...this.#calls.values()].filter((events) => events.at(-1)?.type !== 'call.ended')
    return Promise.resolve(open.map((events) => findRecoveries(projectCall(events), events)))
  }

  liveElsewhere(): Promise<readonly NodeCalls[]> {
    return Promise.resolve([])
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async #take(events: readonly CallEvent[]): Promise<void> {
    // JSON, as on disk: what cannot be written there must not pass here.
    JSON.stringify(events)
    this.#isBroken ||= events.some(({ type }) => type === this.failsAt)
    const isBroken = this.#isBroken
    const milliseconds = this.writeMilliseconds
    if (milliseconds > 0) await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, milliseconds))
    if (isBroken) throw new Error('disk full')
    if (this.isFull) throw new StoreError('disk-full', 'the disk is full')
  }

  #add(events: readonly CallEvent[]): readonly LoggedCallEvent[] {
    return events.map((event) => {
      const log = this.#calls.get(event.callId)
      if (log === undefined) throw new Error(`there is no call ${event.callId}`)
      if (log.at(-1)?.type === 'call.ended') throw new Error(`${event.type} after the end of call ${event.callId}`)
      const logged = { ...event, sequence: ++this.#sequence }
      log.push(logged)
      return logged
    })
  }
}
