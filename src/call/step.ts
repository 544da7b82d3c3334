import { act, endHolds, recordControls } from './act.ts'
import type { LegName } from './call.ts'
import {
  type CallEffect,
  type CallInput,
  type CallMachine,
  type CallStep,
  isConnected,
  partiesOf,
  stateOf,
} from './call-machine.ts'
import { decideEnd, finishIfGone, statusTold } from './decide-end.ts'
import { desiredMedia } from './desired-media.ts'
import { isBeingRung, type LegInput, type LegMachine, stepLeg } from './leg-machine.ts'

/** An input that the call does not take now. */
export class IllegalInputError extends Error {
  override readonly name = 'IllegalInputError'

  constructor(call: CallMachine, { type }: CallInput) {
    super(`A call that is ${stateOf(call)} cannot take "${type}"`)
  }
}

/** Pure: what the call becomes and what is to be done about it. Throws {@link IllegalInputError} where it does not take the input. */
export const step = (call: CallMachine, input: CallInput): CallStep => recordControls(call, take(call, input))

function take(call: CallMachine, input: CallInput): CallStep {
  switch (input.type) {
    case 'schedule':
      if (call.intent.kind !== 'place') throw new IllegalInputError(call, input)
      return { next: { ...call, intent: { kind: 'delay' } }, effects: [{ type: 'arm-delay' }] }
    case 'start':
      if (call.intent.kind !== 'place' && call.intent.kind !== 'delay') throw new IllegalInputError(call, input)
      return dial({ ...call, intent: { kind: 'connect', ...partiesOf('first') } }, 'first')
    case 'redirect':
      return redirect(call, input)
    case 'act':
      if (!mayAct(call)) throw new IllegalInputError(call, input)
      return act(call, input.action)
    case 'end':
      return call.intent.kind === 'end' ? stay(call) : decideEnd(call, input)
    default:
      return stepWithLeg(call, input)
  }
}

/** Both are connected, so that one can be sent elsewhere. */
export const mayRedirect = isConnected

/** Both are connected, be it that one is on hold. */
export const mayAct = isConnected

/** Somebody else may be rung in the place of this leg's party: it has not answered, and the call goes on. */
export const mayForward = ({ legs, intent }: CallMachine, leg: LegName): boolean =>
  intent.kind !== 'end' && isBeingRung(legs[leg])

type LegHappening = Extract<CallInput, { readonly type: `leg-${string}` }>

function stepWithLeg(before: CallMachine, input: LegHappening): CallStep {
  const { leg } = input
  const changed = stepLeg(before.legs[leg], input.type.slice('leg-'.length) as LegInput)
  if (changed === undefined) throw new IllegalInputError(before, input)
  const call = withLeg(before, leg, changed)
  switch (input.type) {
    case 'leg-recorded':
    case 'leg-early-media':
    case 'leg-played':
    case 'leg-held':
    case 'leg-resumed':
      return stay(call)
    case 'leg-ringing':
      return { next: call, effects: [{ type: 'record', event: { type: 'leg.ringing', leg } }] }
    case 'leg-attempt-ended':
      return {
        next: call,
        effects: [{ type: 'record', event: { ...input, type: 'leg.attempt-ended' } }],
      }
    case 'leg-answering':
      return dialAhead(call, leg)
    case 'leg-answered':
      return legAnswered(call, leg)
    case 'leg-hears':
      return legHears(before, call)
    case 'leg-cannot-hear':
      return isToHearOther(before, leg) ? decideEnd(call, input) : legHears(before, call)
    case 'leg-ended':
      return legEnded(before, call, input)
  }
}

/** In a conversation: a tone, a clip or music that cannot be heard, or early media, is no reason to end a call. */
const isToHearOther = (call: CallMachine, leg: LegName): boolean =>
  call.legs[leg].activity !== 'none' && desiredMedia(call)[leg]?.kind === 'legs'

/** The wanted party's record goes with the answer of the one who is there: one commit for both. */
function dialAhead(call: CallMachine, leg: LegName): CallStep {
  const { intent, legs } = call
  if (intent.kind !== 'connect' || intent.present !== leg || legs[intent.wanted].phase !== 'idle') return stay(call)
  return {
    next: withLegInput(call, intent.wanted, 'dial-ahead'),
    effects: [{ type: 'dial-ahead', leg: intent.wanted }],
  }
}

function legAnswered(call: CallMachine, leg: LegName): CallStep {
  const { intent, legs } = call
  if (intent.kind !== 'connect' || legs[leg].phase !== 'answered') return stay(call)
  if (leg === intent.wanted) return stay(joining(call))
  if (legs[intent.wanted].phase !== 'ahead') return dial(call, intent.wanted)
  return {
    next: withLegInput(call, intent.wanted, 'release'),
    effects: [{ type: 'release', leg: intent.wanted }],
  }
}

/** Both are to hear each other. */
const joining = (call: CallMachine): CallMachine => withActivity(call, 'joining')

function legHears(before: CallMachine, call: CallMachine): CallStep {
  if (!isConnected(call) || isConnected(before)) return stay(call)
  const limit: readonly CallEffect[] = call.hasTalked ? [] : [{ type: 'arm-limit' }]
  return {
    next: { ...call, hasTalked: true },
    effects: [{ type: 'record', event: { type: 'call.bridged' } }, ...limit],
  }
}

function legEnded(before: CallMachine, call: CallMachine, input: Extract<CallInput, { type: 'leg-ended' }>): CallStep {
  const { leg, forward, ...end } = input
  if (forward !== undefined && mayForward(before, leg)) {
    const forwarded: CallEffect = { type: 'record', event: { type: 'leg.forwarded', leg, destination: forward } }
    return after([forwarded], dial(call, leg))
  }
  const { sipStatus: _, ...told } = end
  const ended: CallEffect = { type: 'record', event: { ...told, ...statusTold(end), type: 'leg.ended', leg } }
  const { intent } = call
  if (intent.kind === 'end') return after([ended], finishIfGone(call))
  if (intent.kind === 'redirect' && intent.wanted === leg) {
    return after([ended], dial({ ...call, intent: { ...intent, kind: 'connect' } }, leg))
  }
  return after([ended], decideEnd(call, input))
}

function redirect(call: CallMachine, input: Extract<CallInput, { type: 'redirect' }>): CallStep {
  if (!mayRedirect(call)) throw new IllegalInputError(call, input)
  const { stays, destination } = input
  const parties = partiesOf(stays)
  const parted = endHolds(withActivity({ ...call, intent: { kind: 'redirect', ...parties } }, 'none'))
  return {
    next: withLegInput(parted, parties.wanted, 'hang-up'),
    effects: [
      { type: 'record', event: { type: 'call.redirected', leg: parties.wanted, destination } },
      { type: 'hang-up', leg: parties.wanted, cause: 'completed' },
    ],
  }
}

const dial = (call: CallMachine, leg: LegName): CallStep => ({
  next: withLegInput(call, leg, 'dial'),
  effects: [{ type: 'dial', leg }],
})

const stay = (next: CallMachine): CallStep => ({ next, effects: [] })

const after = (effects: readonly CallEffect[], { next, effects: others }: CallStep): CallStep => ({
  next,
  effects: [...effects, ...others],
})

const withLeg = (call: CallMachine, name: LegName, leg: LegMachine): CallMachine => ({
  ...call,
  legs: { ...call.legs, [name]: leg },
})

/** For what the rules above do to a leg: it always takes that. */
const withLegInput = (call: CallMachine, name: LegName, input: LegInput): CallMachine =>
  withLeg(call, name, stepLeg(call.legs[name], input) as LegMachine)

const withActivity = ({ legs, ...call }: CallMachine, activity: LegMachine['activity']): CallMachine => ({
  ...call,
  legs: { first: { ...legs.first, activity }, second: { ...legs.second, activity } },
})
