import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { OldestFirstMap } from '../../oldest-first-map.ts'
import type { Random } from '../../random.ts'

/** `foreign`: not of our making, of an earlier process, or made for another realm or network. `expired`: ours, past its time or forgotten. */
export type NonceStanding = 'fresh' | 'expired' | 'foreign'

/** Whom a nonce is made for: nobody else can use it. */
export interface NonceScope {
  readonly realm: string
  /** The network that the challenge goes to. */
  readonly network: string
  /** Its very address, which others of the network may share or change with it. */
  readonly address: string
}

export interface NonceBookOptions {
  readonly clock: Clock
  readonly random: Random
  readonly lifetimeMilliseconds: number
  readonly capacity: number
}

/** The counts seen of one nonce: the highest, and a window of those seen below it, bit 0 for the highest itself. */
interface UsedNonce {
  readonly issuedAt: number
  highest: number
  window: number
}

const timeDigits = 12
const headDigits = timeDigits + 16
/** 80 and 48 bits: a guess at either costs a packet. */
const networkDigits = 20
const addressDigits = 12
const noncePattern = /^[0-9a-f]{60}$/
const windowSize = 32

/**
 * Makes nonces and knows them again (RFC 7616 section 5.4). A nonce carries its own proof, so that challenges cost no memory,
 * however many a stranger asks for. Only nonces that were used with a right password are remembered, and only so many.
 *
 *     time, 12 hex digits | salt, 16 | HMAC-SHA-256 of both, the realm and the network, 20 | HMAC of both and the address, 12
 */
export class NonceBook {
  readonly #clock: Clock
  readonly #random: Random
  readonly #key: Buffer
  readonly #lifetimeMilliseconds: number
  readonly #capacity: number
  /** In the order of first use. */
  readonly #used = new OldestFirstMap<UsedNonce>()
  /** Nonces issued up to here may have been used and forgotten while still young; an unknown one of them counts as expired. */
  #forgottenUntil = Number.NEGATIVE_INFINITY

  constructor(options: NonceBookOptions) {
    this.#clock = options.clock
    this.#random = options.random
    this.#key = options.random.bytes(32)
    this.#lifetimeMilliseconds = options.lifetimeMilliseconds
    this.#capacity = options.capacity
  }

  /** How many nonces are remembered. */
  get size(): number {
    return this.#used.size
  }

  issue(scope: NonceScope): string {
    const time = Math.floor(this.#clock.now()).toString(16).padStart(timeDigits, '0')
    const head = time + this.#random.token(headDigits - timeDigits)
    return head + this.#signNetwork(head, scope) + this.#signAddress(head, scope.address)
  }

  check(nonce: string, scope: NonceScope): NonceStanding {
    if (!noncePattern.test(nonce)) return 'foreign'
    const signature = this.#signNetwork(nonce.slice(0, headDigits), scope)
    if (!isSame(signature, nonce.slice(headDigits, headDigits + networkDigits))) return 'foreign'
    const issuedAt = issueTime(nonce)
    // Absolute: a wall clock that was set back must not make nonces that live on and on.
    if (Math.abs(this.#clock.now() - issuedAt) >= this.#lifetimeMilliseconds) return 'expired'
    return this.#used.has(nonce) || issuedAt > this.#forgottenUntil ? 'fresh' : 'expired'
  }

  /** Whether a nonce that is not foreign was sent to this very address: then whoever uses it is there, and forges no source. */
  wentTo(nonce: string, address: string): boolean {
    return isSame(this.#signAddress(nonce.slice(0, headDigits), address), nonce.slice(-addressDigits))
  }

  /**
   * Takes note of a nonce count of a fresh nonce (RFC 7616 section 3.4, `nc`). False if it was seen before, or lies so far below
   * the highest that nobody knows: a replay. Counts may arrive somewhat out of order, as requests over UDP do.
   */
  use(nonce: string, count: number): boolean {
    const used = this.#used.get(nonce)
    if (used === undefined) {
      this.#makeRoom()
      this.#used.set(nonce, { issuedAt: issueTime(nonce), highest: count, window: 1 })
      return true
    }
    const ahead = count - used.highest
    if (ahead > 0) {
      used.window = ahead >= windowSize ? 1 : (used.window << ahead) | 1
      used.highest = count
      return true
    }
    const bit = ahead <= -windowSize ? 0 : 1 << -ahead
    if (bit === 0 || (used.window & bit) !== 0) return false
    used.window |= bit
    return true
  }

  /** Forgets what has expired at the front, and if that is not enough what was used first. */
  #makeRoom(): void {
    const expiredUntil = this.#clock.now() - this.#lifetimeMilliseconds
    for (let first = this.#used.oldest; first !== undefined; first = this.#used.oldest) {
      const { issuedAt } = first.value
      if (issuedAt > expiredUntil) {
        if (this.#used.size < this.#capacity) return
        this.#forgottenUntil = Math.max(this.#forgottenUntil, issuedAt)
      }
      this.#used.delete(first.key)
    }
  }

  #signNetwork(head: string, { realm, network }: NonceScope): string {
    // A realm holds no control character, so that nobody can move the border between the two.
    return this.#sign(`${head}${network}\n${realm}`).slice(0, networkDigits)
  }

  #signAddress(head: string, address: string): string {
    return this.#sign(`${head}\n${address}`).slice(0, addressDigits)
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('hex')
  }
}

const isSame = (left: string, right: string): boolean => timingSafeEqual(Buffer.from(left), Buffer.from(right))

/** When a nonce of ours was made, in milliseconds since the epoch. */
export const issueTime = (nonce: string): number => Number.parseInt(nonce.slice(0, timeDigits), 16)
