import type { CallState, LegName } from './call.ts'
import type { EndCause } from './end-cause.ts'

/**
 * What can happen to a call, as the machine sees it. `first` is the party that was there before, `second` the one who is brought
 * to it; after a redirect the shell may have exchanged which leg is which.
 */
export type CallInput =
  | { readonly type: 'schedule' }
  | { readonly type: 'start' }
  | { readonly type: 'first-answered' }
  | { readonly type: 'second-dialled' }
  | { readonly type: 'second-early-media' }
  | { readonly type: 'second-answered' }
  | { readonly type: 'media-joined' }
  | { readonly type: 'media-refused'; readonly cause: EndCause }
  | { readonly type: 'redirect' }
  /** `sipStatus` is a carrier's, where it refused the leg. */
  | { readonly type: 'first-ended'; readonly cause: EndCause; readonly sipStatus?: number }
  | { readonly type: 'second-ended'; readonly cause: EndCause; readonly sipStatus?: number }
  | { readonly type: 'end'; readonly cause: EndCause }

export type CallInputType = CallInput['type']

/** What the shell (`orchestrator/live-call.ts`) has to carry out, in this order. */
export type CallEffect =
  | { readonly type: 'arm-delay' }
  | { readonly type: 'disarm-delay' }
  | { readonly type: 'dial'; readonly leg: LegName }
  | { readonly type: 'play-ringback' }
  | { readonly type: 'hear-second' }
  | { readonly type: 'join-media' }
  | { readonly type: 'announce-bridged' }
  | { readonly type: 'announce-redirected' }
  | { readonly type: 'announce-ending' }
  /** The leg ends as `cause`; its party is told `told`, where that is another: why the call ended. */
  | { readonly type: 'hang-up'; readonly leg: LegName; readonly cause: EndCause; readonly told?: EndCause }
  | { readonly type: 'finish' }

/** One arrow of the diagram. `ending` turns into `ended` by itself as soon as no leg is up. */
export interface CallEdge {
  readonly from: readonly CallState[]
  readonly input: CallInputType
  readonly to: CallState
  readonly effects: readonly CallEffect[]
}

/** The whole life of a call as data. The diagrams of docs/one-call.md are made from this table; what it lacks is illegal. */
export const callEdges: readonly CallEdge[] = [
  { from: ['accepted'], input: 'schedule', to: 'scheduled', effects: [{ type: 'arm-delay' }] },
  { from: ['accepted', 'scheduled'], input: 'start', to: 'first-ringing', effects: [{ type: 'dial', leg: 'first' }] },
  {
    from: ['first-ringing'],
    input: 'first-answered',
    to: 'first-answered',
    effects: [{ type: 'play-ringback' }, { type: 'dial', leg: 'second' }],
  },
  { from: ['first-answered'], input: 'second-dialled', to: 'second-ringing', effects: [] },
  { from: ['second-ringing'], input: 'second-dialled', to: 'second-ringing', effects: [] },
  // Another member of a queue had picked up in the same moment, and was written down after the one who has the call.
  { from: ['bridged'], input: 'second-dialled', to: 'bridged', effects: [] },
  { from: ['second-ringing'], input: 'second-early-media', to: 'second-ringing', effects: [{ type: 'hear-second' }] },
  { from: ['second-ringing'], input: 'second-answered', to: 'second-ringing', effects: [{ type: 'join-media' }] },
  { from: ['second-ringing'], input: 'media-joined', to: 'bridged', effects: [{ type: 'announce-bridged' }] },
  { from: ['second-ringing'], input: 'media-refused', to: 'ending', effects: [{ type: 'announce-ending' }] },
  {
    from: ['bridged'],
    input: 'redirect',
    to: 'redirecting',
    effects: [
      { type: 'announce-redirected' },
      { type: 'play-ringback' },
      { type: 'hang-up', leg: 'second', cause: 'completed' },
    ],
  },
  { from: ['redirecting'], input: 'second-ended', to: 'first-answered', effects: [{ type: 'dial', leg: 'second' }] },
  {
    from: ['first-ringing', 'first-answered', 'second-ringing', 'bridged', 'redirecting'],
    input: 'first-ended',
    to: 'ending',
    effects: [{ type: 'announce-ending' }],
  },
  {
    from: ['first-answered', 'second-ringing', 'bridged'],
    input: 'second-ended',
    to: 'ending',
    effects: [{ type: 'announce-ending' }],
  },
  { from: ['scheduled'], input: 'end', to: 'ending', effects: [{ type: 'disarm-delay' }, { type: 'announce-ending' }] },
  {
    from: ['accepted', 'first-ringing', 'first-answered', 'second-ringing', 'bridged', 'redirecting'],
    input: 'end',
    to: 'ending',
    effects: [{ type: 'announce-ending' }],
  },
  // The end is decided; what was already on its way when that happened changes nothing any more.
  { from: ['ending'], input: 'first-ended', to: 'ending', effects: [] },
  { from: ['ending'], input: 'second-ended', to: 'ending', effects: [] },
  { from: ['ending'], input: 'end', to: 'ending', effects: [] },
  { from: ['ending'], input: 'first-answered', to: 'ending', effects: [] },
  { from: ['ending'], input: 'second-dialled', to: 'ending', effects: [] },
  { from: ['ending'], input: 'second-early-media', to: 'ending', effects: [] },
  { from: ['ending'], input: 'second-answered', to: 'ending', effects: [] },
  { from: ['ending'], input: 'media-joined', to: 'ending', effects: [] },
  { from: ['ending'], input: 'media-refused', to: 'ending', effects: [] },
  // A cancel may reach a call in the moment after its end; a join that takes its time may outlast both legs.
  { from: ['ended'], input: 'end', to: 'ended', effects: [] },
  { from: ['ended'], input: 'media-joined', to: 'ended', effects: [] },
  { from: ['ended'], input: 'media-refused', to: 'ended', effects: [] },
]

/** The machine's memory between two inputs. */
export interface CallMachine {
  readonly state: CallState
  /** Legs that were dialled and have not ended: the call cannot end before they have. */
  readonly up: readonly LegName[]
  /** The two have been connected: however it goes on, they had their call. */
  readonly talked?: true
  readonly cause?: EndCause
  readonly sipStatus?: number
  readonly endedBy?: LegName
}

export interface CallStep {
  readonly next: CallMachine
  readonly effects: readonly CallEffect[]
}

export const newCallMachine: CallMachine = { state: 'accepted', up: [] }

export class IllegalEdgeError extends Error {
  readonly state: CallState
  readonly input: CallInputType

  constructor(state: CallState, input: CallInputType) {
    super(`A call that is ${state} cannot take "${input}"`)
    this.name = 'IllegalEdgeError'
    this.state = state
    this.input = input
  }
}

const edgeIndex = new Map<string, CallEdge>(
  callEdges.flatMap((edge) => edge.from.map((from) => [`${from} ${edge.input}`, edge] as const)),
)

/** Pure: what the call becomes and what is to be done about it. Throws {@link IllegalEdgeError} on an edge the table lacks. */
export function step(machine: CallMachine, input: CallInput): CallStep {
  const edge = edgeIndex.get(`${machine.state} ${input.type}`)
  if (edge === undefined) throw new IllegalEdgeError(machine.state, input.type)
  const up = legsUpAfter(machine.up, input, edge.effects)
  if (edge.to === 'bridged') return { next: { ...machine, state: 'bridged', up, talked: true }, effects: edge.effects }
  if (edge.to !== 'ending') return { next: { ...machine, state: edge.to, up }, effects: edge.effects }
  return endStep(machine, input, up, edge.effects)
}

function legsUpAfter(up: readonly LegName[], input: CallInput, effects: readonly CallEffect[]): readonly LegName[] {
  const gone = input.type === 'first-ended' ? 'first' : input.type === 'second-ended' ? 'second' : undefined
  const dialled = effects.flatMap((effect) => (effect.type === 'dial' ? [effect.leg] : []))
  if (gone === undefined && dialled.length === 0) return up
  return [...up.filter((leg) => leg !== gone), ...dialled]
}

function endStep(
  machine: CallMachine,
  input: CallInput,
  up: readonly LegName[],
  edgeEffects: readonly CallEffect[],
): CallStep {
  const decided = machine.cause === undefined
  const verdict = machine.cause === undefined ? decideEnd(machine, input) : { ...machine, cause: machine.cause }
  const hangUps = decided ? up.map((leg) => hangUp(leg, machine, input, verdict.cause)) : []
  const finished = up.length === 0
  return {
    next: {
      state: finished ? 'ended' : 'ending',
      up,
      cause: verdict.cause,
      ...(verdict.sipStatus === undefined ? {} : { sipStatus: verdict.sipStatus }),
      ...(verdict.endedBy === undefined ? {} : { endedBy: verdict.endedBy }),
    },
    effects: [...edgeEffects, ...hangUps, ...(finished ? [{ type: 'finish' } as const] : [])],
  }
}

interface Verdict {
  readonly cause: EndCause
  readonly sipStatus?: number
  readonly endedBy?: LegName
}

/**
 * A party that had answered did what was asked of it: where the other one brought the end about, its own leg has completed. It is
 * told all the same why there is no call.
 */
function hangUp(leg: LegName, { talked }: CallMachine, input: CallInput, cause: EndCause): CallEffect {
  const wasAnswered = leg === 'first' ? input.type === 'second-ended' : input.type === 'first-ended' && talked === true
  if (!wasAnswered || cause === 'completed') return { type: 'hang-up', leg, cause }
  return { type: 'hang-up', leg, cause: 'completed', told: cause }
}

/** The one end cause of the call, from how its first leg to go went. */
function decideEnd({ state, talked }: CallMachine, input: CallInput): Verdict {
  switch (input.type) {
    case 'first-ended':
      // An answered first party that hangs up while the second still rings has given the call up.
      if (!talked && input.cause === 'completed') return { cause: 'cancelled', endedBy: 'first' }
      return { cause: input.cause, ...statusOf(input), endedBy: 'first' }
    case 'second-ended':
      return { cause: input.cause, ...statusOf(input), endedBy: 'second' }
    case 'end':
      // Hanging up what both parties had is that call's normal end.
      return { cause: talked && input.cause === 'cancelled' ? 'completed' : input.cause }
    case 'media-refused':
      return { cause: input.cause }
    default:
      throw new IllegalEdgeError(state, input.type)
  }
}

const statusOf = ({ sipStatus }: { readonly sipStatus?: number }): Pick<Verdict, 'sipStatus'> =>
  sipStatus === undefined ? {} : { sipStatus }
