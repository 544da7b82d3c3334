import type { CallEvent, LoggedCallEvent } from '../call/call-event.ts'
import type { Replay } from '../call/log-rules.ts'
import type { AcceptResult, CallStore, IdempotencyKey } from '../store/call-store.ts'

export type CallEventListener = (event: LoggedCallEvent) => void

/**
 * The ordered log and those who listen to it: an event is published only once it is durable, each call's in the order of the
 * log. Listeners are called synchronously and must not throw.
 */
export class CallLog {
  readonly #store: CallStore
  readonly #byCall = new Map<string, Set<CallEventListener>>()
  readonly #all = new Set<CallEventListener>()

  constructor(store: CallStore) {
    this.#store = store
  }

  /** Writes a new call, exactly once; see {@link CallStore.accept}. */
  async accept(events: readonly CallEvent[], key?: IdempotencyKey): Promise<AcceptResult> {
    const result = await this.#store.accept(events, key)
    if (result.outcome === 'accepted') this.#publish(result.events)
    return result
  }

  /** What the key made before, if anything. */
  findReplay(key: IdempotencyKey, now: number): Promise<Replay | undefined> {
    return this.#store.findReplay(key, now)
  }

  /** Resolves when the events are on disk and every listener has seen them. */
  async append(events: readonly CallEvent[]): Promise<void> {
    this.#publish(await this.#store.append(events))
  }

  /** Events of one call from now on. Returns the way to unsubscribe. */
  follow(callId: string, listener: CallEventListener): () => void {
    let listeners = this.#byCall.get(callId)
    if (listeners === undefined) {
      listeners = new Set()
      this.#byCall.set(callId, listeners)
    }
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#byCall.delete(callId)
    }
  }

  /** Events of every call from now on. */
  followAll(listener: CallEventListener): () => void {
    this.#all.add(listener)
    return () => this.#all.delete(listener)
  }

  /** How many listeners there are; for leak checks. */
  get listenerCount(): number {
    let count = this.#all.size
    for (const listeners of this.#byCall.values()) count += listeners.size
    return count
  }

  #publish(events: readonly LoggedCallEvent[]): void {
    for (const event of events) {
      for (const listener of this.#all) listener(event)
      const listeners = this.#byCall.get(event.callId)
      if (listeners !== undefined) for (const listener of listeners) listener(event)
    }
  }
}
