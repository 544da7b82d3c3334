import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { type BusyError, Turnstile } from './turnstile.ts'

/** Short enough that a memory dump holds little, long enough that a busy client is checked a few times an hour. */
const rememberedMilliseconds = 5 * 60_000

/** A check takes a processor for about a twentieth of a second, on threads that the name look-ups of trunks need too. */
const checksAtOnce = 2
/** Whoever would wait for more than a few seconds is told that the server is busy: guesses must not shut out who knows. */
const longestQueue = 100

/**
 * Passwords that were found right a short while ago: vendors' clients send theirs with every request, and to check one costs
 * more than the whole call. A wrong one is never remembered, and costs each time what the first check of a right one costs.
 */
export class VerifiedPasswords {
  readonly #clock: Clock
  /** Of this process alone, so that what is kept is of use to nobody else. */
  readonly #key = randomBytes(32)
  readonly #right = new Map<string, { readonly digest: string; readonly until: number }>()
  readonly #underWay = new Map<string, Promise<boolean>>()
  readonly #turnstile = new Turnstile(checksAtOnce, longestQueue)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Whether the password is right, by `verify` unless that is known. The same question asked twice at once is one check. Rejects with
   * {@link BusyError} where too many are waiting for theirs.
   */
  check(user: string, password: string, verify: () => Promise<boolean>): Promise<boolean> {
    const digest = createHmac('sha256', this.#key).update(password).digest('base64')
    const known = this.#right.get(user)
    if (known?.digest === digest && this.#clock.monotonic() < known.until) return Promise.resolve(true)
    const question = `${digest} ${user}`
    let checking = this.#underWay.get(question)
    if (checking === undefined) {
      checking = this.#verify(user, digest, verify).finally(() => this.#underWay.delete(question))
      this.#underWay.set(question, checking)
    }
    return checking
  }

  async #verify(user: string, digest: string, verify: () => Promise<boolean>): Promise<boolean> {
    const right = await this.#turnstile.pass(verify)
    if (right) this.#right.set(user, { digest, until: this.#clock.monotonic() + rememberedMilliseconds })
    return right
  }
}
