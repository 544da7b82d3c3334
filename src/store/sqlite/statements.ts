import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { type Compilable, type Expression, type Kysely, type SqlBool, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** Stands in a query for a value that is given when it is run. */
class Parameter {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** Names a value of a prepared query, typed as what the column takes. */
export type ParameterOf<Values> = <Name extends keyof Values & string>(name: Name) => Values[Name]

/** A query that Kysely compiled once and SQLite prepared once. */
export interface Prepared<Values, Row> {
  /** The number of rows changed. */
  run(values: Values): number
  /** Inserts one row and returns its rowid. */
  insert(values: Values): number
  get(values: Values): Row | undefined
  all(values: Values): Row[]
}

/** Runs Kysely's queries synchronously, so that no two commands of a batch can interleave. */
export class Statements {
  readonly #database: DatabaseSync
  readonly #kysely: Kysely<Schema>
  readonly #bySql = new Map<string, StatementSync>()

  constructor(database: DatabaseSync, kysely: Kysely<Schema>) {
    this.#database = database
    this.#kysely = kysely
  }

  /** For the hot path: builds, compiles and prepares once. */
  prepare<Values extends object, Row = unknown>(
    build: (db: Kysely<Schema>, parameter: ParameterOf<Values>) => Compilable<Row>,
  ): Prepared<Values, Row> {
    const parameter = ((name: string) => new Parameter(name)) as unknown as ParameterOf<Values>
    const { sql, parameters } = build(this.#kysely, parameter).compile()
    const statement = this.#database.prepare(sql)
    const bind = (values: Values): SQLInputValue[] =>
      parameters.map((value) =>
        value instanceof Parameter
          ? ((values as Record<string, SQLInputValue>)[value.name] ?? null)
          : (value as SQLInputValue),
      )
    return {
      run: (values) => Number(statement.run(...bind(values)).changes),
      insert: (values) => Number(statement.run(...bind(values)).lastInsertRowid),
      get: (values) => statement.get(...bind(values)) as Row | undefined,
      all: (values) => statement.all(...bind(values)) as Row[],
    }
  }

  /** For queries whose shape depends on what is asked; statements are kept by their text, of which there are few. */
  all<Row>(build: (db: Kysely<Schema>) => Compilable<Row>): Row[] {
    const { sql, parameters } = build(this.#kysely).compile()
    let statement = this.#bySql.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#bySql.set(sql, statement)
    }
    return statement.all(...(parameters as readonly SQLInputValue[])) as Row[]
  }
}

/**
 * Whether a column is one of the texts of a JSON array: one parameter, so that one statement serves lists of any length. What is
 * SQLite's own in these queries stands here alone; PostgreSQL calls it `json_array_elements_text`.
 */
export const isAmong = (column: string, json: string): Expression<SqlBool> =>
  sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${json}))`
