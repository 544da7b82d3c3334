import { createHmac, randomBytes } from 'node:crypto'
import { addressBlock } from '../address-block.ts'
import type { Unavailability } from '../call/unavailability.ts'
import type { Clock } from '../clock.ts'
import { FairTurnstile } from './fair-turnstile.ts'
import { verifyPassword } from './password-hash.ts'
import { RecentMap } from './recent-map.ts'
import { type Rate, TokenBuckets } from './token-bucket.ts'

/** Short enough that a memory dump holds little, long enough that a busy client is checked a few times an hour. */
const rememberedMilliseconds = 5 * 60_000

/** A check takes a processor for about a twentieth of a second, on threads that the name look-ups of trunks need too. */
const checksAtOnce = 2
const longestQueue = 1000

/** Wrong passwords of one address: a person's typing errors, then one each six seconds. */
const guesses: Rate = { perSecond: 1 / 6, burst: 20 }
/** An address that has no more than these behind it is nobody's who guesses. */
const cleanGuesses = 5
/** For how long an address is known as one from which a user's right password came. */
const knownMilliseconds = 24 * 3600_000
const capacity = 10_000

/** Too many wrong passwords came from there: nothing more is checked for a while. */
export class GuessingError extends Error {
  readonly statusCode = 429
  readonly unavailable: Unavailability

  constructor(retryAfterSeconds: number) {
    super('Too many wrong passwords')
    this.name = 'GuessingError'
    this.unavailable = { reason: 'guessing', retryAfterSeconds }
  }
}

export interface PasswordQuestion {
  readonly user: string
  readonly password: string
  /** What the password is checked against: of a user who does not exist, a hash that no password has. */
  readonly hash: string
  /** The client's address. */
  readonly from: string
  /** What must be right beside the password, and is guessed with it. */
  readonly signature?: { readonly given: string; readonly isRight: () => boolean }
}

/**
 * Checks passwords so that guessing starves only itself. What is right and was checked a short while ago costs nothing. Everything
 * else waits in the lane of its address, and lanes take turns. A wrong password is paid from the budget of its address, and from
 * that of the user. The user's budget counts only for addresses that have guessed before: the owner of a password may come from a
 * new address while others try to find it out. An address from which a user's right password came has a budget of its own for that
 * user, so that nobody else in the same house can use it up.
 *
 * A wrong password that is sent again is no further guess: clients whose password is out of date send theirs for ever.
 */
export class PasswordGuard {
  readonly #clock: Clock
  readonly #verify: typeof verifyPassword
  /** Of this process alone, so that what is kept is of use to nobody else. */
  readonly #key = randomBytes(32)
  readonly #right: RecentMap<string>
  readonly #refused: RecentMap<true>
  /** `BLOCK USER`, here as everywhere the digest of a user's name. */
  readonly #known: RecentMap<true>
  readonly #underWay = new Map<string, Promise<boolean>>()
  readonly #turnstile = new FairTurnstile({ atOnce: checksAtOnce, longestQueue })
  readonly #budgets: TokenBuckets

  constructor(clock: Clock, verify: typeof verifyPassword = verifyPassword) {
    this.#clock = clock
    this.#verify = verify
    this.#right = new RecentMap(clock, capacity, rememberedMilliseconds)
    this.#refused = new RecentMap(clock, capacity, rememberedMilliseconds)
    this.#known = new RecentMap(clock, capacity, knownMilliseconds)
    this.#budgets = new TokenBuckets(this.#clock, guesses.perSecond, guesses.burst)
  }

  /**
   * Whether the password is right, and what is to be right beside it. Rejects with {@link GuessingError} where too many wrong ones
   * came, and with `BusyError` where too many wait.
   */
  async check({ user: name, password, hash, from, signature }: PasswordQuestion): Promise<boolean> {
    // A stranger's names are as long as a request may be: what is kept of each is as short as any other.
    const user = this.#digest(name)
    const digest = this.#digest(hash, password)
    const isSigned = () => signature?.isRight() ?? true
    if (this.#right.get(user) === digest && isSigned()) return true
    const budget = this.#budgetOf(addressBlock(from), user)
    budget.require()
    const question = `${user} ${digest} ${this.#digest(signature?.given ?? '')}`
    if (this.#refused.get(question) === true) return false
    // Where the signature is wrong the password is checked all the same: the time that an answer takes tells nothing of it.
    const isRight = await this.#ask(digest, password, hash, budget)
    if (isRight) this.#right.set(user, digest)
    // Asked whatever the password is, for the same reason.
    if (isSigned() && isRight) {
      this.#known.set(budget.pair, true)
      return true
    }
    this.#refused.set(question, true)
    if (isRight) budget.spend()
    return false
  }

  #digest(...parts: readonly string[]): string {
    return createHmac('sha256', this.#key).update(parts.join(' ')).digest('base64')
  }

  /** The same question that one address asks twice at once is one check. */
  #ask(digest: string, password: string, hash: string, budget: Budget): Promise<boolean> {
    const question = `${budget.pair} ${digest}`
    let asking = this.#underWay.get(question)
    if (asking === undefined) {
      asking = this.#turnstile
        .pass({ lane: budget.block, isKnown: budget.isKnown }, async () => {
          // What waited here while others of its lane were found wrong is not worth a processor's time.
          budget.require()
          // Paid before it is known, or whatever is checked meanwhile would find the same guess left.
          budget.spend()
          const isRight = await this.#verify(password, hash)
          if (isRight) budget.giveBack()
          return isRight
        })
        .finally(() => this.#underWay.delete(question))
      this.#underWay.set(question, asking)
    }
    return asking
  }

  #budgetOf(block: string, user: string): Budget {
    const pair = `${block} ${user}`
    const isKnown = this.#known.get(pair) === true
    const budgets = this.#budgets
    const own = isKnown ? `known ${pair}` : `from ${block}`
    const ofUser = `for ${user}`
    const wait = () => {
      const isClean = isKnown || budgets.left(own) >= guesses.burst - cleanGuesses
      return Math.max(budgets.wait(own), isClean ? 0 : budgets.wait(ofUser))
    }
    return {
      ...{ block, pair, isKnown },
      require() {
        const seconds = wait()
        if (seconds > 0) throw new GuessingError(seconds)
      },
      spend() {
        budgets.take(own)
        if (!isKnown) budgets.take(ofUser)
      },
      giveBack() {
        budgets.giveBack(own)
        if (!isKnown) budgets.giveBack(ofUser)
      },
    }
  }
}

/** What an address may still guess of a user. */
interface Budget {
  readonly block: string
  readonly pair: string
  readonly isKnown: boolean
  /** Throws {@link GuessingError} where nothing is left. */
  require(): void
  spend(): void
  giveBack(): void
}
