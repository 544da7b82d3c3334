import type { CallEvent, LegRecovery, LoggedCallEvent } from '../../call/call-event.ts'
import type { CallRequest } from '../../call/call-request.ts'
import type { CallEventsTable, CallsTable } from '../schema.ts'
import type { EventRow } from './command.ts'

export function toEventRow(event: CallEvent): EventRow {
  switch (event.type) {
    case 'call.accepted': {
      // The call's row holds the request.
      const { type, callId, at, request: _request, ...detail } = event
      return [callId, type, at, JSON.stringify(detail), null]
    }
    case 'leg.dialled':
    case 'leg.answered': {
      const { type, callId, at, recovery, ...detail } = event
      return [callId, type, at, JSON.stringify(detail), JSON.stringify(recovery)]
    }
    default: {
      const { type, callId, at, ...detail } = event
      return [callId, type, at, JSON.stringify(detail), null]
    }
  }
}

export type LoggedEventRow = Pick<CallEventsTable, 'type' | 'at' | 'data'> & { readonly sequence: number }

/** What an event's call says in its own row. */
export type CallOfEvents = Pick<CallsTable, 'id' | 'request'>

/** The event without its recovery record, which the history of a call does not need. */
export const fromEventRow = ({ type, at, data, sequence }: LoggedEventRow, call: CallOfEvents): LoggedCallEvent =>
  ({
    type,
    callId: call.id,
    at,
    ...(type === 'call.accepted' ? { request: JSON.parse(call.request) as CallRequest } : {}),
    ...(JSON.parse(data) as object),
    sequence,
  }) as LoggedCallEvent

export const fromWholeEventRow = (
  row: LoggedEventRow & { readonly recovery: string | null },
  call: CallOfEvents,
): LoggedCallEvent =>
  row.recovery === null
    ? fromEventRow(row, call)
    : ({ ...fromEventRow(row, call), recovery: JSON.parse(row.recovery) as LegRecovery } as LoggedCallEvent)
