import { type Kysely, type Migration, SqliteAdapter, sql } from 'kysely'

/**
 * A call has a number, which is all that its events repeat of it: 32 characters of identity stood in each event, and again in its
 * index. What a driver needs to end a leg after a crash goes into a table of its own, where it is deleted when its call has ended:
 * it was a third of the log.
 */
export const numberedCalls: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('calls').addColumn('number', 'integer').execute()
    // Only SQLite's databases are older than this.
    if (isSqlite(db)) await sql`update calls set number = rowid`.execute(db)
    await db.schema.createIndex('calls_by_number').unique().on('calls').column('number').execute()
    await createLegRecoveries(db)
    await createEvents(db)
    await sql`insert into leg_recoveries (call_number, sequence, recovery)
      select calls.number, sequence, recovery from call_events join calls on calls.id = call_id
      where recovery is not null and calls.ended_at is null`.execute(db)
    await sql`insert into numbered_events (sequence, call_number, type, at, data)
      select sequence, calls.number, type, at, data from call_events join calls on calls.id = call_id
      order by sequence`.execute(db)
    if (isSqlite(db)) await keepLastSequence(db)
    await db.schema.dropTable('call_events').execute()
    await db.schema.alterTable('numbered_events').renameTo('call_events').execute()
    await db.schema.createIndex('call_events_by_call').on('call_events').columns(['call_number', 'sequence']).execute()
  },
}

async function createEvents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('numbered_events')
    .addColumn('sequence', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('call_number', 'integer', (column) => column.notNull().references('calls.number').onDelete('cascade'))
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .execute()
}

async function createLegRecoveries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('leg_recoveries')
    .addColumn('call_number', 'integer', (column) => column.notNull().references('calls.number').onDelete('cascade'))
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('recovery', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('leg_recoveries_key', ['call_number', 'sequence'])
    .$call((table) => (isSqlite(db) ? table.modifyEnd(sql`without rowid`) : table))
    .execute()
}

/** A sequence is never used twice, also where the last events were deleted. */
async function keepLastSequence(db: Kysely<unknown>): Promise<void> {
  await sql`delete from sqlite_sequence where name = 'numbered_events'`.execute(db)
  await sql`insert into sqlite_sequence (name, seq)
    select 'numbered_events', seq from sqlite_sequence where name = 'call_events'`.execute(db)
}

const isSqlite = (db: Kysely<unknown>): boolean => db.getExecutor().adapter instanceof SqliteAdapter
