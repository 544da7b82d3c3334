import type { LegName } from '../call/call.ts'
import type { CallEvent, CallEventType, LegRecovery, LoggedCallEvent } from '../call/call-event.ts'
import type { CallRequest } from '../call/call-request.ts'
import type { CallEventsTable, CallsTable } from './schema.ts'
import { fromStoredDestination, type StoredDestination, toStoredDestination } from './stored-destination.ts'

/** An event on its way to the database; `data` and `recovery` are JSON. */
export type EventRow = readonly [callId: string, type: CallEventType, at: number, data: string, recovery: string | null]

/** What an event's JSON holds in another form than the event, or releases before this one wrote so. */
interface StoredDetail {
  readonly destination?: StoredDestination | string
  readonly destinations?: Readonly<Record<LegName, StoredDestination | string>>
}

export function toEventRow(event: CallEvent): EventRow {
  switch (event.type) {
    case 'call.accepted': {
      // The call's row holds the request.
      const { type, callId, at, request: _request, destinations, ...detail } = event
      const { first, second } = destinations
      const stored = { first: toStoredDestination(first), second: toStoredDestination(second) }
      return [callId, type, at, JSON.stringify({ ...detail, destinations: stored }), null]
    }
    case 'leg.dialled': {
      const { type, callId, at, recovery, ...detail } = event
      return [callId, type, at, JSON.stringify(detail), JSON.stringify(recovery)]
    }
    case 'leg.answered': {
      const { type, callId, at, recovery, ...detail } = event
      return [callId, type, at, JSON.stringify(withStoredDestination(detail)), JSON.stringify(recovery)]
    }
    case 'leg.forwarded':
    case 'call.redirected': {
      const { type, callId, at, ...detail } = event
      return [callId, type, at, JSON.stringify(withStoredDestination(detail)), null]
    }
    default: {
      const { type, callId, at, ...detail } = event
      return [callId, type, at, JSON.stringify(detail), null]
    }
  }
}

const withStoredDestination = <Detail extends Pick<Extract<CallEvent, { type: 'leg.answered' }>, 'destination'>>(
  detail: Detail,
): object =>
  detail.destination === undefined ? detail : { ...detail, destination: toStoredDestination(detail.destination) }

export type LoggedEventRow = Pick<CallEventsTable, 'type' | 'at' | 'data'> & { readonly sequence: number }

/** What an event's call says in its own row. */
export type CallOfEvents = Pick<CallsTable, 'id' | 'request'>

/** The event without its recovery record, which the history of a call does not need. */
export function fromEventRow({ type, at, data, sequence }: LoggedEventRow, call: CallOfEvents): LoggedCallEvent {
  const request = type === 'call.accepted' ? { request: JSON.parse(call.request) as CallRequest } : undefined
  const detail = fromStoredDetail(JSON.parse(data) as StoredDetail)
  return { type, callId: call.id, at, ...request, ...detail, sequence } as LoggedCallEvent
}

/** Most events name nobody: they are as they were stored. */
function fromStoredDetail(detail: StoredDetail): object {
  const { destination, destinations } = detail
  if (destination !== undefined) return { ...detail, destination: fromStoredDestination(destination) }
  if (destinations === undefined) return detail
  const { first, second } = destinations
  return { ...detail, destinations: { first: fromStoredDestination(first), second: fromStoredDestination(second) } }
}

export const fromWholeEventRow = (
  row: LoggedEventRow & { readonly recovery: string | null },
  call: CallOfEvents,
): LoggedCallEvent =>
  row.recovery === null
    ? fromEventRow(row, call)
    : ({ ...fromEventRow(row, call), recovery: JSON.parse(row.recovery) as LegRecovery } as LoggedCallEvent)
