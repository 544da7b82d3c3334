import type { LegName } from '../../call/call.ts'

/**
 * The vendor tells a call (`callid`) from each of its legs (`uniqueid`). Its first leg goes by the call's own id, as the vendor's
 * does: clients use what `calls/make` returned for either.
 */
export const uniqueIdOf = (callId: string, leg: LegName): string => (leg === 'first' ? callId : `${callId}.2`)

export const callIdOf = (uniqueId: string): string => uniqueId.replace(/\.2$/, '')
