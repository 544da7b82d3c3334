import type { Selectable } from 'kysely'
import type { Call, Leg, LegName } from '../call/call.ts'
import type { CallEvent } from '../call/call-event.ts'
import type { CallRequest } from '../call/call-request.ts'
import { projectCall } from '../call/project-call.ts'
import { type CallOfEvents, fromEventRow, type LoggedEventRow } from './event-row.ts'
import type { CallsTable, LegsTable } from './schema.ts'
import {
  fromDestinationColumn,
  fromStoredDestination,
  type StoredDestination,
  toStoredDestination,
} from './stored-destination.ts'

export type CallRow = Selectable<CallsTable>
export type LegRow = Selectable<LegsTable>

/** An ended call, from its CDR: equal to the projection of its events. */
export function callFromRows(row: CallRow, legs: readonly LegRow[]): Call {
  return {
    id: row.id,
    account: row.account,
    request: JSON.parse(row.request) as CallRequest,
    state: 'ended',
    acceptedAt: row.accepted_at,
    ...optional('dueAt', row.due_at),
    ...optional('bridgedAt', row.bridged_at),
    ...optional('endedAt', row.ended_at),
    ...optional('endCause', row.end_cause),
    ...optional('endStatus', row.end_status),
    ...optional('endedBy', row.ended_by),
    legs: { first: legFromRow('first', legs), second: legFromRow('second', legs) },
  }
}

function legFromRow(name: LegName, legs: readonly LegRow[]): Leg {
  const row = legs.find((leg) => leg.name === name)
  if (row === undefined) throw new Error(`An ended call has no ${name} leg`)
  return {
    name,
    state: row.state,
    destination: fromDestinationColumn(row.destination),
    ...(row.released === null
      ? {}
      : { released: (JSON.parse(row.released) as StoredDestination[]).map(fromStoredDestination) }),
    ...optional('dialledAt', row.dialled_at),
    ...optional('ringingAt', row.ringing_at),
    ...optional('answeredAt', row.answered_at),
    ...optional('endedAt', row.ended_at),
    ...optional('endCause', row.end_cause),
    ...optional('endStatus', row.end_status),
    ...(row.attempts === null ? {} : { attempts: JSON.parse(row.attempts) as NonNullable<Leg['attempts']> }),
    ...(row.media === null ? {} : { media: JSON.parse(row.media) as NonNullable<Leg['media']> }),
  }
}

/** What is written of a call when it is accepted. */
export type AcceptanceColumns = Pick<
  CallsTable,
  'id' | 'account' | 'external_id' | 'dialect' | 'credential' | 'request' | 'accepted_at'
>

export const acceptanceToRow = ({ callId, at, request }: Acceptance): AcceptanceColumns => ({
  id: callId,
  account: request.account,
  external_id: request.externalId ?? null,
  dialect: request.origin.dialect,
  credential: request.origin.credential,
  request: JSON.stringify(request),
  accepted_at: at,
})

type Acceptance = Extract<CallEvent, { type: 'call.accepted' }>

/** What makes the row of a call that has ended its CDR. */
export type CdrColumns = Pick<
  CallsTable,
  'id' | 'due_at' | 'bridged_at' | 'ended_at' | 'end_cause' | 'end_status' | 'ended_by'
>

/** The CDR of a call, by all of its events: its columns, and the rows of its legs. */
export function cdrToRows(
  of: CallOfEvents,
  events: readonly LoggedEventRow[],
): { readonly columns: CdrColumns; readonly legs: readonly LegRow[] } {
  const call = projectCall(events.map((event) => fromEventRow(event, of)))
  const columns = {
    id: call.id,
    due_at: call.dueAt ?? null,
    bridged_at: call.bridgedAt ?? null,
    ended_at: call.endedAt ?? null,
    end_cause: call.endCause ?? null,
    end_status: call.endStatus ?? null,
    ended_by: call.endedBy ?? null,
  }
  return { columns, legs: [call.legs.first, call.legs.second].map((leg) => legToRow(call.id, leg)) }
}

const legToRow = (callId: string, leg: Leg): LegRow => ({
  call_id: callId,
  name: leg.name,
  state: leg.state,
  destination: JSON.stringify(toStoredDestination(leg.destination)),
  released: leg.released === undefined ? null : JSON.stringify(leg.released.map(toStoredDestination)),
  dialled_at: leg.dialledAt ?? null,
  ringing_at: leg.ringingAt ?? null,
  answered_at: leg.answeredAt ?? null,
  ended_at: leg.endedAt ?? null,
  end_cause: leg.endCause ?? null,
  end_status: leg.endStatus ?? null,
  attempts: leg.attempts === undefined ? null : JSON.stringify(leg.attempts),
  media: leg.media === undefined ? null : JSON.stringify(leg.media),
})

const optional = <Name extends string, Value>(name: Name, value: Value | null): { readonly [Key in Name]?: Value } =>
  (value === null ? {} : { [name]: value }) as { readonly [Key in Name]?: Value }
