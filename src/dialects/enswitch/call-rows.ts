import type { Call, LegName } from '../../call/call.ts'
import type { DialectContext } from '../dialect.ts'
import { callFields, destinationFields, talkSeconds, totalSeconds, typeOf } from './call-fields.ts'
import { type Status, statusOfEnd } from './map-end-cause.ts'
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
      const end = call.legs[leg].endedAt ?? call.endedAt ?? call.acceptedAt
      return { ...legRow(call, leg, statusOfEnd(call), context), ...endFields(call, leg, end) }
    })

/** The one row of a call that has ended: its second party is where it went, and it was answered when both could talk. */
export function endedCallRow(call: Call, context: RowContext): object {
  const { dialledAt = call.acceptedAt } = call.legs.first
  const end = call.endedAt ?? call.acceptedAt
  return {
    ...legRow(call, 'second', statusOfEnd(call), context),
    uniqueid: call.id,
    start: unixTime(dialledAt),
    answered: unixTime(call.bridgedAt),
    ...endFields(call, 'first', end),
  }
}

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

const endFields = (call: Call, leg: LegName, end: number) => ({
  end: unixTime(end),
  talktime: talkSeconds(call, call.endedAt ?? end),
  totaltime: totalSeconds(call, leg, end),
})

/** Seconds since the epoch; 0 for what did not happen. */
const unixTime = (milliseconds: number | undefined): number =>
  milliseconds === undefined ? 0 : Math.floor(milliseconds / 1000)
