import { type LegName, otherLeg } from './call.ts'
import { type CallEffect, type CallMachine, type CallStep, isConnected } from './call-machine.ts'

const legNames = ['first', 'second'] as const satisfies readonly LegName[]

/** The other's phone holds the call. */
export const isToHearMusic = ({ legs }: CallMachine, leg: LegName): boolean => legs[otherLeg(leg)].isHolding

/** In a conversation, and hears music instead of the other. */
const isOnHold = (call: CallMachine, leg: LegName): boolean => isConnected(call) && isToHearMusic(call, leg)

/** The step with what the log is to hold of it: who is on hold from now on, and who no more. */
export const recordHolds = (before: CallMachine, { next, effects }: CallStep): CallStep => ({
  next,
  effects: [...effects, ...legNames.flatMap((leg) => recordHold(leg, before, next))],
})

function recordHold(leg: LegName, before: CallMachine, next: CallMachine): readonly CallEffect[] {
  const [was, is] = [isOnHold(before, leg), isOnHold(next, leg)]
  if (was === is) return []
  if (is) return [{ type: 'record', event: { type: 'leg.held', leg, by: otherLeg(leg) } }]
  // Of a leg that goes, its end says it.
  return next.legs[leg].phase === 'answered' ? [{ type: 'record', event: { type: 'leg.resumed', leg } }] : []
}
