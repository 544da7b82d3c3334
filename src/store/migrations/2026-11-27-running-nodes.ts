import type { Kysely, Migration } from 'kysely'

/** Every call carries the node that runs it, and with it its delay. Before there were several, it was the first. */
export const runningNodes: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('calls')
      .addColumn('node', 'integer', (column) => column.notNull().defaultTo(1))
      .execute()
  },
}
