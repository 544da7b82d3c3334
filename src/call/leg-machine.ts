/**
 * How far one leg has come. `ahead`: dialled before its time, nothing of it is on the wire yet. `leaving`: it has been told to go,
 * and is waited for.
 */
export type LegPhase = 'idle' | 'ahead' | 'dialled' | 'ringing' | 'early' | 'answered' | 'leaving' | 'ended'

/** What an answered leg is in: nothing, or a conversation in which it does not hear the other yet (`joining`), or does. */
export type LegActivity = 'none' | 'joining' | 'conversation'

export interface LegMachine {
  readonly phase: LegPhase
  readonly activity: LegActivity
  /** Its phone holds the call: nothing of us is heard there. */
  readonly isHolding: boolean
  /** By request its party hears music, and is not heard. */
  readonly isHeld: boolean
  /** By request its party is not heard. */
  readonly isMuted: boolean
  /** By request its party hears this clip. */
  readonly clip: string | undefined
  /** The log has been handed its record: it has to hold its end, too. */
  readonly isRecorded: boolean
}

/** What the call does to a leg, and what the leg tells. */
export type LegInput =
  | 'dial'
  | 'dial-ahead'
  | 'release'
  | 'bar'
  | 'hang-up'
  | 'recorded'
  | 'answering'
  | 'ringing'
  | 'early-media'
  | 'attempt-ended'
  | 'answered'
  | 'hears'
  | 'cannot-hear'
  /** The clip that it heard is over. */
  | 'played'
  /** Its phone holds the call, and takes it back. */
  | 'held'
  | 'resumed'
  | 'ended'

/** One arrow of a leg's diagram. */
export interface LegEdge {
  readonly from: readonly LegPhase[]
  readonly input: LegInput
  /** Absent where the phase stays as it is. */
  readonly to?: LegPhase
}

/** Somebody is being rung. */
const trying: readonly LegPhase[] = ['dialled', 'ringing', 'early']
/** It was dialled, and has not ended. */
const up: readonly LegPhase[] = [...trying, 'answered', 'leaving']

/** The whole life of a leg as data. The diagram of docs/one-call.md is made from this table; what it lacks is illegal. */
export const legEdges: readonly LegEdge[] = [
  // A leg that has ended is dialled anew, to whom it was forwarded or redirected.
  { from: ['idle', 'ended'], input: 'dial', to: 'dialled' },
  { from: ['idle'], input: 'dial-ahead', to: 'ahead' },
  { from: ['ahead'], input: 'release', to: 'dialled' },
  { from: ['ahead'], input: 'bar', to: 'ended' },
  { from: [...trying, 'answered'], input: 'hang-up', to: 'leaving' },
  { from: ['dialled'], input: 'ringing', to: 'ringing' },
  { from: ['ringing', 'early'], input: 'ringing' },
  { from: trying, input: 'early-media', to: 'early' },
  { from: trying, input: 'answered', to: 'answered' },
  { from: up, input: 'ended', to: 'ended' },
  // Of several that are rung for a leg, each is recorded, and comes to nothing, in its own time.
  { from: ['ahead', 'dialled', 'ringing', 'answered', 'leaving'], input: 'recorded' },
  // Who was heard before answering has come to nothing, and somebody else is dialled.
  { from: ['early'], input: 'recorded', to: 'dialled' },
  { from: up, input: 'attempt-ended' },
  { from: [...trying, 'leaving'], input: 'answering' },
  // What was on its way when the leg was told to go changes nothing any more.
  { from: ['leaving'], input: 'ringing' },
  { from: ['leaving'], input: 'early-media' },
  { from: ['leaving'], input: 'answered' },
  { from: ['answered', 'leaving', 'ended'], input: 'hears' },
  { from: ['answered', 'leaving', 'ended'], input: 'cannot-hear' },
  { from: ['answered', 'leaving', 'ended'], input: 'played' },
  { from: ['answered', 'leaving'], input: 'held' },
  { from: ['answered', 'leaving'], input: 'resumed' },
]

export const idleLeg: LegMachine = {
  phase: 'idle',
  activity: 'none',
  isHolding: false,
  isHeld: false,
  isMuted: false,
  clip: undefined,
  isRecorded: false,
}

export const isUp = ({ phase }: LegMachine): boolean => up.includes(phase)

export const isBeingRung = ({ phase }: LegMachine): boolean => trying.includes(phase)

/** By phase, then by input: a call asks a score of times, and a key made of both would be made anew each time. */
const edgeIndex = new Map<LegPhase, ReadonlyMap<LegInput, LegEdge>>(
  legEdges
    .flatMap(({ from }) => from)
    .map((phase) => [
      phase,
      new Map(legEdges.filter(({ from }) => from.includes(phase)).map((edge) => [edge.input, edge])),
    ]),
)

/** What the leg becomes; undefined where it does not take this input now. Pure. */
export function stepLeg(leg: LegMachine, input: LegInput): LegMachine | undefined {
  const edge = edgeIndex.get(leg.phase)?.get(input)
  if (edge === undefined) return undefined
  const phase = edge.to ?? leg.phase
  if (input === 'dial' || input === 'dial-ahead') return { ...idleLeg, phase }
  const isRecorded = leg.isRecorded || input === 'recorded'
  // What an answered leg is in, it leaves behind.
  const within = phase === 'answered' ? whileAnswered(leg, input) : idleLeg
  const isSame = phase === leg.phase && isRecorded === leg.isRecorded && (phase !== 'answered' || within === leg)
  return isSame ? leg : { ...within, phase, isRecorded }
}

function whileAnswered(leg: LegMachine, input: LegInput): LegMachine {
  switch (input) {
    case 'hears':
      return leg.activity === 'joining' ? { ...leg, activity: 'conversation' } : leg
    case 'cannot-hear':
      // Who cannot hear the music of a hold is in the conversation all the same.
      return { ...leg, activity: leg.activity === 'joining' ? 'conversation' : leg.activity, clip: undefined }
    case 'played':
      return { ...leg, clip: undefined }
    case 'held':
    case 'resumed':
      return { ...leg, isHolding: input === 'held' }
    default:
      return leg
  }
}
