import type { Session } from '../../sip/user-agent/session.ts'
import type { AnsweredLeg } from './answered-leg.ts'
import type { Attempt } from './leg-attempts.ts'
import type { LegHearing } from './leg-hearing.ts'
import type { LegMedia } from './leg-media.ts'
import type { LegVerdict } from './map-sip-status.ts'

/** A leg's end of the media: what is agreed about it, and what it hears. */
export interface LegSound {
  readonly media: LegMedia
  readonly hearing: LegHearing
}

/** It is being found out whom to dial, and a media port is being waited for. */
export interface Preparing {
  readonly phase: 'preparing'
}

export interface Dialling extends LegSound {
  readonly phase: 'dialling'
  readonly hasRung: boolean
}

/** Somebody has answered, and it is being written down. `winner` is the attempt that the session comes of. */
export interface Answering extends LegSound {
  readonly phase: 'answering'
  readonly winner: Attempt
}

export interface Answered extends LegSound {
  readonly phase: 'answered'
  readonly winner: Attempt
  readonly session: Session
  /** What is looked after meanwhile. */
  readonly care: AnsweredLeg
}

/** How it ends is settled: what is up is being brought down. */
export interface Ending {
  readonly phase: 'ending'
  readonly before: Preparing | Dialling | Answering | Answered
  readonly verdict: LegVerdict
  /** What a party that is hung up is told of it, as a Reason header. */
  readonly told: string
  /** Somebody had answered, and the answer was confirmed: only then the media say something about the call. */
  readonly wasUp: boolean
}

/** What one leg has come to, with all that it has then. */
export type LegState = Preparing | Dialling | Answering | Answered | Ending | { readonly phase: 'ended' }

/** The leg's end of the media, from when it has a port until nothing is left of it. */
export function soundOf(state: LegState): LegSound | undefined {
  if (state.phase === 'ending') return soundOf(state.before)
  return state.phase === 'preparing' || state.phase === 'ended' ? undefined : state
}

/** Who has answered, as long as anything is left of the leg. */
export function winnerOf(state: LegState): Attempt | undefined {
  if (state.phase === 'ending') return winnerOf(state.before)
  return state.phase === 'answering' || state.phase === 'answered' ? state.winner : undefined
}
