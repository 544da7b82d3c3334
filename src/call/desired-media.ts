import { isToBeHeard, isToHearMusic } from './act.ts'
import { type LegName, otherLeg } from './call.ts'
import type { CallMachine } from './call-machine.ts'
import { type Source, silence, type ToneSource } from './source.ts'

/** What each leg is to hear; undefined for one that is not answered, or is on its way out: it is told nothing. */
export type DesiredMedia = Readonly<Record<LegName, Source<LegName> | undefined>>

/** Who hears what, now. */
export const desiredMedia = (call: CallMachine): DesiredMedia => ({
  first: heardBy('first', call),
  second: heardBy('second', call),
})

function heardBy(name: LegName, call: CallMachine): Source<LegName> | undefined {
  const { legs, intent, country, account } = call
  const [leg, other] = [legs[name], otherLeg(name)]
  if (leg.phase !== 'answered') return undefined
  if (leg.clip !== undefined) return { kind: 'clip', account, clips: [leg.clip] }
  if (leg.activity !== 'none') {
    if (isToHearMusic(call, name)) return { kind: 'music', account }
    return isToBeHeard(call, other) ? { kind: 'legs', legs: [other] } : silence
  }
  const waits = (intent.kind === 'connect' || intent.kind === 'redirect') && intent.present === name
  if (!waits) return silence
  const ringback: ToneSource = { kind: 'tone', tone: 'ringback', country }
  return legs[other].phase === 'early' ? { kind: 'legs', legs: [other], meanwhile: ringback } : ringback
}
