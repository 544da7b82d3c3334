import { type Kysely, Migrator, sql } from 'kysely'
import { migrations as allMigrations } from './migrations/migrations.ts'
import { StoreError } from './store-error.ts'

/**
 * Brings the database's tables to this release's and returns the names of the migrations that it ran.
 * Rejects with `newer-database` where a later release was here, and leaves the database as it was if a migration fails.
 */
export async function migrate(
  db: Kysely<unknown>,
  migrations: typeof allMigrations = allMigrations,
): Promise<readonly string[]> {
  const executed = await executedMigrations(db)
  const unknown = executed.find((name) => !(name in migrations))
  if (unknown !== undefined) {
    throw new StoreError(
      'newer-database',
      `This database was changed by a newer release (its migration "${unknown}" is unknown here). ` +
        'Start that release or a later one, or restore a backup from before the upgrade.',
    )
  }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } })
  const { error, results } = await migrator.migrateToLatest()
  if (error !== undefined) {
    const failed = results?.find((result) => result.status === 'Error')?.migrationName
    // It came to none of them: what is wrong is with the database itself.
    if (failed === undefined) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new StoreError(
      'migration-failed',
      `This database is from an older release and could not be brought up to date: migration "${failed}" said ` +
        `"${reason}". Nothing was changed; the older release still works with it.`,
    )
  }
  return (results ?? []).map((result) => result.migrationName)
}

async function executedMigrations(db: Kysely<unknown>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some((table) => table.name === 'kysely_migration')) return []
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return rows.map((row) => row.name)
}
