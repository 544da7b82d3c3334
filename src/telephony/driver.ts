import type { LegAttempt, LegName, MediaStatistics } from '../call/call.ts'
import type { LegRecovery } from '../call/call-event.ts'
import type { CallerId } from '../call/call-request.ts'
import type { EndCause } from '../call/end-cause.ts'

/** What a driver may be able to do beyond dialling, bridging and hanging up. What is asked for and not declared is refused up front. */
export type DriverCapability =
  | 'play'
  | 'collect-digits'
  /** {@link LegServices.recordGroup}. */
  | 'record'
  /** {@link LegServices.screen}. */
  | 'screen'
  /** {@link LegServices.warnBeforeCutOff}. */
  | 'warn'
  | 'hold'
  | 'redirect'
  | 'early-media'
  | 'auto-answer'

/** A line, as the directory knows it. */
export interface LineAddress {
  readonly account: string
  /** The short extension. */
  readonly number: string
}

/** A trunk, as the directory knows it. */
export interface TrunkAddress {
  readonly name: string
  /** SIP URI of the carrier: `sip:host:port` with optional `;transport=tcp`. */
  readonly address: string
  readonly username?: string
  readonly password?: string
  /** The number in this carrier's format (`0412345678`, `+61412345678`); the destination's own `number` if absent. */
  readonly dialString?: string
}

/** Where a leg goes, resolved: every phone of a line, or a number through trunks in order of priority. */
export type LegDestination =
  | { readonly kind: 'line'; readonly line: LineAddress }
  | { readonly kind: 'trunk'; readonly number: string; readonly trunks: readonly TrunkAddress[] }

/** What a leg gets beyond being rung and connected. Nothing is asked for here that the driver does not declare. */
export interface LegServices {
  /**
   * The party hears who is calling and accepts by a digit. The leg is `answered` when they have; it ends as `screened-out` where
   * they refuse, or do nothing.
   */
  readonly screen?: true
  /** The party hears a tone before the account's credit cuts the call off. */
  readonly warnBeforeCutOff?: true
  /** From the bridge on the call is recorded into this record group of its account, by the group's id; both legs name the same. */
  readonly recordGroup?: number
}

export interface DialRequest extends LegServices {
  readonly callId: string
  readonly leg: LegName
  readonly destination: LegDestination
  readonly callerId: CallerId
  readonly autoAnswer: boolean
  /** A web page about the call, absolute and encoded, for the screen of a line's phone; no carrier is told of it. */
  readonly link?: string
  /** Somebody else may be rung in the place of this line: then a phone that names somebody ends the leg, and says whom. */
  readonly mayBeForwarded?: true
  /** After so many seconds without an answer the leg ends as `no-answer`. */
  readonly ringSeconds: number
  /** The leg that is already up, if any: its codec is offered first, and it hears this leg's early media. */
  readonly partner?: LegHandle
  /**
   * Called with what it takes to end the leg after a crash, once before the first packet leaves, and once more when the leg is
   * answered, before the answer is confirmed to the phone. The driver waits for it: nothing is on the wire that the log does
   * not hold. A rejection ends the leg as `failed`. `attempt` is who is dialled, where it is one alone, or who has answered.
   */
  readonly journal: (moment: 'dialled' | 'answered', recovery: LegRecovery, attempt?: LegAttempt) => Promise<void>
}

export type LegEvent =
  | { readonly type: 'ringing' }
  /** Early media of this leg is arriving (183 with SDP and packets, or an inband tone). */
  | { readonly type: 'early-media' }
  | { readonly type: 'answered' }
  /** One of those that were dialled for this leg has come to nothing; before `ended`, once for each but the one that answered. */
  | { readonly type: 'attempt-ended'; readonly attempt: LegAttempt }
  | { readonly type: 'dtmf'; readonly digit: string; readonly milliseconds: number }
  /** The last event of a leg, exactly once, whatever happened. */
  | {
      readonly type: 'ended'
      readonly cause: EndCause
      readonly sipStatus?: number
      readonly media?: MediaStatistics
      /** What a phone of the line wants to be dialled in its place, as its owner would dial it; nobody has answered. */
      readonly forwardTo?: string
    }

/** What a leg can be made to hear. */
export type Tone = { readonly kind: 'ringback' | 'busy' | 'congestion' | 'dial'; readonly country: string }

export interface LegHandle {
  readonly callId: string
  readonly leg: LegName
  /** Plays until `stopPlaying`, a bridge, or the leg's end. Only on an answered leg. */
  play(tone: Tone): void
  stopPlaying(): void
  /** Lets this answered leg hear `other`'s early media; undone by `bridge`. */
  hear(other: LegHandle): void
  /**
   * Cancels a ringing leg, hangs up an answered one; `ended` follows with this cause. The party is told `told`, where that is another.
   * Idempotent, safe in every race.
   */
  hangup(cause: EndCause, told?: EndCause): void
}

export interface Presence {
  readonly reachable: boolean
  /** How many phones are registered to the line now. */
  readonly contacts: number
}

/**
 * The media of two legs cannot be connected because one of them is over. That leg's `ended` follows, or has been told already: it
 * says how the call ends, and this error says nothing more.
 */
export class LegEndedError extends Error {
  override readonly name = 'LegEndedError'

  constructor() {
    super('a leg has ended')
  }
}

/** The port that the orchestrator speaks; one contract suite (`driver-contract.ts`) runs against every implementation. */
export interface Driver {
  readonly name: string
  readonly capabilities: ReadonlySet<DriverCapability>
  presence(line: LineAddress): Presence
  /** Starts the leg at once and never throws: what goes wrong comes as `ended`. Events come after `dial` has returned, in order. */
  dial(request: DialRequest, listener: (event: LegEvent) => void): LegHandle
  /**
   * Connects the media of two answered legs, both ways. Rejects with a {@link LegEndedError} if one of them has ended, and with
   * another error if their media cannot be connected.
   */
  bridge(first: LegHandle, second: LegHandle): Promise<void>
  /** Ends legs that a dead process left behind: CANCEL where unanswered, BYE where answered; resolves when every one is gone or given up. */
  recover(recoveries: readonly LegRecovery[]): Promise<void>
  close(): Promise<void>
}
