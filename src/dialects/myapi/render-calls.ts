import type { Call } from '../../call/call.ts'
import { nameOfDestination } from '../../call/destination.ts'
import type { EndCause } from '../../call/end-cause.ts'
import { findOutsideParty } from '../../call/outside-party.ts'
import { renderLocalTime } from '../local-time.ts'

type Disposition = 'ANSWERED' | 'NO ANSWER' | 'BUSY' | 'FAILED'

const unanswered: Readonly<Partial<Record<EndCause, Disposition>>> = {
  busy: 'BUSY',
  rejected: 'BUSY',
  'no-answer': 'NO ANSWER',
  cancelled: 'NO ANSWER',
  'screened-out': 'NO ANSWER',
}

const dispositionOf = ({ bridgedAt, endCause }: Call): Disposition =>
  bridgedAt === undefined ? (unanswered[endCause ?? 'failed'] ?? 'FAILED') : 'ANSWERED'

/** One call of `calls/list`. */
export function renderCall(call: Call, timeZone: string) {
  const { acceptedAt, dueAt = acceptedAt, bridgedAt, endedAt = acceptedAt } = call
  const start = call.legs.first.dialledAt ?? dueAt
  const disposition = dispositionOf(call)
  return {
    uniqueid: call.id,
    calldate: renderLocalTime(start, timeZone),
    origin: nameOfDestination(call.legs.first.destination),
    destination: nameOfDestination(call.legs.second.destination),
    direction: findOutsideParty(call) !== undefined ? 'outbound' : 'internal',
    status: disposition,
    disposition,
    duration: seconds(endedAt - start),
    billsec: seconds(endedAt - (bridgedAt ?? endedAt)),
    callerid: call.request.second.callerId?.number ?? '',
  }
}

export type CallRow = ReturnType<typeof renderCall>

const columns = [
  ...(['uniqueid', 'calldate', 'origin', 'destination', 'direction', 'status', 'disposition'] as const),
  ...(['duration', 'billsec', 'callerid'] as const),
] satisfies readonly (keyof CallRow)[]

/** RFC 4180, with a line of names; there it stands for an empty list, too. */
export const renderCsv = (rows: readonly CallRow[]): string =>
  [columns, ...rows.map((row) => columns.map((column) => row[column]))]
    .map((fields) => `${fields.map((field) => `"${String(field).replaceAll('"', '""')}"`).join(',')}\r\n`)
    .join('')

const seconds = (milliseconds: number): number => Math.max(0, Math.round(milliseconds / 1000))
