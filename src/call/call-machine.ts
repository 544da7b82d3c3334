import { type CallState, type LegName, otherLeg } from './call.ts'
import type { CallAction } from './call-action.ts'
import type { CallEvent, CallEventDetail } from './call-event.ts'
import type { Destination } from './destination.ts'
import type { EndCause } from './end-cause.ts'
import { idleLeg, type LegMachine, type LegPhase } from './leg-machine.ts'
import { nameCallState } from './name-call-state.ts'

/** The one end of a call. `sipStatus` is the status with which a carrier refused it, where that is the cause. */
export interface Verdict {
  readonly cause: EndCause
  readonly sipStatus?: number
  readonly endedBy?: LegName
}

/** What is to become of the call. `present` is the party that is there first, `wanted` the one who is brought to it. */
export type Intent =
  /** It was accepted, and nobody has been dialled. */
  | { readonly kind: 'place' }
  /** It is placed when its time has come. */
  | { readonly kind: 'delay' }
  | { readonly kind: 'connect'; readonly present: LegName; readonly wanted: LegName }
  /** The wanted party is let go, and its leg dialled anew as soon as it has gone. */
  | { readonly kind: 'redirect'; readonly present: LegName; readonly wanted: LegName }
  /** Every leg is on its way out. */
  | ({ readonly kind: 'end' } & Verdict)

/** A call: its legs, and what is to become of them. */
export interface CallMachine {
  readonly legs: Readonly<Record<LegName, LegMachine>>
  readonly intent: Intent
  /** The two have been connected: however it goes on, they had their call. */
  readonly hasTalked: boolean
  /** ISO 3166: whose tones are heard. */
  readonly country: string
  /** Whose music and clips are heard. */
  readonly account: string
}

export const newCallMachine = ({ country, account }: Pick<CallMachine, 'country' | 'account'>): CallMachine => ({
  legs: { first: idleLeg, second: idleLeg },
  intent: { kind: 'place' },
  hasTalked: false,
  country,
  account,
})

/** What can happen to a call. */
export type CallInput =
  | { readonly type: 'schedule' }
  | { readonly type: 'start' }
  /** The party of leg `stays` keeps the call, the other leg goes to `destination`. Only of a call whose parties talk. */
  | { readonly type: 'redirect'; readonly stays: LegName; readonly destination: Destination }
  /** Only of a call whose parties talk. */
  | { readonly type: 'act'; readonly action: CallAction }
  | { readonly type: 'end'; readonly cause: EndCause }
  /** The log has been handed who is dialled for the leg. */
  | { readonly type: 'leg-recorded'; readonly leg: LegName }
  | { readonly type: 'leg-ringing'; readonly leg: LegName }
  | { readonly type: 'leg-early-media'; readonly leg: LegName }
  | ({ readonly type: 'leg-attempt-ended' } & DetailOf<'leg.attempt-ended'>)
  /** The log has been handed that somebody has answered; they are not told yet. */
  | { readonly type: 'leg-answering'; readonly leg: LegName }
  | { readonly type: 'leg-answered'; readonly leg: LegName }
  /** The leg hears what it was last made to hear, or never will. */
  | { readonly type: 'leg-hears'; readonly leg: LegName }
  | { readonly type: 'leg-cannot-hear'; readonly leg: LegName }
  /** The clip that the leg heard is over. */
  | { readonly type: 'leg-played'; readonly leg: LegName }
  /** The leg's phone holds the call, and takes it back. */
  | { readonly type: 'leg-held'; readonly leg: LegName }
  | { readonly type: 'leg-resumed'; readonly leg: LegName }
  /** `forward` is who is rung in the party's place, where somebody may be: then the leg goes on. */
  | ({ readonly type: 'leg-ended'; readonly forward?: Destination } & DetailOf<'leg.ended'>)

type DetailOf<Type extends CallEvent['type']> = Omit<
  Extract<CallEvent, { readonly type: Type }>,
  'type' | 'callId' | 'at'
>

/** What the shell (`orchestrator/live-call.ts`) has to carry out, in this order. What each leg hears is derived: `desired-media.ts`. */
export type CallEffect =
  | { readonly type: 'arm-delay' }
  | { readonly type: 'disarm-delay' }
  | { readonly type: 'dial'; readonly leg: LegName }
  /** Its record is written behind the answer of the other leg, into the same commit; nothing of it leaves until `release`. */
  | { readonly type: 'dial-ahead'; readonly leg: LegName }
  | { readonly type: 'release'; readonly leg: LegName }
  /** Nothing of it ever leaves. */
  | { readonly type: 'bar'; readonly leg: LegName }
  /** From now on the two may talk so long, and no longer. */
  | { readonly type: 'arm-limit' }
  | { readonly type: 'disarm-limit' }
  /** The leg ends as `cause`; its party is told `told`, where that is another: why the call ended. */
  | { readonly type: 'hang-up'; readonly leg: LegName; readonly cause: EndCause; readonly told?: EndCause }
  | { readonly type: 'send-digits'; readonly leg: LegName; readonly digits: string }
  | { readonly type: 'record'; readonly event: CallEventDetail }

export interface CallStep {
  readonly next: CallMachine
  readonly effects: readonly CallEffect[]
}

/** Each of the two hears the other. */
export const isConnected = ({ legs, intent }: CallMachine): boolean =>
  intent.kind === 'connect' && legs.first.activity === 'conversation' && legs.second.activity === 'conversation'

const notDialled: readonly LegPhase[] = ['idle', 'ahead']

/** The name under which APIs show such a call. */
export function stateOf(call: CallMachine): CallState {
  const { legs, intent } = call
  const phases = [legs.first.phase, legs.second.phase]
  return nameCallState({
    isScheduled: intent.kind === 'delay',
    dialled: phases.filter((phase) => !notDialled.includes(phase)).length,
    answered: phases.filter((phase) => phase === 'answered').length,
    isConnected: isConnected(call),
    isRedirecting: intent.kind === 'redirect',
    isDecided: intent.kind === 'end',
    isOver: intent.kind === 'end' && phases.every((phase) => phase === 'idle' || phase === 'ended'),
  })
}

/** The machine for a log: nothing in it names a party or holds a secret. */
export const describeMachine = ({ legs, intent, hasTalked }: CallMachine) => ({
  state: { intent, hasTalked, first: legs.first, second: legs.second },
})

export const partiesOf = (present: LegName) => ({ present, wanted: otherLeg(present) })
