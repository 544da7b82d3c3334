import type { Generated } from 'kysely'
import type { LegName, LegState } from '../call/call.ts'
import type { CallEventType } from '../call/call-event.ts'
import type { EndCause } from '../call/end-cause.ts'

/** Every table, as Kysely sees it. Times are milliseconds since the epoch; JSON is text. The tables are made in `migrations/`. */
export interface Schema {
  readonly calls: CallsTable
  readonly legs: LegsTable
  readonly call_events: CallEventsTable
  readonly leg_recoveries: LegRecoveriesTable
  readonly idempotency_keys: IdempotencyKeysTable
  readonly registrations: RegistrationsTable
  readonly directory_entries: DirectoryEntriesTable
  readonly subscribers: SubscribersTable
}

/** One row a call from its acceptance on; what is null while the call lives is written once, at its end: then it is the CDR. */
export interface CallsTable {
  id: string
  /** What its events call it by. Numbers grow with every call. */
  number: number
  /** The node that runs it, or ran it. */
  node: number
  account: string
  external_id: string | null
  dialect: string
  credential: string
  /** JSON of the CallRequest. */
  request: string
  accepted_at: number
  due_at: number | null
  bridged_at: number | null
  ended_at: number | null
  end_cause: EndCause | null
  /** The status with which a carrier refused it. */
  end_status: number | null
  ended_by: LegName | null
}

/** The legs of ended calls. A live call's are read from its events. */
export interface LegsTable {
  call_id: string
  name: LegName
  state: LegState
  /** JSON of the StoredDestination; the text for people where an older release wrote it. */
  destination: string
  /** JSON of StoredDestination[]: who was on the leg before redirections. */
  released: string | null
  dialled_at: number | null
  ringing_at: number | null
  answered_at: number | null
  ended_at: number | null
  end_cause: EndCause | null
  /** The status with which a carrier refused it. */
  end_status: number | null
  /** JSON of LegAttempt[]. */
  attempts: string | null
  /** JSON of MediaStatistics. */
  media: string | null
}

/** The log. `sequence` is never used twice, whatever is deleted. */
export interface CallEventsTable {
  sequence: Generated<number>
  call_number: number
  type: CallEventType
  at: number
  /** JSON of what the event holds beyond the columns, and beyond the request, which stands in the call's row. */
  data: string
}

/** What ends a leg after a crash, by the event that brought it; deleted when the call has ended. */
export interface LegRecoveriesTable {
  call_number: number
  sequence: number
  /** JSON of the LegRecovery. */
  recovery: string
}

export interface IdempotencyKeysTable {
  account: string
  key: string
  fingerprint: string
  call_id: string
  created_at: number
}

export interface RegistrationsTable {
  key: string
  aor: string
  expires_at: number
  binding: string
}

/** How far each reader of the log has come. */
export interface SubscribersTable {
  name: string
  sequence: number
}

export interface DirectoryEntriesTable {
  kind: string
  key: string
  data: string
}
