import type { Call, LegName } from '../../call/call.ts'
import type { DialectContext } from '../dialect.ts'
import { callFields, destinationFields, seconds, talkSeconds, totalSeconds, typeOf } from './call-fields.ts'
import { type Status, statusOfEnd, statusOfLegEnd } from './map-end-cause.ts'
import { uniqueIdOf } from './unique-id.ts'

type RowContext = Pick<DialectContext, 'account' | 'node'>

const legs = ['first', 'second'] as const satisfies readonly LegName[]

/** A row for each leg that is up. */
export const activeRows = (call: Call, context: RowContext): readonly object[] =>
  legs
    .filter((leg) => call.legs[leg].dialledAt !== undefined && call.legs[leg].endedAt === undefined)
    .map((leg) => {
      const status = call.legs[leg].answeredAt === undefined ? 'Calling' : 'Answer'
      return legRow(call, leg, status, context)
    })

/** A row for each leg that was dialled in a call that has ended. */
export const endedLegRows = (call: Call, context: RowContext): readonly object[] =>
  legs
    .filter((leg) => call.legs[leg].dialledAt !== undefined)
    .map((leg) => {
      const end = call.legs[leg].endedAt ?? endOf(call)
      return {
        ...legRow(call, leg, statusOfLegEnd(call, leg), context),
        end: unixTime(end),
        talktime: talkSeconds(call, leg, end),
        totaltime: totalSeconds(call, leg, end),
      }
    })

/** The one row of a call that has ended: its second party is where it went, and it was answered when both could talk. */
export function endedCallRow(call: Call, context: RowContext): object {
  const start = startOf(call)
  const end = endOf(call)
  // Nobody talks any more when the first of the two has hung up.
  const silence = Math.min(...legs.map((leg) => call.legs[leg].endedAt ?? end))
  return {
    ...legRow(call, 'second', statusOfEnd(call), context),
    uniqueid: call.id,
    start: unixTime(start),
    answered: unixTime(call.bridgedAt),
    end: unixTime(end),
    talktime: seconds(silence - (call.bridgedAt ?? silence)),
    totaltime: seconds(end - start),
  }
}

/** When its first party was rung, or should have been where a redirection has dialled that leg anew; else when it was requested. */
function startOf({
  acceptedAt,
  dueAt = acceptedAt,
  bridgedAt = Number.POSITIVE_INFINITY,
  legs: { first },
}: Call): number {
  const { dialledAt = acceptedAt } = first
  return dialledAt <= bridgedAt ? dialledAt : dueAt
}

const endOf = ({ endedAt, acceptedAt }: Call): number => endedAt ?? acceptedAt

function legRow(call: Call, leg: LegName, status: Status, { account, node }: RowContext) {
  const { request, legs: states } = call
  return {
    uniqueid: uniqueIdOf(call.id, leg),
    callid: call.id,
    machine: node.number,
    server: node.name,
    customer: account(call.account)?.id ?? 0,
    stype: typeOf(request.first.target.kind),
    ctype: typeOf(request.second.target.kind),
    ...callFields(call, leg),
    ...destinationFields(states[leg]),
    status,
    start: unixTime(states[leg].dialledAt),
    answered: unixTime(states[leg].answeredAt),
  }
}

/** Seconds since the epoch; 0 for what did not happen. */
const unixTime = (milliseconds: number | undefined): number =>
  milliseconds === undefined ? 0 : Math.floor(milliseconds / 1000)
