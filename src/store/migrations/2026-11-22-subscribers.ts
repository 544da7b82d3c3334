import type { Kysely, Migration } from 'kysely'

export const subscribers: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('subscribers')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('sequence', 'integer', (column) => column.notNull())
      .execute()
  },
}
