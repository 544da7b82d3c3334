import type { LegName } from '../../call/call.ts'
import type { NumberFault } from '../../call/refusal.ts'
import type { FaultLine, NumberFaultLine } from './render-answer.ts'

/** Which parameter says whom a leg is to reach. */
export type PartyParameter = 'extension' | 'source' | 'destination'

export type Parties = Readonly<Record<LegName, PartyParameter>>

/** `source` rings first whatever `reverse` says: it "will be used as the destination for the first call". */
export function partiesOf(hasSource: boolean, reverse: boolean): Parties {
  if (hasSource) return { first: 'source', second: 'destination' }
  return reverse ? { first: 'destination', second: 'extension' } : { first: 'extension', second: 'destination' }
}

/** The line for a party that does not exist, or may not be called. */
export const partyFaults = {
  extension: 'ERR:Invalid extension',
  source: 'ERR:Source not allowed',
  destination: 'ERR:Destination not allowed',
} as const satisfies Readonly<Record<PartyParameter, FaultLine>>

/** What is wrong with a number, behind the line that clients know. */
const numberFaults = {
  'not-a-number': '',
  'too-short': ': too short',
  'too-long': ': too long',
  'no-area-code': ': area code is missing',
  'wrong-prefix': ': wrong prefix for abroad',
  'unknown-country-code': ': unknown country code',
  extension: ': leave out the extension',
} as const satisfies Readonly<Record<NumberFault, string>>

export const describeNumberFault = (party: PartyParameter, fault: NumberFault): NumberFaultLine =>
  `${partyFaults[party]}${numberFaults[fault]}`
