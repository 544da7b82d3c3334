import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Migration, migrations } from '../migrations/migrations.ts'
import { StoreError } from '../store-error.ts'

/** Marks a database file as ours ("CORD"), so that nobody else's is written to. */
const applicationId = 0x434f5244

/** Opens, or makes, the database and brings it to the newest schema. Throws {@link StoreError}. */
export function openDatabase(file: string): DatabaseSync {
  const existed = existsSync(file)
  const database = openFile(file)
  try {
    checkOwner(database, file, existed)
    // One server at a time: a second one would dial what the first already does.
    database.exec('pragma locking_mode = exclusive')
    database.exec('pragma journal_mode = wal')
    database.exec('pragma synchronous = full')
    database.exec('pragma foreign_keys = on')
    database.exec('begin immediate; commit')
    migrate(database, file)
    return database
  } catch (error) {
    database.close()
    throw explain(error, file)
  }
}

function openFile(file: string): DatabaseSync {
  try {
    mkdirSync(dirname(file), { recursive: true })
    return new DatabaseSync(file, { timeout: 0 })
  } catch (error) {
    throw explain(error, file)
  }
}

function pragma(database: DatabaseSync, name: string): number {
  const row = database.prepare(`pragma ${name}`).get() as Record<string, number> | undefined
  return Object.values(row ?? {})[0] ?? 0
}

function checkOwner(database: DatabaseSync, file: string, existed: boolean): void {
  const owner = pragma(database, 'application_id')
  if (owner === applicationId) return
  const { tables } = database.prepare('select count(*) as tables from sqlite_master').get() as { tables: number }
  if (existed && (owner !== 0 || tables > 0)) {
    throw new StoreError('not-ours', `${file} is a database of another program; name another file in "store".`)
  }
}

function migrate(database: DatabaseSync, file: string): void {
  const version = pragma(database, 'user_version')
  const newest = migrations.at(-1)?.version ?? 0
  if (version > newest) {
    const message = `${file} was written by a newer release (schema ${version}; this release knows ${newest}); start that one, or restore a backup.`
    throw new StoreError('newer-database', message)
  }
  for (const migration of migrations) if (migration.version > version) runMigration(database, migration, file)
}

function runMigration(database: DatabaseSync, { version, statements }: Migration, file: string): void {
  database.exec('begin immediate')
  try {
    for (const statement of statements) database.exec(statement)
    database.exec(`pragma user_version = ${version}`)
    database.exec('commit')
  } catch (error) {
    database.exec('rollback')
    throw new StoreError('migration-failed', `${file} could not be brought to schema ${version}: ${String(error)}`)
  }
}

/** SQLite's result codes (https://sqlite.org/rescode.html) as sentences. */
export function explain(error: unknown, file: string): StoreError {
  if (error instanceof StoreError) return error
  const { errcode, code, message } = error as { errcode?: number; code?: string; message?: string }
  switch ((errcode ?? 0) & 0xff) {
    case 5:
    case 6:
      return new StoreError(
        'in-use',
        `${file} is in use by another server; stop that one, or name another file in "store".`,
      )
    case 8:
    case 14:
      return new StoreError(
        'not-accessible',
        `${file} cannot be opened for writing; check that its folder exists and is yours.`,
      )
    case 13:
      return new StoreError('disk-full', `The disk that holds ${file} is full.`)
    case 10:
    case 11:
      return new StoreError('broken', `${file} is damaged or its disk fails (${message}); restore a backup.`)
    case 26:
      return new StoreError('not-ours', `${file} is no database; name another file in "store".`)
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST') {
    return new StoreError(
      'not-accessible',
      `${file} cannot be created (${code}); choose a folder that this user may write to.`,
    )
  }
  return new StoreError('broken', `${file}: ${message ?? String(error)}`)
}
