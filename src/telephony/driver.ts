import type { LegAttempt, LegName, MediaStatistics } from '../call/call.ts'
import type { LegRecovery } from '../call/call-event.ts'
import type { CallerId } from '../call/call-request.ts'
import type { EndCause } from '../call/end-cause.ts'
import type { Source } from '../call/source.ts'

/** What a driver can promise, and others perhaps cannot. Whoever needs one that is not declared must do without, or refuse. */
export type DriverGuarantee =
  /** No INVITE is sent before the journal holds the leg's record. */
  | 'log-before-dial'
  /** An answer is confirmed to the phone only when the journal holds it. */
  | 'log-before-answer'

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

export interface DialRequest {
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
  /** The phone of an answered leg holds the call: it does not hear us, and is to be heard by nobody. */
  | { readonly type: 'held' }
  /** It has taken the call back. */
  | { readonly type: 'resumed' }
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

/** How a playback came to its end: of itself, because the leg hears something else or nothing any more, or before it was heard. */
export type PlaybackEnd = 'ended' | 'stopped' | 'failed'

/** One source that a leg was made to hear. Neither promise ever rejects. */
export interface Playback {
  /** True from when the leg hears it; false where that never came about, and `done` says why. */
  readonly begun: Promise<boolean>
  readonly done: Promise<PlaybackEnd>
}

export interface LegHandle {
  readonly callId: string
  readonly leg: LegName
  /**
   * The leg of the driver itself that speaks when this one is heard: this one, or of several that may answer it, the one who has,
   * or who alone is rung; undefined where nobody can be heard yet.
   */
  readonly speaker: LegHandle | undefined
  /**
   * From now on this answered leg hears `source`, and nothing else. What has ended, or has not been answered, hears nothing:
   * `done` is `stopped`. Legs whose sound cannot be brought together are `failed`, and a `meanwhile` goes on sounding.
   */
  hear(source: Source<LegHandle>): Playback
  /**
   * The party of an answered leg is sent these key presses, behind those of before and in the form that it takes; `w` waits half a
   * second. Nothing where it has ended, or has not been answered.
   */
  sendDigits(digits: string): void
  /**
   * Cancels a ringing leg, hangs up an answered one; `ended` follows with this cause. The party is told `told`, where that is another.
   * Idempotent, safe in every race.
   */
  hangup(cause: EndCause, told?: EndCause): void
}

/** The port that the orchestrator speaks; one contract suite (`test/support/driver-contract.ts`) runs against every implementation. */
export interface Driver {
  readonly name: string
  readonly guarantees: ReadonlySet<DriverGuarantee>
  /** Starts the leg at once and never throws: what goes wrong comes as `ended`. Events come after `dial` has returned, in order. */
  dial(request: DialRequest, listener: (event: LegEvent) => void): LegHandle
  /** Ends legs that a dead process left behind: CANCEL where unanswered, BYE where answered; resolves when every one is gone or given up. */
  recover(recoveries: readonly LegRecovery[]): Promise<void>
  close(): Promise<void>
}
