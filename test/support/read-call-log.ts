import { DatabaseSync } from 'node:sqlite'
import type { LegName } from '../../src/call/call.ts'
import type { CallRequest } from '../../src/call/call-request.ts'

export interface LoggedCall {
  readonly id: string
  readonly request: CallRequest
  readonly endCause: string | null
  readonly endedAt: number | null
  readonly dueAt: number | null
  /** Rows of the CDR, one a leg. */
  readonly legRows: number
  readonly events: readonly LoggedEvent[]
}

export interface LoggedEvent {
  readonly type: string
  readonly at: number
  readonly leg?: LegName
}

type Row = Record<string, string | number | null>

/** The database of a server that has stopped, read without any of the server's code, in the order of acceptance. */
export function readCallLog(file: string): readonly LoggedCall[] {
  const database = new DatabaseSync(file, { readOnly: true })
  const all = (sql: string): Row[] => database.prepare(sql).all() as Row[]
  try {
    const events = Map.groupBy(all('select * from call_events order by sequence'), ({ call_number }) => call_number)
    const legs = Map.groupBy(all('select call_id from legs'), ({ call_id }) => call_id)
    return all('select * from calls order by id').map((row) => ({
      id: String(row['id']),
      request: JSON.parse(String(row['request'])),
      endCause: row['end_cause'] as string | null,
      endedAt: row['ended_at'] as number | null,
      dueAt: row['due_at'] as number | null,
      legRows: legs.get(row['id'] ?? null)?.length ?? 0,
      events: (events.get(row['number'] ?? null) ?? []).map(({ type, at, data }) => ({
        ...JSON.parse(String(data)),
        type,
        at,
      })),
    }))
  } finally {
    database.close()
  }
}
