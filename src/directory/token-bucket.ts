import type { Clock } from '../clock.ts'
import { OldestFirstMap } from '../oldest-first-map.ts'

interface Bucket {
  tokens: number
  filledAt: number
}

/** How many buckets are kept; the one that was used longest ago goes first. */
const capacity = 10_000

/** How fast a bucket fills, and how much it holds. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** So many of something at once, then at an even pace, for each key: requests of a credential, guesses of an address. */
export class TokenBuckets {
  readonly #clock: Clock
  readonly #rate: Rate
  readonly #buckets = new OldestFirstMap<Bucket>()

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock
    this.#rate = { perSecond, burst }
  }

  /** Takes one token; the seconds until there is one again if there is none. `rate` is this key's own, if it has one. */
  take(key: string, rate: Rate = this.#rate): number {
    const bucket: Bucket = { tokens: this.left(key, rate), filledAt: this.#clock.monotonic() }
    this.#buckets.set(key, bucket)
    this.#buckets.keep(capacity)
    if (bucket.tokens < 1) return this.wait(key, rate)
    bucket.tokens -= 1
    return 0
  }

  /** One that was taken is given back. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key)
    if (bucket !== undefined) bucket.tokens += 1
  }

  /** The seconds until there is a token, which may be taken by others meanwhile; 0 if there is one. */
  wait(key: string, rate: Rate = this.#rate): number {
    const left = this.left(key, rate)
    return left >= 1 ? 0 : Math.ceil((1 - left) / rate.perSecond)
  }

  /** How many tokens there are, fractions included. */
  left(key: string, { perSecond, burst }: Rate = this.#rate): number {
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) return burst
    return Math.min(burst, bucket.tokens + ((this.#clock.monotonic() - bucket.filledAt) / 1000) * perSecond)
  }
}
