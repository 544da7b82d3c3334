import type { ApiSession } from '../../access/api-session.ts'
import { type Call, type LegName, otherLeg } from '../../call/call.ts'
import { findOutsideParty } from '../../call/outside-party.ts'
import type { DialectContext } from '../dialect.ts'
import {
  callFields,
  destinationFields,
  directionOf,
  seconds,
  talkSeconds,
  totalSeconds,
  typeOf,
  uniqueIdOf,
} from './call-fields.ts'
import { type CdrStatus, cdrStatusOf, cdrStatusOfLeg } from './map-end-cause.ts'

/** What a row says beside its call: whose it is, whom its lines belong to, and the machine that handles it. */
export interface RowContext {
  readonly session: Pick<ApiSession, 'findAccount' | 'nameOfParty'>
  readonly node: DialectContext['node']
}

const legs = ['first', 'second'] as const satisfies readonly LegName[]

/** A row for each leg that is up. */
export const activeRows = (call: Call, context: RowContext): readonly object[] =>
  legs
    .filter((leg) => call.legs[leg].dialledAt !== undefined && call.legs[leg].endedAt === undefined)
    .map((leg) => {
      const { request, legs: states } = call
      const { dialledAt, answeredAt } = states[leg]
      return {
        ...identityFields(call, leg, context),
        direction: directionOf(call),
        stype: typeOf(request.first.target.kind),
        ctype: typeOf(request.second.target.kind),
        ...callFields(call),
        ...destinationFields(states[leg].destination),
        status: answeredAt === undefined ? 'Calling' : 'Answer',
        start: unixTime(dialledAt),
        answered: unixTime(answeredAt),
      }
    })

/** A row for each leg that was dialled in a call that has ended. */
export const endedLegRows = (call: Call, context: RowContext): readonly CdrRow[] =>
  legs
    .filter((leg) => call.legs[leg].dialledAt !== undefined)
    .map((leg) => {
      const { dialledAt, answeredAt, endedAt = endOf(call) } = call.legs[leg]
      return cdrRow(call, leg, context, {
        uniqueid: uniqueIdOf(call.id, leg),
        start: unixTime(dialledAt),
        answered: unixTime(answeredAt),
        end: unixTime(endedAt),
        status: cdrStatusOfLeg(call, leg),
        talktime: talkSeconds(call, leg, endedAt),
        totaltime: totalSeconds(call, leg, endedAt),
      })
    })

/** The one row of a call that has ended: its second party is where it went, and it was answered when both could talk. */
export function endedCallRow(call: Call, context: RowContext): CdrRow {
  const start = startOf(call)
  const end = endOf(call)
  // Nobody talks any more when the first of the two has hung up.
  const silence = Math.min(...legs.map((leg) => call.legs[leg].endedAt ?? end))
  return cdrRow(call, 'second', context, {
    uniqueid: call.id,
    start: unixTime(start),
    answered: unixTime(call.bridgedAt),
    end: unixTime(end),
    status: cdrStatusOf(call),
    talktime: seconds(silence - (call.bridgedAt ?? silence)),
    totaltime: seconds(end - start),
  })
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

const identityFields = (call: Call, leg: LegName, { session, node }: RowContext) => ({
  uniqueid: uniqueIdOf(call.id, leg),
  callid: call.id,
  machine: node.number,
  server: node.name,
  customer: session.findAccount(call.account)?.id ?? 0,
})

/** What a row says of its leg, or of the whole call: times in seconds since the epoch, durations in seconds. */
interface RowTimes {
  readonly uniqueid: string
  readonly start: number
  readonly answered: number
  readonly end: number
  readonly status: CdrStatus
  readonly talktime: number
  readonly totaltime: number
}

export type CdrRow = ReturnType<typeof cdrRow>

/** A row of `cdrs/list`. The vendor's clients expect every field: what is not known here is an empty text. */
function cdrRow(call: Call, leg: LegName, context: RowContext, times: RowTimes) {
  const { request, legs: states } = call
  const source = destinationFields(states.first.destination)
  const second = destinationFields(states.second.destination)
  const called = leg === 'first' ? source : second
  const inside = insideParty(call, context)
  const outside = findOutsideParty(call)
  return {
    ...identityFields(call, leg, context),
    uniqueid: times.uniqueid,
    customer_name: call.account,
    start: times.start,
    answered: times.answered,
    end: times.end,
    time: times.start,
    direction: directionOf(call),
    status: times.status,
    talktime: times.talktime,
    totaltime: times.totaltime,
    seconds_used: times.talktime,
    stype: typeOf(request.first.target.kind),
    snumber: request.first.target.value,
    snumber_name: nameOf(source, call, context),
    snumber_display: source.dnumber,
    scustomer: ownerOf(source, call, context),
    ctype: typeOf(request.second.target.kind),
    cnumber: request.second.target.value,
    cnumber_name: nameOf(second, call, context),
    cnumber_display: second.dnumber,
    dtype: called.dtype,
    dnumber: called.dnumber,
    dnumber_name: nameOf(called, call, context),
    dnumber_display: called.dnumber,
    dcustomer: ownerOf(called, call, context),
    callerid_internal: inside.number,
    callerid_external: outside?.number ?? '',
    callername_internal: inside.name,
    // The name that the client gave the party outside, for the display of the one inside.
    callername_external: outside === undefined ? '' : (request[otherLeg(outside.leg)].callerId?.name ?? ''),
    ...unknown,
  }
}

/** Recordings, money and what belongs to the vendor's own machinery. */
const unknown = {
  ...{ recording: '', cost: '', cost_excluding_tax: '', cost_including_tax: '', currency: '', balance: '', plan: '' },
  ...{ channel: '', peer: '', bridged_callid: '', note: '' },
} as const

type Party = ReturnType<typeof destinationFields>

const nameOf = ({ dtype, dnumber }: Party, call: Call, { session }: RowContext): string =>
  (dtype === 'phone' ? session.nameOfParty(call, dnumber) : undefined) ?? ''

/** A line belongs to the account of its call; whoever is outside to nobody. */
const ownerOf = ({ dtype }: Party, call: Call, { session }: RowContext): number | '' =>
  dtype === 'external' ? '' : (session.findAccount(call.account)?.id ?? '')

/** Who has part in the call from inside: the calling one of two. */
function insideParty(call: Call, context: RowContext): { readonly number: string; readonly name: string } {
  const party = legs.map((leg) => destinationFields(call.legs[leg].destination)).find(({ dtype }) => dtype === 'phone')
  return party === undefined ? { number: '', name: '' } : { number: party.dnumber, name: nameOf(party, call, context) }
}

/** Seconds since the epoch; 0 for what did not happen. */
const unixTime = (milliseconds: number | undefined): number =>
  milliseconds === undefined ? 0 : Math.floor(milliseconds / 1000)
