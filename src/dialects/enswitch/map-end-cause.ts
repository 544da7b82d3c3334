import type { Call, LegName } from '../../call/call.ts'

/** How a call stands, or ended, in the vendor's words. */
export type Status = 'Calling' | 'Answer' | 'Hangup' | 'Abandon'

/** Whatever the cause of its end, the vendor asks one thing only: whether the two parties ever talked. */
export const statusOfEnd = ({ bridgedAt }: Pick<Call, 'bridgedAt'>): Status =>
  bridgedAt === undefined ? 'Abandon' : 'Hangup'

/** Of one leg: whom a connected call is redirected to may never answer. */
export const statusOfLegEnd = (call: Call, leg: LegName): Status =>
  call.legs[leg].answeredAt === undefined ? 'Abandon' : statusOfEnd(call)
