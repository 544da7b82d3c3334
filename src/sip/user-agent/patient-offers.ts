import type { Random } from '../../random.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import type { OfferOutcome } from './offer-exchange.ts'

/** What came of a wish. `superseded`: a newer one took its place before it was tried, or while it waited. */
export type WishOutcome = OfferOutcome | { readonly status: 'superseded' }

/** An offer that can be made again: after a glare the peer may have changed what it answers. */
interface Wish {
  readonly make: () => Promise<OfferOutcome>
  readonly settle: (outcome: WishOutcome) => void
  readonly fail: (error: unknown) => void
  attempts: number
}

/** Glare is over after one round; a peer that is busy with offers of its own for so long is left in peace. */
const maximumAttempts = 4

/**
 * How long to wait before an offer is repeated that met one of the peer (491), in milliseconds: RFC 3261 section 14.1. Who made the
 * Call-ID waits longer, so that one of the two is first.
 */
export const glareMilliseconds = (random: Random, madeCallId: boolean): number => {
  const chance = random.bytes(1)[0] ?? 0
  return madeCallId ? 2100 + 10 * (chance % 191) : 10 * (chance % 201)
}

/** Offers that are repeated after a glare, one at a time; of those that wait, only the newest counts. */
export class PatientOffers {
  readonly #core: UserAgentCore
  readonly #madeCallId: boolean
  #current: Wish | undefined
  #next: Wish | undefined
  #glare: Alarm | undefined
  #isOver = false

  constructor(core: UserAgentCore, madeCallId: boolean) {
    this.#core = core
    this.#madeCallId = madeCallId
  }

  ask(make: () => Promise<OfferOutcome>): Promise<WishOutcome> {
    return new Promise((settle, fail) => {
      this.#next?.settle({ status: 'superseded' })
      this.#next = { make, settle, fail, attempts: 0 }
      if (this.#current === undefined) this.#turn()
    })
  }

  /** The session is over: what still waits for the end of a glare waits no longer. */
  end(): void {
    this.#isOver = true
    this.#core.stopTimer(this.#glare)
    const waiting = [this.#next]
    if (this.#glare !== undefined) {
      waiting.push(this.#current)
      this.#current = undefined
    }
    this.#glare = undefined
    this.#next = undefined
    for (const wish of waiting) wish?.settle({ status: 'ended' })
  }

  #turn(): void {
    this.#current = this.#next
    this.#next = undefined
    if (this.#current !== undefined) void this.#try(this.#current)
  }

  async #try(wish: Wish): Promise<void> {
    wish.attempts++
    try {
      const outcome = await wish.make()
      const isGlare = outcome.status === 'refused' && outcome.code === 491
      if (isGlare && wish.attempts < maximumAttempts && !this.#isOver) return this.#wait(wish)
      wish.settle(outcome)
    } catch (error) {
      wish.fail(error)
    }
    this.#turn()
  }

  #wait(wish: Wish): void {
    this.#glare = this.#core.startTimer(
      () => {
        this.#glare = undefined
        if (this.#next === undefined) return void this.#try(wish)
        wish.settle({ status: 'superseded' })
        this.#turn()
      },
      glareMilliseconds(this.#core.random, this.#madeCallId),
    )
  }
}
