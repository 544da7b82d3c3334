import type { LoggedCallEvent } from '../call/call-event.ts'

export interface AccountEvent {
  readonly account: string
  /** Without recovery records. */
  readonly event: LoggedCallEvent
}

/** Who reads the log from where: each gets every event after its place, across restarts. */
export interface SubscriberStore {
  /** The sequence of the last event that the subscriber has dealt with; a new one begins at the end of the log. */
  open(name: string): Promise<number>
  /** It has dealt with everything up to `sequence`. */
  advance(name: string, sequence: number): Promise<void>
  /** Forgets all others: whoever comes back is a new one. */
  retain(names: readonly string[]): Promise<void>
  /** The log after `sequence`, of every account, oldest first; at most `limit` (1–1000) events. */
  eventsAfter(sequence: number, limit: number): Promise<readonly AccountEvent[]>
}
