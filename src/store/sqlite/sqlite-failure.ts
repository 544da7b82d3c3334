import { StoreError } from '../store-error.ts'

/** Primary result codes (sqlite.org/rescode.html) that have a sentence of their own. */
const busy = 5
const locked = 6
const readonly = 8
const inputOutput = 10
const corrupt = 11
const full = 13
const cannotOpen = 14
const constraint = 19
const notADatabase = 26

/** Extended codes: a quota, or a disk that is full for the file beside the database. No fsync failed: what is on disk is known. */
const unwritten: ReadonlySet<number> = new Set([778, 1546, 4618, 4874, 5386])

/** What an exception of node:sqlite, or of the file system, means to the one who runs the server. */
export function describeSqliteFailure(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = codeOf(error)
  if (code !== undefined && unwritten.has(code)) {
    const advice = 'check the quota, and whether the disk is full or damaged. Nothing was written.'
    return new StoreError('not-accessible', `The database ${path} cannot be written (${message}); ${advice}`)
  }
  switch (code === undefined ? undefined : code & 0xff) {
    case busy:
    case locked:
      return new StoreError('in-use', `Another program has the database ${path} locked; close it and try again.`)
    case readonly:
    case cannotOpen:
      return notAccessible(path, message)
    case full:
      return new StoreError('disk-full', `The disk that holds ${path} is full; make room there. Nothing was written.`)
    case inputOutput:
    case corrupt:
      return new StoreError(
        'broken',
        `The database ${path} cannot be read or written (${message}); check the disk, and restore a backup if it is damaged.`,
      )
    case notADatabase:
      return new StoreError(
        'not-ours',
        `The file ${path} is no database of this program; name another file in "store".`,
      )
    case constraint:
      return new StoreError('invalid-write', message)
  }
  return isFileError(error) ? notAccessible(path, message) : new StoreError('invalid-write', message)
}

const notAccessible = (path: string, message: string): StoreError =>
  new StoreError(
    'not-accessible',
    `The database ${path} cannot be opened for writing (${message}); check that its folder exists and belongs to this user.`,
  )

function codeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined
  return typeof code === 'number' ? code : undefined
}

const isFileError = (error: unknown): boolean => error instanceof Error && 'syscall' in error
