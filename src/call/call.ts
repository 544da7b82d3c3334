import type { CallRequest } from './call-request.ts'
import type { Destination } from './destination.ts'
import type { EndCause } from './end-cause.ts'

/** One call's states as APIs show them, in the order in which it comes to them; `name-call-state.ts` names them. */
export const callStates = [
  'accepted',
  'scheduled',
  'first-ringing',
  'first-answered',
  'second-ringing',
  'bridged',
  /** One party is sent elsewhere: the other's leg is being hung up, to be dialled anew. */
  'redirecting',
  'ending',
  'ended',
] as const

export type CallState = (typeof callStates)[number]

export type LegName = 'first' | 'second'

export const otherLeg = (leg: LegName): LegName => (leg === 'first' ? 'second' : 'first')

export type LegState = 'idle' | 'dialling' | 'ringing' | 'answered' | 'ended'

/** RTP reception statistics of one leg, from what we received of it and from its RTCP receiver reports (RFC 3550 section 6.4). */
export interface MediaStatistics {
  readonly packetsReceived: number
  readonly packetsSent: number
  /** Packets missing from what the leg sent us. */
  readonly packetsLost: number
  /** Interarrival jitter of what the leg sent us, milliseconds. */
  readonly jitterMilliseconds: number
  /** What the leg's own receiver reports say of our stream to it, if it sent any. */
  readonly remote?: { readonly packetsLost: number; readonly jitterMilliseconds: number }
  readonly codec?: string
}

/** One party or carrier that was dialled for a leg, and what became of it. */
export interface LegAttempt {
  /** When it was dialled, milliseconds since the epoch. */
  readonly at: number
  /** The trunk's name, or else the line's extension. */
  readonly trunk?: string
  readonly line?: string
  /** The SIP URI that was dialled. */
  readonly to: string
  /** The final response, where there was one. */
  readonly sipStatus?: number
  /** For people: the phrase of that response and the texts of its Reason and Warning headers, or why nothing came back. */
  readonly reason?: string
  /** How it ended; absent as long as the party that answered is in the call. */
  readonly cause?: EndCause
}

/** One leg, as history and API show it. Times are milliseconds since the epoch. */
export interface Leg {
  readonly name: LegName
  readonly state: LegState
  readonly destination: Destination
  /** Whom it is dialled to next, as soon as a redirection has hung it up. */
  readonly redirectedTo?: Destination
  /** Who was on this leg before redirections let them go, oldest first; absent where nobody was. */
  readonly released?: readonly Destination[]
  readonly dialledAt?: number
  readonly ringingAt?: number
  readonly answeredAt?: number
  /** Its party is on hold, and hears music. */
  readonly held?: true
  /** Its party is not heard. */
  readonly muted?: true
  readonly endedAt?: number
  readonly endCause?: EndCause
  /** The status with which a carrier refused it, where that is its end cause. */
  readonly endStatus?: number
  /** Everyone that was dialled for it, in the order in which that was known to have ended; absent where nobody was. */
  readonly attempts?: readonly LegAttempt[]
  readonly media?: MediaStatistics
}

/** The projection of a call's events: what `GET /v1/calls/:id` shows. */
export interface Call {
  readonly id: string
  readonly account: string
  readonly request: CallRequest
  readonly state: CallState
  readonly acceptedAt: number
  /** When the first leg is (or was) due, if the call was delayed. */
  readonly dueAt?: number
  readonly bridgedAt?: number
  readonly endedAt?: number
  readonly endCause?: EndCause
  /** The status with which a carrier refused it, where that is its end cause. */
  readonly endStatus?: number
  /** Which leg brought the end about; absent where neither did (a cancel, a crash). */
  readonly endedBy?: LegName
  readonly legs: { readonly first: Leg; readonly second: Leg }
}
