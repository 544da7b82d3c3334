import type { Selectable } from 'kysely'
import type { Call, Leg, LegName } from '../call/call.ts'
import type { CallRequest } from '../call/call-request.ts'
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

export const legToRow = (callId: string, leg: Leg): LegRow => ({
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
