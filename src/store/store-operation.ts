import type { Call } from '../call/call.ts'
import type { CallEvent, LoggedCallEvent } from '../call/call-event.ts'
import type { AcceptResult, CallPage, CallQuery, IdempotencyKey, UnfinishedCall } from './call-store.ts'
import type { DirectoryEntry } from './directory-store.ts'
import type { RegistrationChange, StoredRegistration } from './registration-store.ts'

/** Everything that can be asked of a database, by name: its arguments and what comes back. Plain data, fit for a thread's port. */
export interface StoreOperations {
  accept(events: readonly CallEvent[], now: number, key?: IdempotencyKey): AcceptResult
  append(events: readonly CallEvent[]): readonly LoggedCallEvent[]
  call(id: string): Call | undefined
  calls(query: CallQuery): CallPage
  events(callId: string): readonly LoggedCallEvent[]
  unfinished(): readonly UnfinishedCall[]
  applyRegistrations(changes: readonly RegistrationChange[]): void
  loadRegistrations(now: number): readonly StoredRegistration[]
  loadDirectory(): readonly DirectoryEntry[]
  writeDirectory(
    put: readonly DirectoryEntry[],
    remove: readonly { readonly kind: string; readonly key: string }[],
  ): void
}

export type StoreOperationName = keyof StoreOperations

/** One request to the worker. */
export interface StoreRequest {
  readonly name: StoreOperationName
  readonly args: readonly unknown[]
}

export type StoreReply = { readonly value: unknown } | { readonly error: string; readonly code: string }
