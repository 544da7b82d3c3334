import type { EndCause } from '../../call/end-cause.ts'
import { type PartyParameter, partyFaults } from './parties.ts'
import type { FaultLine } from './render-answer.ts'

const lines: Readonly<Record<EndCause, FaultLine | 'not-allowed'>> = {
  busy: 'ERR:Extension busy',
  rejected: 'ERR:Extension rejected the call',
  'screened-out': 'ERR:Extension rejected the call',
  'no-answer': 'ERR:No answer',
  cancelled: 'ERR:No answer',
  unavailable: 'ERR:Extension not registered',
  'invalid-number': 'not-allowed',
  barred: 'not-allowed',
  'credit-exhausted': 'not-allowed',
  congestion: 'ERR:Call failed',
  'carrier-refused': 'ERR:Call failed',
  'media-failed': 'ERR:Call failed',
  interrupted: 'ERR:Call failed',
  failed: 'ERR:Call failed',
  // Of a first party that never answered: nothing says this.
  completed: 'ERR:Call failed',
}

/** Why the first party did not answer, for a client that waits for it. */
export function mapEndCause(cause: EndCause, firstParty: PartyParameter): FaultLine {
  const line = lines[cause]
  return line === 'not-allowed' ? partyFaults[firstParty] : line
}
