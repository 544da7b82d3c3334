import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'

export type NonceVerdict = 'good' | 'expired' | 'forged'

/** A nonce that was used: the highest count seen with it. */
interface UsedNonce {
  readonly issuedAt: number
  count: number
}

/**
 * Makes nonces that carry their own proof (time, randomness, HMAC), so that a flood of unauthenticated requests leaves nothing
 * behind. Only nonces that were used with a right password are remembered, each with its highest nonce count, and only so many.
 */
export class NonceBook {
  readonly #clock: Clock
  readonly #random: Random
  readonly #key: Buffer
  readonly #lifetimeMilliseconds: number
  readonly #capacity: number
  readonly #used = new Map<string, UsedNonce>()
  /** Nonces issued up to here may have been forgotten while still young; they count as expired. */
  #forgottenUntil = 0

  constructor(options: {
    readonly clock: Clock
    readonly random: Random
    readonly lifetimeMilliseconds: number
    readonly capacity: number
  }) {
    this.#clock = options.clock
    this.#random = options.random
    this.#key = options.random.bytes(32)
    this.#lifetimeMilliseconds = options.lifetimeMilliseconds
    this.#capacity = options.capacity
  }

  get size(): number {
    return this.#used.size
  }

  issue(): string {
    const head = this.#clock.now().toString(16).padStart(12, '0') + this.#random.token(8)
    return head + this.#sign(head)
  }

  verify(nonce: string): NonceVerdict {
    if (!/^[0-9a-f]{52}$/.test(nonce)) return 'forged'
    const head = nonce.slice(0, 20)
    if (!timingSafeEqual(Buffer.from(this.#sign(head)), Buffer.from(nonce.slice(20)))) return 'forged'
    const issuedAt = issueTime(nonce)
    const expired = this.#clock.now() - issuedAt > this.#lifetimeMilliseconds || issuedAt <= this.#forgottenUntil
    return expired ? 'expired' : 'good'
  }

  /** RFC 7616 section 3.4, `nc`: a count that was seen before is a replay. False then; remembers the count otherwise. */
  use(nonce: string, count: number): boolean {
    const used = this.#used.get(nonce)
    if (used !== undefined) {
      if (count <= used.count) return false
      used.count = count
      return true
    }
    if (this.#used.size >= this.#capacity) this.#forgetOldest()
    this.#used.set(nonce, { issuedAt: issueTime(nonce), count })
    return true
  }

  #forgetOldest(): void {
    const youngest = this.#clock.now() - this.#lifetimeMilliseconds
    for (const [nonce, { issuedAt }] of this.#used) {
      if (issuedAt < youngest) this.#used.delete(nonce)
    }
    const oldest = this.#used.entries().next().value
    if (this.#used.size < this.#capacity || oldest === undefined) return
    this.#used.delete(oldest[0])
    this.#forgottenUntil = Math.max(this.#forgottenUntil, oldest[1].issuedAt)
  }

  #sign(head: string): string {
    return createHmac('sha256', this.#key).update(head).digest('hex').slice(0, 32)
  }
}

const issueTime = (nonce: string): number => Number.parseInt(nonce.slice(0, 12), 16)
