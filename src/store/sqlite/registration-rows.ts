import type { RegistrationsTable } from '../schema.ts'
import type { StoredRegistration } from '../store.ts'
import type { RegistrationRow } from './command.ts'
import type { Statements } from './statements.ts'

/** The registrar's bindings, in the worker. */
export class RegistrationRows {
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(statements: Statements) {
    this.#statements = prepareStatements(statements)
  }

  apply(puts: readonly RegistrationRow[], removals: readonly string[]): void {
    for (const key of removals) this.#statements.remove.run({ key })
    for (const [key, aor, expires_at, binding] of puts) this.#statements.put.run({ key, aor, expires_at, binding })
  }

  load(now: number): readonly StoredRegistration[] {
    this.#statements.removeExpired.run({ expires_at: now })
    return this.#statements.readAll.all({}).map((row) => ({
      key: row.key,
      aor: row.aor,
      expiresAt: row.expires_at,
      binding: JSON.parse(row.binding) as unknown,
    }))
  }
}

const prepareStatements = (statements: Statements) => ({
  put: statements.prepare<RegistrationsTable>((db, parameter) =>
    db
      .insertInto('registrations')
      .values({
        key: parameter('key'),
        aor: parameter('aor'),
        expires_at: parameter('expires_at'),
        binding: parameter('binding'),
      })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet({
          aor: (eb) => eb.ref('excluded.aor'),
          expires_at: (eb) => eb.ref('excluded.expires_at'),
          binding: (eb) => eb.ref('excluded.binding'),
        }),
      ),
  ),
  remove: statements.prepare<{ key: string }>((db, parameter) =>
    db.deleteFrom('registrations').where('key', '=', parameter('key')),
  ),
  removeExpired: statements.prepare<{ expires_at: number }>((db, parameter) =>
    db.deleteFrom('registrations').where('expires_at', '<=', parameter('expires_at')),
  ),
  readAll: statements.prepare<object, RegistrationsTable>((db) =>
    db.selectFrom('registrations').selectAll().orderBy('key'),
  ),
})
