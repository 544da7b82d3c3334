import type { Unavailability } from '../call/unavailability.ts'

export type StoreErrorCode =
  /** Another process has this database open. */
  | 'in-use'
  /** The file cannot be created, read or written. */
  | 'not-accessible'
  /** The file is something else than a database of this program. */
  | 'not-ours'
  /** A later release of this program has changed the database's schema. */
  | 'newer-database'
  | 'migration-failed'
  | 'disk-full'
  /** The file was deleted or replaced while it was open: what is written to it will be found by nobody. */
  | 'file-lost'
  /** The disk or the database is damaged, or the worker thread died: nothing can be written any more. */
  | 'broken'
  | 'closed'
  /** What was asked for breaks a rule of the store; a mistake of the caller. */
  | 'invalid-write'
  /** The configuration names a kind of store that this release does not have. */
  | 'not-available'

/** As long as a client should wait at least; nobody knows when there is room again. */
const retryAfterSeconds = 5

const passing: ReadonlySet<StoreErrorCode> = new Set(['disk-full', 'file-lost', 'in-use', 'not-accessible'])
/** The process ends, and the next one may be luckier. */
const lasting: ReadonlySet<StoreErrorCode> = new Set(['broken', 'closed'])

/** Why the store cannot do what was asked, in a sentence that says what to do. */
export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string) {
    super(message)
    this.name = 'StoreError'
    this.code = code
  }

  /** The same may be written later: when there is room, when the file is back, or when another program has let go of it. */
  get isPassing(): boolean {
    return passing.has(this.code)
  }

  /** For whoever asked: nothing is wrong with the request. */
  get unavailable(): Unavailability | undefined {
    return this.isPassing || lasting.has(this.code) ? { reason: 'storage', retryAfterSeconds } : undefined
  }
}
