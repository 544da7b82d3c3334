import type { LegName } from '../../call/call.ts'
import type { Refusal, RefusalCode } from '../../call/refusal.ts'
import { describeNumberFault, type Parties, partyFaults } from './parties.ts'
import type { FaultLine } from './render-answer.ts'

/** The refusals that are about no party's number. */
const lines: Readonly<Partial<Record<RefusalCode, FaultLine>>> = {
  unavailable: 'ERR:Extension not registered',
  'nobody-free': 'ERR:Destination busy',
  'limit-exceeded': 'ERR:Too many requests',
  'shutting-down': 'ERR:Service unavailable',
}

/** Why no call was placed; everything else is the fault of the party that the refusal points at. */
export function mapRefusal({ code, pointer, numberFault }: Refusal, parties: Parties): FaultLine {
  const leg = /^\/(first|second)\b/.exec(pointer ?? '')?.[1] as LegName | undefined
  const line = lines[code]
  if (line !== undefined) return line
  if (leg === undefined) return 'ERR:Call failed'
  return numberFault === undefined ? partyFaults[parties[leg]] : describeNumberFault(parties[leg], numberFault)
}
