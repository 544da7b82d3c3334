import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { migrate } from '../migrate.ts'
import type { Schema } from '../schema.ts'
import { StoreError } from '../store-error.ts'
import { nodeSqliteDialect } from './node-sqlite-dialect.ts'
import { describeSqliteFailure } from './sqlite-failure.ts'

/** "CORD": marks the file as ours (sqlite.org/fileformat2.html section 1.3.18). */
const applicationId = 0x434f5244

export interface OpenDatabase {
  readonly database: DatabaseSync
  /** Builds and compiles queries; it runs none but the migrations. */
  readonly kysely: Kysely<Schema>
  /** Migrations that opening it ran. */
  readonly migrated: readonly string[]
  close(): void
}

/** Opens, or creates, the database file for this process alone. Rejects with a {@link StoreError} that says what to do. */
export async function openDatabase(path: string): Promise<OpenDatabase> {
  let lock: DatabaseSync | undefined
  let database: DatabaseSync | undefined
  const close = () => {
    if (database?.isOpen) database.close()
    if (lock?.isOpen) lock.close()
  }
  try {
    createPrivateFile(path)
    lock = acquireLock(path)
    database = new DatabaseSync(path, { timeout: 5000, enableForeignKeyConstraints: true })
    requireOurs(database, path)
    configure(database)
    const kysely = new Kysely<Schema>({ dialect: nodeSqliteDialect(database) })
    const migrated = await migrate(kysely as Kysely<unknown>)
    return { database, kysely, migrated, close }
  } catch (error) {
    close()
    throw describeSqliteFailure(error, path)
  }
}

/** The database holds digests of secrets: nobody else may read it. SQLite gives its companion files the same mode. */
function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}

/**
 * A lock on a file beside the database, held by the kernel for as long as this process lives: kill -9 frees it, and other
 * programs can still read the database itself.
 */
function acquireLock(path: string): DatabaseSync {
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 })
  try {
    lock.exec('begin exclusive')
    return lock
  } catch {
    lock.close()
    throw new StoreError(
      'in-use',
      `Another server is running on the database ${path}. Stop it first, or give this one a database of its own.`,
    )
  }
}

function requireOurs(database: DatabaseSync, path: string): void {
  const marked = database.prepare('pragma application_id').get()?.['application_id']
  if (marked === applicationId) return
  const tables = database.prepare('select count(*) as count from sqlite_master').get()?.['count']
  if (marked !== 0 || tables !== 0) {
    throw new StoreError(
      'not-ours',
      `The file ${path} is the database of another program; name another file in "store".`,
    )
  }
}

function configure(database: DatabaseSync): void {
  // A commit is one sequential write and one fsync, and whoever reads the file meanwhile does not hold it up.
  database.exec('pragma journal_mode = wal')
  database.exec('pragma synchronous = full')
  database.exec('pragma wal_autocheckpoint = 4000')
  database.exec('pragma journal_size_limit = 67108864')
  database.exec('pragma cache_size = -32768')
  database.exec('pragma temp_store = memory')
  database.exec('pragma trusted_schema = off')
  database.exec(`pragma application_id = ${applicationId}`)
}
