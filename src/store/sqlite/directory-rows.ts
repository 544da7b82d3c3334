import type { DirectoryEntriesTable } from '../schema.ts'
import type { DirectoryEntry } from '../store.ts'
import type { EntryRow } from './command.ts'
import type { Statements } from './statements.ts'

/** What `apply` brought, in the worker. */
export class DirectoryRows {
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(statements: Statements) {
    this.#statements = prepareStatements(statements)
  }

  write(put: readonly EntryRow[], remove: readonly (readonly [kind: string, key: string])[]): void {
    for (const [kind, key] of remove) this.#statements.remove.run({ kind, key })
    for (const [kind, key, data] of put) this.#statements.put.run({ kind, key, data })
  }

  load(): readonly DirectoryEntry[] {
    return this.#statements.readAll
      .all({})
      .map(({ kind, key, data }) => ({ kind, key, data: JSON.parse(data) as unknown }))
  }
}

const prepareStatements = (statements: Statements) => ({
  put: statements.prepare<DirectoryEntriesTable>((db, parameter) =>
    db
      .insertInto('directory_entries')
      .values({ kind: parameter('kind'), key: parameter('key'), data: parameter('data') })
      .onConflict((conflict) =>
        conflict.columns(['kind', 'key']).doUpdateSet({ data: (eb) => eb.ref('excluded.data') }),
      ),
  ),
  remove: statements.prepare<{ kind: string; key: string }>((db, parameter) =>
    db.deleteFrom('directory_entries').where('kind', '=', parameter('kind')).where('key', '=', parameter('key')),
  ),
  readAll: statements.prepare<object, DirectoryEntriesTable>((db) =>
    db.selectFrom('directory_entries').selectAll().orderBy('kind').orderBy('key'),
  ),
})
