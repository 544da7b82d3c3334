import type { CallEvent, LoggedCallEvent } from '../../call/call-event.ts'
import type { CallEventsTable } from '../schema.ts'
import type { EventRow } from './command.ts'

export function toEventRow(event: CallEvent): EventRow {
  const { type, callId, at, ...detail } = event
  return [callId, type, at, JSON.stringify(detail)]
}

export type LoggedEventRow = Pick<CallEventsTable, 'call_id' | 'type' | 'at' | 'data'> & { readonly sequence: number }

export const fromEventRow = (row: LoggedEventRow): LoggedCallEvent =>
  ({
    type: row.type,
    callId: row.call_id,
    at: row.at,
    ...(JSON.parse(row.data) as object),
    sequence: row.sequence,
  }) as LoggedCallEvent
