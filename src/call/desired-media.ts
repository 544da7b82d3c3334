import { type LegName, otherLeg } from './call.ts'
import type { CallMachine } from './call-machine.ts'
import { type Source, silence, type ToneSource } from './source.ts'

/** Who hears what, now. Only an answered leg hears anything. */
export const desiredMedia = (call: CallMachine): Readonly<Record<LegName, Source<LegName>>> => ({
  first: heardBy('first', call),
  second: heardBy('second', call),
})

function heardBy(name: LegName, { legs, intent, country }: CallMachine): Source<LegName> {
  const [leg, other] = [legs[name], otherLeg(name)]
  if (leg.phase !== 'answered') return silence
  if (leg.activity !== 'none') return { kind: 'legs', legs: [other] }
  const waits = (intent.kind === 'connect' || intent.kind === 'redirect') && intent.present === name
  if (!waits) return silence
  const ringback: ToneSource = { kind: 'tone', tone: 'ringback', country }
  return legs[other].phase === 'early' ? { kind: 'legs', legs: [other], meanwhile: ringback } : ringback
}
