import type { LoggedCallEvent } from '../call/call-event.ts'
import type { CallStore } from './call-store.ts'
import type { StoreHealth } from './store-health.ts'

/** One database, all of its repositories. */
export interface Store {
  /** Migrations that opening it ran. */
  readonly migrated: readonly string[]
  readonly calls: CallStore
  readonly registrations: RegistrationStore
  readonly directory: DirectoryStore
  readonly subscribers: SubscriberStore
  readonly health: Pick<StoreHealth, 'check'>
  /** Waits for what was asked for before, then closes. Idempotent; whatever is asked afterwards is rejected. */
  close(): Promise<void>
}

/** One thing of the directory (an account, a line, a key …) as `apply` brought it. Secrets in `data` are hashed or sealed. */
export interface DirectoryEntry {
  readonly kind: string
  /** Unique within its kind, e.g. `acme/101`. */
  readonly key: string
  readonly data: unknown
}

export interface DirectoryStore {
  load(): Promise<readonly DirectoryEntry[]>
  /** Puts and removes in one transaction: a reader sees all of it or nothing. */
  write(changes: {
    readonly put: readonly DirectoryEntry[]
    readonly remove: readonly { readonly kind: string; readonly key: string }[]
  }): Promise<void>
}

/** One binding of the registrar, kept so that a phone stays reachable across a restart. */
export interface StoredRegistration {
  /** Identifies the binding among all: a later one with the same key replaces it. */
  readonly key: string
  /** The line's address-of-record. */
  readonly aor: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** The registrar's own binding as JSON; opaque here. */
  readonly binding: unknown
}

export type RegistrationChange =
  | { readonly type: 'put'; readonly registration: StoredRegistration }
  | { readonly type: 'remove'; readonly key: string }

export interface RegistrationStore {
  /** Writes the changes in their order; resolves when they are on disk. */
  apply(changes: readonly RegistrationChange[]): Promise<void>
  /** Those that have not expired at `now`; the expired ones are dropped. */
  load(now: number): Promise<readonly StoredRegistration[]>
}

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
