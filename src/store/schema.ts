import type { Generated } from 'kysely'

/** The tables, one schema for every database. JSON columns hold text; times are milliseconds since the epoch. */
export interface Schema {
  /** Projection of each call: columns to search by, and the whole call as JSON. An ended call's row is its CDR. */
  calls: {
    id: string
    account: string
    external_id: string | null
    accepted_at: number
    /** 1 until `call.ended`. */
    live: number
    call: string
  }
  /** The truth: every event in the order in which it happened. */
  call_events: {
    sequence: Generated<number>
    call_id: string
    event: string
  }
  idempotency_keys: {
    account: string
    key: string
    fingerprint: string
    call_id: string
    created_at: number
  }
  registrations: {
    key: string
    aor: string
    expires_at: number
    binding: string
  }
  directory_entries: {
    kind: string
    key: string
    data: string
  }
}
