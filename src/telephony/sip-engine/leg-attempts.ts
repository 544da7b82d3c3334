import type { LegAttempt } from '../../call/call.ts'
import type { EndCause } from '../../call/end-cause.ts'
import type { Clock } from '../../clock.ts'
import type { Dialog } from '../../sip/dialog/dialog.ts'
import type { InviteHandler, InviteOptions } from '../../sip/user-agent/invite-options.ts'
import type { OutgoingInvite } from '../../sip/user-agent/outgoing-invite.ts'
import type { UserAgent } from '../../sip/user-agent/user-agent.ts'
import type { DialTarget } from './dial-target.ts'
import { completedElsewhere } from './hang-up-reason.ts'
import type { InviteInDoubt } from './leg-recovery.ts'
import type { LegVerdict } from './map-sip-status.ts'

/** One INVITE of a leg: to one phone of a line, or over one trunk. */
export interface Attempt {
  readonly target: DialTarget
  readonly inDoubt: InviteInDoubt
  /** Who is dialled, as the history shows it. */
  readonly dialled: LegAttempt
  readonly invite: OutgoingInvite
}

/** An INVITE with the identity that the log holds before it is sent. */
export type PreparedAttempt = Pick<Attempt, 'target' | 'inDoubt' | 'dialled'>

/** Why one that was dialled is dialled no longer: what the leg decided, and what is told to the far side (RFC 3326). */
export interface GivingUp {
  readonly reason: string
  readonly cause: EndCause
}

/** Longer URIs are a phone's own idea, and no help to anybody who reads of them. */
const longestUri = 200

/** The INVITEs of one leg: those that it waits for, and those that it has given up but that may still reach a phone. */
export class LegAttempts {
  readonly #userAgent: UserAgent
  readonly #clock: Clock
  readonly #onEnded: (ended: LegAttempt, isGivenUp: boolean) => void
  readonly #waited = new Set<Attempt>()
  readonly #abandoned = new Set<Attempt>()
  readonly #givenUp = new Map<Attempt, EndCause>()

  /** `onEnded` is called once for each attempt that came to nothing, never for the one that `keep` was told of. */
  constructor(userAgent: UserAgent, clock: Clock, onEnded: (ended: LegAttempt, isGivenUp: boolean) => void) {
    this.#userAgent = userAgent
    this.#clock = clock
    this.#onEnded = onEnded
  }

  /** How many the leg waits for. */
  get size(): number {
    return this.#waited.size
  }

  /** Nobody has responded to any of them. */
  get isSilent(): boolean {
    return [...this.#waited].every(({ invite }) => invite.isUnheard)
  }

  prepare(target: DialTarget): PreparedAttempt {
    const record = {
      callId: this.#userAgent.createCallId(),
      fromTag: this.#userAgent.createTag(),
      branch: this.#userAgent.createBranch(),
      sequence: 1,
      uri: target.uri,
      destination: target.destination,
      from: target.from.uri,
      to: target.to.uri,
    }
    const { trunk, line } = target
    const dialled = {
      at: this.#clock.now(),
      ...(trunk === undefined ? {} : { trunk }),
      ...(line === undefined ? {} : { line }),
      to: target.uri.slice(0, longestUri),
    }
    return { target, dialled, inDoubt: { record, ...(trunk === undefined ? {} : { trunk }) } }
  }

  /** Throws where the target's address cannot be sent to at all. */
  send(
    { target, inDoubt, dialled }: PreparedAttempt,
    options: Pick<InviteOptions, 'body' | 'silenceMilliseconds' | 'watchesPort'>,
    handlerOf: (self: () => Attempt) => InviteHandler,
  ): void {
    const invite = this.#userAgent.invite(
      { ...target, ...inDoubt.record, from: target.from, to: target.to, ...options },
      handlerOf(() => attempt),
    )
    const attempt: Attempt = { target, inDoubt, dialled, invite }
    this.#waited.add(attempt)
  }

  /** It could not even be sent. */
  tellUnsent({ dialled }: PreparedAttempt, { cause, reason }: LegVerdict): void {
    this.#onEnded({ ...dialled, ...(reason === undefined ? {} : { reason }), cause }, false)
  }

  /** It has come to nothing; false if the leg had given it up before. */
  settle(attempt: Attempt, verdict: LegVerdict): boolean {
    const wasWaitedFor = this.#waited.delete(attempt)
    if (wasWaitedFor) this.#tellEnd(attempt, verdict)
    this.#abandoned.delete(attempt)
    this.#givenUp.delete(attempt)
    return wasWaitedFor
  }

  /** The session of the attempt that was answered is over: what the leg ends with is its end, too. */
  settleAnswered(attempt: Attempt): void {
    this.#waited.delete(attempt)
  }

  /**
   * Cancels it, and waits for its end only where somebody has responded: without that there is nothing to cancel yet (RFC 3261
   * section 9.1), and the stack alone sees to what may still come, a CANCEL for a ring, ACK and BYE for an answer.
   */
  cancel(attempt: Attempt, { reason, cause }: GivingUp): void {
    if (!this.#givenUp.has(attempt)) this.#givenUp.set(attempt, cause)
    if (attempt.invite.isUnheard) this.#abandon(attempt)
    attempt.invite.cancel(reason)
  }

  cancelAll(givingUp: GivingUp, except?: Attempt): void {
    for (const attempt of [...this.#waited]) if (attempt !== except) this.cancel(attempt, givingUp)
  }

  /** An answer that came too late: confirmed, as it must be, and hung up. */
  drop({ invite }: Attempt, dialog: Dialog): void {
    invite.acknowledge(dialog)
    void invite.bye(completedElsewhere)
  }

  /** Those that nobody has responded to. */
  unheard(): readonly Attempt[] {
    return [...this.#waited].filter(({ invite }) => invite.isUnheard)
  }

  /** Nobody has responded to it: given up, and told as `verdict` says. */
  abandonSilent(attempt: Attempt, verdict: LegVerdict, reason: string): void {
    this.#tellEnd(attempt, verdict)
    this.#waited.delete(attempt)
    this.#abandoned.add(attempt)
    attempt.invite.cancel(reason)
  }

  /** Waits no longer for any. */
  abandonAll(): void {
    for (const attempt of [...this.#waited]) this.#abandon(attempt)
  }

  /** What a restart would have to end, but for one attempt. */
  inDoubt(except?: Attempt): readonly InviteInDoubt[] {
    return [...this.#abandoned, ...this.#waited].filter((attempt) => attempt !== except).map(({ inDoubt }) => inDoubt)
  }

  #abandon(attempt: Attempt): void {
    if (!this.#waited.delete(attempt)) return
    this.#tellEnd(attempt, { cause: 'cancelled' })
    this.#abandoned.add(attempt)
  }

  #tellEnd(attempt: Attempt, { cause, sipStatus, reason }: LegVerdict): void {
    const givenUpAs = this.#givenUp.get(attempt)
    const response = {
      ...(sipStatus === undefined ? {} : { sipStatus }),
      ...(reason === undefined ? {} : { reason }),
    }
    const isGivenUp = givenUpAs !== undefined
    this.#onEnded({ ...attempt.dialled, ...(isGivenUp ? {} : response), cause: givenUpAs ?? cause }, isGivenUp)
  }
}
