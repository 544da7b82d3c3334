import { fromEventRow, type LoggedEventRow } from '../event-row.ts'
import type { SubscribersTable } from '../schema.ts'
import type { AccountEvent } from '../store.ts'
import { isAmong, type Statements } from './statements.ts'

/** Who has read the log how far, in the worker. */
export class SubscriberRows {
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(statements: Statements) {
    this.#statements = prepareStatements(statements)
  }

  open(name: string): number {
    const known = this.#statements.find.get({ name })
    if (known !== undefined) return known.sequence
    const sequence = this.#statements.last.get({})?.sequence ?? 0
    this.#statements.put.run({ name, sequence })
    return sequence
  }

  advance(name: string, sequence: number): void {
    this.#statements.put.run({ name, sequence })
  }

  retain(names: readonly string[]): void {
    this.#statements.removeOthers.run({ names: JSON.stringify(names) })
  }

  eventsAfter(sequence: number, limit: number): readonly AccountEvent[] {
    return this.#statements.read
      .all({ sequence, limit })
      .map(({ account, call_id, request, ...row }) => ({ account, event: fromEventRow(row, { id: call_id, request }) }))
  }
}

const prepareStatements = (statements: Statements) => ({
  find: statements.prepare<{ name: string }, { sequence: number }>((db, parameter) =>
    db.selectFrom('subscribers').select('sequence').where('name', '=', parameter('name')),
  ),
  removeOthers: statements.prepare<{ names: string }>((db, parameter) =>
    db.deleteFrom('subscribers').where(({ not }) => not(isAmong('name', parameter('names')))),
  ),
  last: statements.prepare<object, { sequence: number }>((db) =>
    db.selectFrom('call_events').select('sequence').orderBy('sequence', 'desc').limit(1),
  ),
  put: statements.prepare<SubscribersTable>((db, parameter) =>
    db
      .insertInto('subscribers')
      .values({ name: parameter('name'), sequence: parameter('sequence') })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ sequence: (eb) => eb.ref('excluded.sequence') })),
  ),
  read: statements.prepare<
    { sequence: number; limit: number },
    LoggedEventRow & { readonly account: string; readonly call_id: string; readonly request: string }
  >((db, parameter) =>
    db
      .selectFrom('call_events')
      .innerJoin('calls', 'calls.number', 'call_events.call_number')
      .select(['sequence', 'type', 'at', 'data', 'calls.id as call_id', 'calls.account', 'calls.request'])
      .where('sequence', '>', parameter('sequence'))
      .orderBy('sequence')
      .limit(parameter('limit')),
  ),
})
