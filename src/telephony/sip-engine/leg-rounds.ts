import type { LegAttempt } from '../../call/call.ts'
import type { LegRecovery } from '../../call/call-event.ts'
import type { EndCause } from '../../call/end-cause.ts'
import type { Clock, Timer } from '../../clock.ts'
import type { DialTarget } from './dial-target.ts'
import { nextTrunkAfter } from './final-response-causes.ts'
import { reasonOf } from './hang-up-reason.ts'
import type { Attempt, LegAttempts, PreparedAttempt } from './leg-attempts.ts'
import { legRecovery } from './leg-recovery.ts'
import { type LegVerdict, mapSilence, mostTelling } from './map-sip-status.ts'
import { hurriedSilenceMilliseconds } from './silence-limit.ts'

/** What the rounds ask of their leg. */
export interface DiallingLeg {
  /** Nobody has answered yet, and the leg is not over. */
  readonly isDialling: () => boolean
  /** Writes down what is about to be dialled; false where that cannot be. */
  readonly writeDialled: (recovery: LegRecovery, attempt: LegAttempt | undefined) => Promise<boolean>
  /** Sends one INVITE; throws where it cannot be sent at all. */
  readonly send: (prepared: PreparedAttempt) => void
  /** How the leg ends; those that are still rung end as `attemptsEndAs`. */
  readonly decide: (verdict: LegVerdict, attemptsEndAs?: EndCause) => void
  /** The leg was decided while something was being written. */
  readonly finishIfGone: () => void
  readonly broken: (error: unknown) => void
}

/**
 * Who is dialled for a leg: all targets of a round at once, and the next round where nobody of the one before could be reached.
 * Ends with an answer (`stop`), or with what all failures together say.
 */
export class LegRounds {
  readonly #clock: Clock
  readonly #attempts: LegAttempts
  readonly #ringMilliseconds: number
  readonly #leg: DiallingLeg
  #rounds: readonly (readonly DialTarget[])[] = []
  #round = 0
  /** How the INVITEs failed so far. */
  #failures: LegVerdict[] = []
  #sentAt = 0
  #ringTimer: Timer | undefined
  #hurryTimer: Timer | undefined

  constructor(clock: Clock, attempts: LegAttempts, ringSeconds: number, leg: DiallingLeg) {
    this.#clock = clock
    this.#attempts = attempts
    this.#ringMilliseconds = ringSeconds * 1000
    this.#leg = leg
  }

  begin(rounds: readonly (readonly DialTarget[])[]): Promise<void> {
    this.#rounds = rounds
    return this.#dial()
  }

  /** An attempt has come to nothing; `hasResponded`: by a word of its far side. */
  failed(verdict: LegVerdict, hasResponded: boolean): void {
    this.#failures.push(verdict)
    if (this.#attempts.size === 0) return this.#roundFailed()
    if (hasResponded && this.#attempts.isSilent) this.#hurrySilent()
  }

  /** A phone that says nothing, or a trunk where another could be tried. */
  silent(attempt: Attempt): void {
    if (!this.#leg.isDialling()) return
    const { farSide, carrier, suspect } = attempt.target
    suspect?.()
    // The last trunk is waited for as long as it may ring, unless it was down before: there is nobody else to ask.
    if (farSide === 'trunk' && !this.#hasNext && carrier?.isDown !== true) return
    const verdict = { cause: mapSilence(farSide), reason: 'no response' }
    this.#attempts.abandonSilent(attempt, verdict, reasonOf(verdict.cause))
    this.failed(verdict, false)
  }

  /** Nobody is waited for any more. */
  stop(): void {
    this.#clock.clearTimeout(this.#ringTimer)
    this.#clock.clearTimeout(this.#hurryTimer)
  }

  /** What the log must hold before the first packet, then one INVITE to each target of the round. */
  async #dial(): Promise<void> {
    const prepared = (this.#rounds[this.#round] ?? []).map((target) => this.#attempts.prepare(target))
    const inDoubt = [...this.#attempts.inDoubt(), ...prepared.map((attempt) => attempt.inDoubt)]
    const [only] = prepared.length === 1 ? prepared : []
    const isWritten = await this.#leg.writeDialled(legRecovery(inDoubt), only?.dialled)
    if (!isWritten) this.#leg.decide({ cause: 'failed' })
    if (!this.#leg.isDialling()) return this.#leg.finishIfGone()
    this.#ringTimer ??= this.#clock.setTimeout(() => this.#ringTimeOver(), this.#ringMilliseconds)
    this.#sentAt = this.#clock.monotonic()
    for (const attempt of prepared) this.#send(attempt)
    if (this.#attempts.size === 0) this.#roundFailed()
  }

  #send(prepared: PreparedAttempt): void {
    try {
      this.#leg.send(prepared)
    } catch (error) {
      const verdict: LegVerdict = { cause: 'failed', reason: `cannot be sent to: ${(error as Error).message}` }
      this.#attempts.tellUnsent(prepared, verdict)
      this.#failures.push(verdict)
    }
  }

  get #hasNext(): boolean {
    return this.#round + 1 < this.#rounds.length
  }

  #roundFailed(): void {
    const verdict = mostTelling(this.#failures)
    if (!nextTrunkAfter.has(verdict.cause) || !this.#hasNext) return this.#leg.decide(verdict)
    this.#round++
    this.#dial().catch((error: unknown) => this.#leg.broken(error))
  }

  /** One phone of the line has spoken, and all others have said nothing at all: they are hardly there. */
  #hurrySilent(): void {
    const waited = this.#clock.monotonic() - this.#sentAt
    this.#hurryTimer ??= this.#clock.setTimeout(
      () => {
        for (const attempt of this.#attempts.unheard()) this.silent(attempt)
      },
      Math.max(0, hurriedSilenceMilliseconds - waited),
    )
  }

  #ringTimeOver(): void {
    if (!this.#attempts.isSilent) return this.#leg.decide({ cause: 'no-answer' }, 'no-answer')
    const farSide = this.#rounds[this.#round]?.[0]?.farSide ?? 'line'
    const silence = { cause: mapSilence(farSide) }
    this.#leg.decide(mostTelling([...this.#failures, silence]), silence.cause)
  }
}
