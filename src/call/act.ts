import { type LegName, otherLeg } from './call.ts'
import type { CallAction } from './call-action.ts'
import { type CallEffect, type CallMachine, type CallStep, isConnected } from './call-machine.ts'
import type { LegMachine } from './leg-machine.ts'

const legNames = ['first', 'second'] as const satisfies readonly LegName[]

/** What was asked for of a call whose parties talk. */
export function act(call: CallMachine, asked: CallAction): CallStep {
  switch (asked.action) {
    case 'hold':
    case 'resume':
      return { next: withParties(call, asked.leg, { isHeld: asked.action === 'hold' }), effects: [] }
    case 'mute':
    case 'unmute':
      return { next: withParties(call, asked.leg, { isMuted: asked.action === 'mute' }), effects: [] }
    case 'send-digits':
      return { next: call, effects: [{ type: 'send-digits', leg: asked.leg, digits: asked.digits }] }
    case 'play':
      return { next: withParties(call, asked.leg, { clip: asked.clip }), effects: [] }
    case 'stop-playing':
      return { next: withParties(call, asked.leg, { clip: undefined }), effects: [] }
  }
}

/** Who is taken out of a conversation is neither on hold any more nor hears a clip; who is muted stays so. */
export const endHolds = (call: CallMachine): CallMachine =>
  withParties(call, 'both', { isHeld: false, clip: undefined })

/** It was asked for, or the other's phone holds the call. */
export const isToHearMusic = ({ legs }: CallMachine, leg: LegName): boolean =>
  legs[leg].isHeld || legs[otherLeg(leg)].isHolding

/** Whether the other party hears it, where nothing else is played to that one. */
export const isToBeHeard = (call: CallMachine, leg: LegName): boolean =>
  !call.legs[leg].isMuted && !isToHearMusic(call, leg)

/** In a conversation, and hears music instead of the other. */
const isOnHold = (call: CallMachine, leg: LegName): boolean => isConnected(call) && isToHearMusic(call, leg)

/** The step with what the log is to hold of it: who is on hold or muted from now on, and who no more. */
export function recordControls(before: CallMachine, step: CallStep): CallStep {
  const { next, effects } = step
  // So it is of most steps of most calls.
  if (!isControlled(before) && !isControlled(next)) return step
  const told = legNames.flatMap((leg) => [...recordHold(leg, before, next), ...recordMute(leg, before, next)])
  return { next, effects: [...effects, ...told] }
}

const isControlled = ({ legs: { first, second } }: CallMachine): boolean => isTouched(first) || isTouched(second)

const isTouched = ({ isHolding, isHeld, isMuted }: LegMachine): boolean => isHolding || isHeld || isMuted

function recordHold(leg: LegName, before: CallMachine, next: CallMachine): readonly CallEffect[] {
  const [was, is] = [isOnHold(before, leg), isOnHold(next, leg)]
  if (was === is || !isThere(next, leg)) return []
  if (!is) return [{ type: 'record', event: { type: 'leg.resumed', leg } }]
  const by = next.legs[leg].isHeld ? {} : { by: otherLeg(leg) }
  return [{ type: 'record', event: { type: 'leg.held', leg, ...by } }]
}

function recordMute(leg: LegName, before: CallMachine, next: CallMachine): readonly CallEffect[] {
  const [was, is] = [before.legs[leg].isMuted, next.legs[leg].isMuted]
  if (was === is || !isThere(next, leg)) return []
  return [{ type: 'record', event: { type: is ? 'leg.muted' : 'leg.unmuted', leg } }]
}

/** Of a leg that goes, its end says all. */
const isThere = ({ legs }: CallMachine, leg: LegName): boolean => legs[leg].phase === 'answered'

const withParties = (
  { legs, ...call }: CallMachine,
  name: LegName | 'both',
  change: Partial<Pick<LegMachine, 'isHeld' | 'isMuted' | 'clip'>>,
): CallMachine => ({
  ...call,
  legs: {
    first: name === 'second' ? legs.first : { ...legs.first, ...change },
    second: name === 'first' ? legs.second : { ...legs.second, ...change },
  },
})
