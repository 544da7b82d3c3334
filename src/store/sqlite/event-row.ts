import type { CallEvent, LegRecovery, LoggedCallEvent } from '../../call/call-event.ts'
import type { CallEventsTable } from '../schema.ts'
import type { EventRow } from './command.ts'

export function toEventRow(event: CallEvent): EventRow {
  if (!('recovery' in event)) {
    const { type, callId, at, ...detail } = event
    return [callId, type, at, JSON.stringify(detail), null]
  }
  const { type, callId, at, recovery, ...detail } = event
  return [callId, type, at, JSON.stringify(detail), JSON.stringify(recovery)]
}

export type LoggedEventRow = Omit<CallEventsTable, 'sequence' | 'recovery'> & { readonly sequence: number }

/** The event without its recovery record, which the history of a call does not need. */
export const fromEventRow = (row: LoggedEventRow): LoggedCallEvent =>
  ({
    type: row.type,
    callId: row.call_id,
    at: row.at,
    ...(JSON.parse(row.data) as object),
    sequence: row.sequence,
  }) as LoggedCallEvent

export const fromWholeEventRow = (row: LoggedEventRow & { readonly recovery: string | null }): LoggedCallEvent =>
  row.recovery === null
    ? fromEventRow(row)
    : ({ ...fromEventRow(row), recovery: JSON.parse(row.recovery) as LegRecovery } as LoggedCallEvent)
