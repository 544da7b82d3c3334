import { type Call, type LegName, otherLeg } from '../../call/call.ts'
import type { LegTargetKind } from '../../call/call-request.ts'
import { type Destination, nameOfDestination } from '../../call/destination.ts'
import { findOutsideParty } from '../../call/outside-party.ts'

const types: Partial<Record<LegTargetKind, string>> = { line: 'phone', queue: 'queue', number: 'external' }

export const typeOf = (kind: LegTargetKind): string => types[kind] ?? ''

/** What every event and every row says about a call: whom it was to ring, as the client said it, and who is outside. */
export const callFields = (call: Call) => ({
  callerid_external: outsideNumber(call),
  snumber: call.request.first.target.value,
  cnumber: call.request.second.target.value,
})

export type Direction = 'in' | 'out' | 'internal'

/** Every call is made from here: it goes out where one of its parties is outside. */
export const directionOf = (call: Call): Direction => (outsideNumber(call) === '' ? 'internal' : 'out')

/** This vendor's words for whom a leg has reached: who answered where several could, else the queue or the code itself. */
export const destinationFields = (destination: Destination) => ({
  dtype: destinationTypes[destination.kind],
  dnumber: nameOfDestination(destination),
})

const destinationTypes: Readonly<Record<Destination['kind'], string>> = {
  ...{ line: 'phone', number: 'external', queue: 'queue' },
  ...{ context: '', 'feature-code': '' },
}

/** The number of the party outside: a CRM finds its customer by it. */
export const outsideNumber = (call: Pick<Call, 'legs'>): string => findOutsideParty(call)?.number ?? ''

/** The line that has part in the call: of the leg if it is one, else of the other. */
export function extensionOf({ legs }: Pick<Call, 'legs'>, leg: LegName): string {
  const parties = [legs[leg], legs[otherLeg(leg)]].map(({ destination }) => destinationFields(destination))
  return parties.find(({ dtype }) => dtype === 'phone')?.dnumber ?? ''
}

/** Seconds for which this leg's party talked until `at`: one that a redirection brought had no part in what was said before. */
export function talkSeconds({ bridgedAt, legs }: Call, leg: LegName, at: number): number {
  const { answeredAt } = legs[leg]
  return bridgedAt === undefined || answeredAt === undefined ? 0 : seconds(at - Math.max(bridgedAt, answeredAt))
}

/** Seconds from the leg's first ring on. */
export const totalSeconds = (call: Call, leg: LegName, at: number): number =>
  seconds(at - (call.legs[leg].dialledAt ?? at))

export const seconds = (milliseconds: number): number => Math.max(0, Math.round(milliseconds / 1000))

/**
 * The vendor tells a call (`callid`) from each of its legs (`uniqueid`). Its first leg goes by the call's own id, as the vendor's
 * does: clients use what `calls/make` returned for either.
 */
export const uniqueIdOf = (callId: string, leg: LegName): string => (leg === 'first' ? callId : `${callId}.2`)

export const callIdOf = (uniqueId: string): string => uniqueId.replace(/\.2$/, '')
