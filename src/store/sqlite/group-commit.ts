import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { StoreError } from '../store-error.ts'
import type { Command, Reply } from './command.ts'

/** What only reads; everything else is durable when it is answered. */
export const readOnly: ReadonlySet<Command[0]> = new Set<Command[0]>([
  'find-replay',
  'call',
  'calls',
  'events',
  'unfinished',
  'live-elsewhere',
  'events-after',
  'load-directory',
])

export interface GroupCommitOptions {
  readonly database: DatabaseSync
  /** Carries one command out; whatever it throws undoes this command alone. */
  readonly execute: (command: Command) => unknown
  readonly describeFailure: (error: unknown) => StoreError
  /** Throws where what is written is not kept. Asked before a group's first write, and when its commit is done. */
  readonly requireKept?: () => void
}

type CommandError = readonly [index: number, code: StoreError['code'], message: string]

/** SQLite gave the whole transaction up (a full disk, an I/O error): nothing of the group was kept. */
class TransactionLost extends Error {}

/**
 * Carries out commands in their order: all writes of a group become durable by one commit, and each is atomic by a savepoint
 * of its own. Nothing is answered before the commit.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #statements: Readonly<
    Record<'begin' | 'commit' | 'rollback' | 'savepoint' | 'release' | 'undo', StatementSync>
  >

  constructor(options: GroupCommitOptions) {
    this.#options = options
    const { database } = options
    this.#statements = {
      begin: database.prepare('begin immediate'),
      commit: database.prepare('commit'),
      rollback: database.prepare('rollback'),
      savepoint: database.prepare('savepoint command'),
      release: database.prepare('release command'),
      undo: database.prepare('rollback to command'),
    }
  }

  run(commands: readonly Command[]): Reply {
    const { database, describeFailure } = this.#options
    const values: unknown[] = []
    const errors: CommandError[] = []
    try {
      for (const [index, command] of commands.entries()) {
        try {
          values.push(readOnly.has(command[0]) ? this.#options.execute(command) : this.#write(command))
        } catch (error) {
          if (error instanceof TransactionLost) throw error.cause
          const { code, message } = describeFailure(error)
          values.push(null)
          errors.push([index, code, message])
        }
      }
      if (database.isTransaction) {
        this.#statements.commit.run()
        this.#options.requireKept?.()
      }
    } catch (error) {
      if (database.isTransaction) this.#statements.rollback.run()
      const { code, message } = describeFailure(error)
      return { values: commands.map(() => null), errors: commands.map((_, index) => [index, code, message]) }
    }
    return errors.length === 0 ? { values } : { values, errors }
  }

  #write(command: Command): unknown {
    const { database, execute } = this.#options
    // What a group begins with may be reads: the lock is taken with the first write.
    if (!database.isTransaction) this.#begin()
    this.#statements.savepoint.run()
    try {
      const value = execute(command)
      this.#statements.release.run()
      return value
    } catch (error) {
      if (!database.isTransaction) throw new TransactionLost('', { cause: error })
      this.#statements.undo.run()
      this.#statements.release.run()
      throw error
    }
  }

  #begin(): void {
    try {
      this.#options.requireKept?.()
      this.#statements.begin.run()
    } catch (error) {
      throw new TransactionLost('', { cause: error })
    }
  }
}
