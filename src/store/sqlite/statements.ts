import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { type CompiledQuery, DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { Schema } from '../schema.ts'

/** Builds queries and compiles them; it is `Statements` that runs them. */
export const query = new Kysely<Schema>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})

/** How many prepared statements are kept; the queries of this program are far fewer. */
const capacity = 200

/** Runs compiled queries; each text is prepared once. */
export class Statements {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  all<Row>({ sql, parameters }: CompiledQuery<Row>): Row[] {
    return this.#prepare(sql).all(...(parameters as SQLInputValue[])) as Row[]
  }

  get<Row>({ sql, parameters }: CompiledQuery<Row>): Row | undefined {
    return this.#prepare(sql).get(...(parameters as SQLInputValue[])) as Row | undefined
  }

  /** For the hot path: a text that is already known, with new parameters. Returns the rowid of an insert. */
  run(sql: string, ...parameters: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...parameters).lastInsertRowid)
  }

  execute({ sql, parameters }: CompiledQuery<unknown>): void {
    this.#prepare(sql).run(...(parameters as SQLInputValue[]))
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      if (this.#prepared.size >= capacity) this.#prepared.clear()
      statement = this.#database.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }
}
