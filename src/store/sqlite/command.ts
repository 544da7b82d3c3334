import type { Obstacle } from '../../call/log-rules.ts'
import type { CallQuery } from '../call-query.ts'
import type { EventRow } from '../event-row.ts'
import type { StoreErrorCode } from '../store-error.ts'

/**
 * What crosses to the worker thread. Arrays of strings and numbers, because copying those costs least; what the worker reads
 * comes back as JSON text for the same reason.
 */
export type Command =
  | readonly ['accept', acceptance: AcceptanceRow, events: readonly EventRow[], key: KeyRow | undefined]
  | readonly ['find-replay', key: KeyRow, now: number]
  | readonly ['append', events: readonly EventRow[]]
  | readonly ['call', id: string]
  | readonly ['calls', query: CallQuery]
  | readonly ['events', callId: string]
  | readonly ['unfinished']
  | readonly ['live-elsewhere']
  | readonly ['apply-registrations', puts: readonly RegistrationRow[], removals: readonly string[]]
  | readonly ['load-registrations', now: number]
  | readonly ['write-directory', put: readonly EntryRow[], remove: readonly (readonly [kind: string, key: string])[]]
  | readonly ['load-directory']
  | readonly ['open-subscriber', name: string]
  | readonly ['advance-subscriber', name: string, sequence: number]
  | readonly ['retain-subscribers', names: readonly string[]]
  /** Writes something that changes nothing. */
  | readonly ['probe']
  | readonly ['events-after', sequence: number, limit: number]

export type AcceptanceRow = readonly [
  id: string,
  account: string,
  externalId: string | null,
  dialect: string,
  credential: string,
  request: string,
  acceptedAt: number,
]
export type KeyRow = readonly [account: string, key: string, fingerprint: string]
export type RegistrationRow = readonly [key: string, aor: string, expiresAt: number, binding: string]
export type EntryRow = readonly [kind: string, key: string, data: string]

/** `accept`: the first event's sequence (the others follow it without gaps), or what stands against it. */
export type AcceptReply = number | Obstacle

/** The answers to one transaction's commands, in their order. */
export interface Reply {
  readonly values: readonly unknown[]
  readonly errors?: readonly (readonly [index: number, code: StoreErrorCode, message: string])[]
}

/** With what the worker is started: its database, and the node whose calls it accepts and finds unfinished. */
export interface WorkerStart {
  readonly path: string
  readonly node: number
}

/** The worker's first message. */
export type Opening =
  | { readonly opened: true; readonly migrated: readonly string[] }
  | { readonly opened: false; readonly code: StoreErrorCode; readonly message: string }
