import type { Body, InviteHandler } from '../../sip/user-agent/invite-options.ts'
import type { OutgoingInvite } from '../../sip/user-agent/outgoing-invite.ts'
import type { UserAgent } from '../../sip/user-agent/user-agent.ts'
import type { DialTarget } from './dial-target.ts'
import type { InviteInDoubt } from './leg-recovery.ts'

/** One INVITE of a leg: to one phone of a line, or over one trunk. */
export interface Attempt {
  readonly target: DialTarget
  readonly inDoubt: InviteInDoubt
  readonly invite: OutgoingInvite
}

/** An INVITE with the identity that the log holds before it is sent. */
export type PreparedAttempt = Pick<Attempt, 'target' | 'inDoubt'>

/** The INVITEs of one leg: those that it waits for, and those that it has given up but that may still reach a phone. */
export class LegAttempts {
  readonly #userAgent: UserAgent
  readonly #waited = new Set<Attempt>()
  readonly #abandoned = new Set<Attempt>()

  constructor(userAgent: UserAgent) {
    this.#userAgent = userAgent
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
    return { target, inDoubt: { record, ...(target.trunk === undefined ? {} : { trunk: target.trunk }) } }
  }

  /** Throws where the target's address cannot be sent to at all. */
  send(
    { target, inDoubt }: PreparedAttempt,
    options: { readonly body: Body; readonly silenceMilliseconds?: number },
    handlerOf: (self: () => Attempt) => InviteHandler,
  ): void {
    const invite = this.#userAgent.invite(
      { ...target, ...inDoubt.record, from: target.from, to: target.to, ...options },
      handlerOf(() => attempt),
    )
    const attempt: Attempt = { target, inDoubt, invite }
    this.#waited.add(attempt)
  }

  /** It is over; false if the leg had given it up before. */
  settle(attempt: Attempt): boolean {
    this.#abandoned.delete(attempt)
    return this.#waited.delete(attempt)
  }

  /**
   * Cancels it, and waits for its end only where somebody has responded: without that there is nothing to cancel yet (RFC 3261
   * section 9.1), and the stack alone sees to what may still come, a CANCEL for a ring, ACK and BYE for an answer.
   */
  cancel(attempt: Attempt, reason: string): void {
    if (attempt.invite.isUnheard) this.#abandon(attempt)
    attempt.invite.cancel(reason)
  }

  cancelAll(reason: string, except?: Attempt): void {
    for (const attempt of [...this.#waited]) if (attempt !== except) this.cancel(attempt, reason)
  }

  /** Waits no longer for any. */
  abandonAll(): void {
    for (const attempt of this.#waited) this.#abandon(attempt)
  }

  /** What a restart would have to end, but for one attempt. */
  inDoubt(except?: Attempt): readonly InviteInDoubt[] {
    return [...this.#abandoned, ...this.#waited].filter((attempt) => attempt !== except).map(({ inDoubt }) => inDoubt)
  }

  #abandon(attempt: Attempt): void {
    this.#waited.delete(attempt)
    this.#abandoned.add(attempt)
  }
}
