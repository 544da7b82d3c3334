import type { Kysely, Migration } from 'kysely'

export const legAttempts: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('calls').addColumn('end_status', 'integer').execute()
    await db.schema.alterTable('legs').addColumn('end_status', 'integer').execute()
    await db.schema.alterTable('legs').addColumn('attempts', 'text').execute()
  },
}
