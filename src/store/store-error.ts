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
  /** The disk or the database is damaged, or the worker thread died: nothing can be written any more. */
  | 'broken'
  | 'closed'
  /** What was asked for breaks a rule of the store; a mistake of the caller. */
  | 'invalid-write'
  /** The configuration names a kind of store that this release does not have. */
  | 'not-available'

/** Why the store cannot do what was asked, in a sentence that says what to do. */
export class StoreError extends Error {
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string) {
    super(message)
    this.name = 'StoreError'
    this.code = code
  }

  /** The same may be written later: when there is room, or when another program has let go of the database. */
  get isPassing(): boolean {
    return this.code === 'disk-full' || this.code === 'in-use'
  }
}
