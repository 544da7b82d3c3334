import type { Kysely, Migration } from 'kysely'

export const releasedParties: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('legs').addColumn('released', 'text').execute()
  },
}
