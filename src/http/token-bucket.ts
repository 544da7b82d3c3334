import type { Clock } from '../clock.ts'

interface Bucket {
  tokens: number
  filledAt: number
}

/** How many buckets are kept; the one that was used longest ago goes first. */
const capacity = 10_000

/** Limits requests per second and credential: so many at once, then at an even pace. */
export class TokenBuckets {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #burst: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#burst = burst
  }

  /** Takes one token; the seconds until there is one again if there is none. */
  take(key: string): number {
    const now = this.#clock.monotonic()
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, filledAt: now }
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    bucket.tokens = Math.min(this.#burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * this.#perSecond)
    bucket.filledAt = now
    if (this.#buckets.size > capacity) this.#buckets.delete(this.#buckets.keys().next().value as string)
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1
      return 0
    }
    return Math.ceil((1 - bucket.tokens) / this.#perSecond)
  }
}
