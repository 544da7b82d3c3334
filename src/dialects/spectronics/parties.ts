import type { LegName } from '../../call/call.ts'
import type { FaultLine } from './render-answer.ts'

/** Which parameter says whom a leg is to reach. */
export type PartyParameter = 'extension' | 'source' | 'destination'

export type Parties = Readonly<Record<LegName, PartyParameter>>

/** `source` rings first whatever `reverse` says: it "will be used as the destination for the first call". */
export function partiesOf(hasSource: boolean, reverse: boolean): Parties {
  if (hasSource) return { first: 'source', second: 'destination' }
  return reverse ? { first: 'destination', second: 'extension' } : { first: 'extension', second: 'destination' }
}

/** The line for a party that does not exist, or may not be called. */
export const partyFaults: Readonly<Record<PartyParameter, FaultLine>> = {
  extension: 'ERR:Invalid extension',
  source: 'ERR:Source not allowed',
  destination: 'ERR:Destination not allowed',
}
