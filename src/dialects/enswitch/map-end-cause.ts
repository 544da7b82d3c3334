import type { Call } from '../../call/call.ts'

/** How a call stands, or ended, in the vendor's words. */
export type Status = 'Calling' | 'Answer' | 'Hangup' | 'Abandon'

/** Whatever the cause of its end, the vendor asks one thing only: whether the two parties ever talked. */
export const statusOfEnd = (call: Pick<Call, 'bridgedAt'>): Status =>
  call.bridgedAt === undefined ? 'Abandon' : 'Hangup'
