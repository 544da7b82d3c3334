import type { Clock } from '../clock.ts'

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

/** Limits requests per second and credential: so many at once, then at an even pace. */
export class TokenBuckets {
  readonly #clock: Clock
  readonly #rate: Rate
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock
    this.#rate = { perSecond, burst }
  }

  /** Takes one token; the seconds until there is one again if there is none. `rate` is this key's own, if it has one. */
  take(key: string, { perSecond, burst }: Rate = this.#rate): number {
    const now = this.#clock.monotonic()
    const bucket = this.#buckets.get(key) ?? { tokens: burst, filledAt: now }
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * perSecond)
    bucket.filledAt = now
    if (this.#buckets.size > capacity) this.#buckets.delete(this.#buckets.keys().next().value as string)
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1
      return 0
    }
    return Math.ceil((1 - bucket.tokens) / perSecond)
  }
}
