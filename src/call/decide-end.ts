import type { LegName } from './call.ts'
import type { CallEffect, CallInput, CallMachine, CallStep, Verdict } from './call-machine.ts'
import type { EndCause } from './end-cause.ts'
import { isUp, type LegInput, type LegMachine, stepLeg } from './leg-machine.ts'

type EndingInput = Extract<CallInput, { readonly type: 'end' | 'leg-cannot-hear' | 'leg-ended' }>

const legNames = ['first', 'second'] as const satisfies readonly LegName[]

/** How the call ends, once and for all; brings down every leg that is up. */
export function decideEnd(call: CallMachine, input: EndingInput): CallStep {
  const verdict = verdictOf(call, input)
  const { effects: barred, next } = barAhead(call)
  const disarm: readonly CallEffect[] = call.intent.kind === 'delay' ? [{ type: 'disarm-delay' }] : []
  // With no leg left to hang up, the end follows in the same breath and says it all.
  const isEnding = legNames.some((leg) => isUp(next.legs[leg]))
  const ending: readonly CallEffect[] = isEnding ? [{ type: 'record', event: { type: 'call.ending', ...verdict } }] : []
  const { effects: hungUp, next: leaving } = hangUpAll(next, input, verdict.cause)
  const finished = finishIfGone({ ...leaving, intent: { kind: 'end', ...verdict } })
  return { ...finished, effects: [...disarm, ...barred, ...ending, ...hungUp, ...finished.effects] }
}

/** The last event of a call whose end is decided, as soon as no leg of it is left. */
export function finishIfGone(call: CallMachine): CallStep {
  const { intent, legs } = call
  if (intent.kind !== 'end' || legNames.some((leg) => isUp(legs[leg]))) return { next: call, effects: [] }
  const { kind: _, ...verdict } = intent
  const ended: CallEffect = { type: 'record', event: { type: 'call.ended', ...verdict } }
  return { next: call, effects: call.hasTalked ? [{ type: 'disarm-limit' }, ended] : [ended] }
}

/** The status with which a leg ended, where it says more than the cause. Of any other cause it is known; it stands in the attempts. */
export const statusTold = ({
  cause,
  sipStatus,
}: {
  readonly cause: EndCause
  readonly sipStatus?: number | undefined
}) => (cause === 'carrier-refused' && sipStatus !== undefined ? { sipStatus } : {})

/** The one end cause of the call, from how its first leg to go went. */
function verdictOf({ hasTalked, intent }: CallMachine, input: EndingInput): Verdict {
  switch (input.type) {
    case 'leg-ended': {
      const { leg, cause } = input
      // An answered first party that hangs up while the second still rings has given the call up.
      const isGivenUp = !hasTalked && cause === 'completed' && isPresent(intent, leg)
      if (isGivenUp) return { cause: 'cancelled', endedBy: leg }
      return { cause, ...statusTold(input), endedBy: leg }
    }
    case 'leg-cannot-hear':
      return { cause: 'media-failed' }
    case 'end':
      // Hanging up what both parties had is that call's normal end.
      return { cause: hasTalked && input.cause === 'cancelled' ? 'completed' : input.cause }
  }
}

const isPresent = (intent: CallMachine['intent'], leg: LegName): boolean =>
  'present' in intent && intent.present === leg

/** What was dialled ahead of its time is never rung, though the log may hold it. */
function barAhead(call: CallMachine): CallStep {
  const ahead = legNames.filter((leg) => call.legs[leg].phase === 'ahead')
  const ended = ahead.filter((leg) => call.legs[leg].isRecorded)
  return {
    next: withInput(call, ahead, 'bar'),
    effects: [
      ...ahead.map((leg): CallEffect => ({ type: 'bar', leg })),
      ...ended.map((leg): CallEffect => ({ type: 'record', event: { type: 'leg.ended', leg, cause: 'cancelled' } })),
    ],
  }
}

function hangUpAll(call: CallMachine, input: EndingInput, cause: EndCause): CallStep {
  const staying = legNames.filter((leg) => isUp(call.legs[leg]) && call.legs[leg].phase !== 'leaving')
  return {
    next: withInput(call, staying, 'hang-up'),
    effects: staying.map((leg) => hangUp(leg, call.legs[leg], input, cause)),
  }
}

/**
 * A party that had answered did what was asked of it: where the other one brought the end about, its own leg has completed. It is
 * told all the same why there is no call. One that had not answered has completed nothing.
 */
function hangUp(leg: LegName, { phase }: LegMachine, input: EndingInput, cause: EndCause): CallEffect {
  if (phase !== 'answered') return { type: 'hang-up', leg, cause: cause === 'completed' ? 'cancelled' : cause }
  if (input.type !== 'leg-ended' || cause === 'completed') return { type: 'hang-up', leg, cause }
  return { type: 'hang-up', leg, cause: 'completed', told: cause }
}

/** For what the rules above do to legs: they always take that. */
const withInput = (call: CallMachine, names: readonly LegName[], input: LegInput): CallMachine => ({
  ...call,
  legs: {
    ...call.legs,
    ...Object.fromEntries(names.map((name) => [name, stepLeg(call.legs[name], input)])),
  },
})
