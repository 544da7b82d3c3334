import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../store-error.ts'
import type { StoreOperations, StoreReply, StoreRequest } from '../store-operation.ts'
import { CallRepository } from './call-repository.ts'
import { explain } from './open-database.ts'
import { query, Statements } from './statements.ts'

/** Runs batches of requests: one transaction, one fsync, for all that gathered; each request whole or not at all. */
export class SqliteOperations {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #calls: CallRepository
  readonly #operations: StoreOperations

  constructor(database: DatabaseSync, file: string) {
    this.#database = database
    this.#file = file
    const statements = new Statements(database)
    this.#calls = new CallRepository(statements)
    this.#operations = {
      accept: (...args) => this.#calls.accept(...args),
      append: (events) => this.#calls.append(events),
      call: (id) => this.#calls.call(id),
      calls: (filter) => this.#calls.calls(filter),
      events: (callId) => this.#calls.events(callId),
      unfinished: () => this.#calls.unfinished(),
      ...registrationOperations(statements),
      ...directoryOperations(statements),
    }
  }

  /** Throws only if nothing can be written any more: the caller then knows that none of the batch is on disk. */
  runBatch(requests: readonly StoreRequest[]): StoreReply[] {
    this.#database.exec('begin immediate')
    try {
      const replies = requests.map((request) => this.#runOne(request))
      this.#database.exec('commit')
      return replies
    } catch (error) {
      this.#calls.forgetCache()
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw explain(error, this.#file)
    }
  }

  close(): void {
    this.#database.close()
  }

  #runOne({ name, args }: StoreRequest): StoreReply {
    this.#database.exec('savepoint one')
    try {
      const operation = this.#operations[name] as (...args: readonly unknown[]) => unknown
      const value = operation(...args)
      this.#database.exec('release one')
      return { value }
    } catch (error) {
      // The others of the batch go on as if this one had not been asked for.
      this.#calls.forgetCache()
      this.#database.exec('rollback to one; release one')
      const { code, message } = error instanceof StoreError ? error : explain(error, this.#file)
      return { error: message, code }
    }
  }
}

function registrationOperations(
  statements: Statements,
): Pick<StoreOperations, 'applyRegistrations' | 'loadRegistrations'> {
  return {
    applyRegistrations(changes) {
      for (const change of changes) {
        if (change.type === 'remove') {
          statements.execute(query.deleteFrom('registrations').where('key', '=', change.key).compile())
          continue
        }
        const { key, aor, expiresAt, binding } = change.registration
        const row = { aor, expires_at: expiresAt, binding: JSON.stringify(binding) }
        statements.execute(
          query
            .insertInto('registrations')
            .values({ key, ...row })
            .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
            .compile(),
        )
      }
    },
    loadRegistrations(now) {
      statements.execute(query.deleteFrom('registrations').where('expires_at', '<=', now).compile())
      return statements
        .all(query.selectFrom('registrations').selectAll().compile())
        .map((row) => ({ key: row.key, aor: row.aor, expiresAt: row.expires_at, binding: JSON.parse(row.binding) }))
    },
  }
}

function directoryOperations(statements: Statements): Pick<StoreOperations, 'loadDirectory' | 'writeDirectory'> {
  return {
    loadDirectory: () =>
      statements
        .all(query.selectFrom('directory_entries').selectAll().compile())
        .map(({ kind, key, data }) => ({ kind, key, data: JSON.parse(data) })),
    writeDirectory(put, remove) {
      for (const { kind, key } of remove) {
        statements.execute(
          query.deleteFrom('directory_entries').where('kind', '=', kind).where('key', '=', key).compile(),
        )
      }
      for (const entry of put) {
        const data = JSON.stringify(entry.data)
        statements.execute(
          query
            .insertInto('directory_entries')
            .values({ kind: entry.kind, key: entry.key, data })
            .onConflict((conflict) => conflict.columns(['kind', 'key']).doUpdateSet({ data }))
            .compile(),
        )
      }
    },
  }
}
