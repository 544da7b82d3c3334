import type { Call, LegName } from '../../call/call.ts'
import type { EndCause } from '../../call/end-cause.ts'

/** How a call stands, or ended, in the vendor's words. */
export type Status = 'Calling' | 'Answer' | 'Hangup' | 'Abandon'

/** Whatever the cause of its end, the vendor asks one thing only: whether the two parties ever talked. */
export const statusOfEnd = ({ bridgedAt }: Pick<Call, 'bridgedAt'>): Status =>
  bridgedAt === undefined ? 'Abandon' : 'Hangup'

/** Of one leg: whom a connected call is redirected to may never answer. */
export const statusOfLegEnd = (call: Call, leg: LegName): Status =>
  call.legs[leg].answeredAt === undefined ? 'Abandon' : statusOfEnd(call)

/** How a call that has ended shows in `cdrs/list`. */
export type CdrStatus = 'answer' | 'cancel' | 'other'

/** Nobody took the call, and nobody and nothing refused it. */
const cancels: ReadonlySet<EndCause> = new Set(['cancelled', 'no-answer'])

export const cdrStatusOf = ({ bridgedAt, endCause }: Pick<Call, 'bridgedAt' | 'endCause'>): CdrStatus => {
  if (bridgedAt !== undefined) return 'answer'
  return endCause !== undefined && cancels.has(endCause) ? 'cancel' : 'other'
}

/** Of one leg: whom a connected call is redirected to may never answer. */
export const cdrStatusOfLeg = (call: Call, leg: LegName): CdrStatus => {
  const { answeredAt, endCause } = call.legs[leg]
  return answeredAt === undefined ? cdrStatusOf(endCause === undefined ? {} : { endCause }) : cdrStatusOf(call)
}
