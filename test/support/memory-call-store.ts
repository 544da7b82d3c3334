import type { Call } from '../../src/call/call.ts'
import type { CallEvent, LoggedCallEvent } from '../../src/call/call-event.ts'
import { projectCall } from '../../src/call/project-call.ts'
import type { Clock } from '../../src/clock.ts'
import type {
  AcceptResult,
  CallPage,
  CallStore,
  IdempotencyKey,
  NodeCalls,
  ReplayResult,
  UnfinishedCall,
} from '../../src/store/call-store.ts'
import { StoreError } from '../../src/store/store-error.ts'
import { findRecoveries } from '../../src/store/unfinished-call.ts'

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
  readonly #keys = new Map<string, { readonly fingerprint: string; readonly callId: string }>()
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
    const [first] = events
    if (first?.type !== 'call.accepted') throw new Error('a call begins with call.accepted')
    const replay = key && (await this.findReplay(key))
    if (replay !== undefined) return replay
    const { account, externalId } = first.request
    const namesake = [...this.#calls.values()]
      .map(projectCall)
      .find((call) => call.account === account && call.request.externalId === externalId && call.state !== 'ended')
    if (externalId !== undefined && namesake !== undefined) {
      return { outcome: 'external-id-in-use', callId: namesake.id }
    }
    this.#calls.set(first.callId, [])
    if (key !== undefined) {
      this.#keys.set(`${key.account} ${key.key}`, { fingerprint: key.fingerprint, callId: first.callId })
    }
    return { outcome: 'accepted', events: this.#add(events) }
  }

  async findReplay({ account, key, fingerprint }: IdempotencyKey): Promise<ReplayResult | undefined> {
    const known = this.#keys.get(`${account} ${key}`)
    if (known === undefined) return undefined
    return known.fingerprint === fingerprint ? { outcome: 'replayed', callId: known.callId } : { outcome: 'key-reused' }
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
