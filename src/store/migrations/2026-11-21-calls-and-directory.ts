import { type CreateTableBuilder, type Kysely, type Migration, SqliteAdapter, sql } from 'kysely'

export const callsAndDirectory: Migration = {
  async up(db: Kysely<unknown>) {
    await createCalls(db)
    await createLegs(db)
    await createCallEvents(db)
    await createIdempotencyKeys(db)
    await createRegistrations(db)
    await createDirectoryEntries(db)
  },
}

async function createCalls(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('calls')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('external_id', 'text')
    .addColumn('dialect', 'text', (column) => column.notNull())
    .addColumn('credential', 'text', (column) => column.notNull())
    .addColumn('request', 'text', (column) => column.notNull())
    .addColumn('accepted_at', 'bigint', (column) => column.notNull())
    .addColumn('due_at', 'bigint')
    .addColumn('bridged_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('end_cause', 'text')
    .addColumn('ended_by', 'text')
    .execute()
  // Ids sort by age: a page is a range of this index, or of the primary key.
  await db.schema.createIndex('calls_by_account').on('calls').columns(['account', 'id']).execute()
  await db.schema
    .createIndex('calls_by_external_id')
    .on('calls')
    .columns(['account', 'external_id', 'id'])
    .where(sql<boolean>`external_id is not null`)
    .execute()
  // Live calls are few however long the history: the restart and the lists of live calls read only this.
  await db.schema
    .createIndex('calls_live')
    .on('calls')
    .columns(['account', 'id'])
    .where(sql<boolean>`ended_at is null`)
    .execute()
  // One external id, one live call: the database itself keeps this promise.
  await db.schema
    .createIndex('calls_live_external_id')
    .unique()
    .on('calls')
    .columns(['account', 'external_id'])
    .where(sql<boolean>`ended_at is null`)
    .where(sql<boolean>`external_id is not null`)
    .execute()
}

async function createLegs(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('legs')
    .addColumn('call_id', 'text', (column) => column.notNull().references('calls.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('destination', 'text', (column) => column.notNull())
    .addColumn('dialled_at', 'bigint')
    .addColumn('ringing_at', 'bigint')
    .addColumn('answered_at', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('end_cause', 'text')
    .addColumn('media', 'text')
    .addPrimaryKeyConstraint('legs_key', ['call_id', 'name'])
    .$call(keptInKeyOrder(db))
    .execute()
}

async function createCallEvents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('call_events')
    .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('call_id', 'text', (column) => column.notNull().references('calls.id').onDelete('cascade'))
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addColumn('recovery', 'text')
    .execute()
  await db.schema.createIndex('call_events_by_call').on('call_events').columns(['call_id', 'sequence']).execute()
}

async function createIdempotencyKeys(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('call_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('idempotency_keys_key', ['account', 'key'])
    .$call(keptInKeyOrder(db))
    .execute()
  await db.schema.createIndex('idempotency_keys_by_age').on('idempotency_keys').column('created_at').execute()
}

async function createRegistrations(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registrations')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('aor', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('binding', 'text', (column) => column.notNull())
    .execute()
}

async function createDirectoryEntries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('directory_entries')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('directory_entries_key', ['kind', 'key'])
    .execute()
}

/** Where SQLite holds the database: rows are kept in the order of their key, in one tree instead of two. */
const keptInKeyOrder =
  (db: Kysely<unknown>) =>
  <Table extends string, Column extends string>(table: CreateTableBuilder<Table, Column>) =>
    db.getExecutor().adapter instanceof SqliteAdapter ? table.modifyEnd(sql`without rowid`) : table
