/** One step of the schema; steps are only ever added, never changed. */
export interface Migration {
  readonly version: number
  readonly statements: readonly string[]
}

export const migrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `create table calls (
        id text primary key not null,
        account text not null,
        external_id text,
        accepted_at integer not null,
        live integer not null,
        call text not null
      )`,
      'create index calls_by_account on calls (account, id desc)',
      'create index calls_by_external_id on calls (account, external_id) where external_id is not null',
      // The database itself keeps the promise: one live call for each external id.
      'create unique index calls_live_external_id on calls (account, external_id) where live = 1 and external_id is not null',
      'create index calls_live on calls (live) where live = 1',
      `create table call_events (
        sequence integer primary key autoincrement,
        call_id text not null references calls (id),
        event text not null
      )`,
      'create index call_events_by_call on call_events (call_id, sequence)',
      `create table idempotency_keys (
        account text not null,
        key text not null,
        fingerprint text not null,
        call_id text not null,
        created_at integer not null,
        primary key (account, key)
      ) without rowid`,
      'create index idempotency_keys_by_age on idempotency_keys (created_at)',
      `create table registrations (
        key text primary key not null,
        aor text not null,
        expires_at integer not null,
        binding text not null
      ) without rowid`,
      `create table directory_entries (
        kind text not null,
        key text not null,
        data text not null,
        primary key (kind, key)
      ) without rowid`,
    ],
  },
]
