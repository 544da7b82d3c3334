import { addressBlock, networkOf } from '../../address-block.ts'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { OldestFirstMap } from '../../oldest-first-map.ts'
import { LeakyCounts } from './leaky-counts.ts'
import { LimitedLog } from './limited-log.ts'

/** Who wants a password to be looked at. */
export interface Guesser {
  /** The IP address that the request came from. */
  readonly host: string
  /** The user that the credentials name. */
  readonly username: string
  /** A line is registered from this address now, or the other addresses of its holder. */
  readonly hasLine: boolean
  /** There is such a user. What does not exist may be a password in the wrong field, and is no matter for a log. */
  readonly isKnown: boolean
  /** The phone of this very registration: it refreshes what it has, with a password of the same line. */
  readonly isRefresh: boolean
  /**
   * The challenge went to this very address, so that it is no forged one. If not, it may be a phone whose NAT changes its address, or
   * anybody of its network (IPv4 /24): then the network pays for a wrong password, and not who may be at the address.
   */
  readonly isSeen: boolean
}

/** What is known of earlier guesses. */
export interface GuessLevels {
  /** Wrong passwords for this user from this address, leaking away. */
  readonly byUser: number
  /** Wrong passwords from this address, leaking away. */
  readonly byAddress: number
  /** The address has used up its budget, and its time out is not over. */
  readonly isShutOut: boolean
}

/** `slow`: the password is not looked at now, but later. `refuse`: nobody at this address is heard. */
export type GuessVerdict = 'check' | 'slow' | 'refuse'

/** Wrong passwords that a phone with a wrong one, or its owner, may need. */
const userBudget = 5
const userLeakMilliseconds = 60_000
/** An office behind one address, with a phone or two that have the wrong password. */
const addressBudget = 50
const addressLeakMilliseconds = 30_000
const shutOutMilliseconds = 600_000
/** Bound the tables: 200 octets an entry. */
const addressCapacity = 20_000
const userCapacity = 50_000
const longestUsername = 64

/** Whether a password is looked at: a phone that is registered, or shares its address with one, is never shut out. */
export const decideGuess = (
  { hasLine, isRefresh }: Pick<Guesser, 'hasLine' | 'isRefresh'>,
  { byUser, byAddress, isShutOut }: GuessLevels,
): GuessVerdict => {
  if (isRefresh) return 'check'
  if (isShutOut && !hasLine) return 'refuse'
  if (byUser >= userBudget) return 'slow'
  // One at a time as the count leaks away: for phones that share an address with somebody who guesses.
  return byAddress >= addressBudget ? 'slow' : 'check'
}

/** Slows down who guesses SIP passwords, then shuts the address out for a while (IPv6 by /64), and tells the log. */
export class GuessGuard {
  readonly #clock: Clock
  readonly #log: Log
  readonly #refusals: LimitedLog
  readonly #byAddress: LeakyCounts
  readonly #byUser: LeakyCounts
  readonly #shutOutUntil = new OldestFirstMap<number>()

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
    this.#refusals = new LimitedLog(clock, log)
    this.#byAddress = new LeakyCounts(clock, addressLeakMilliseconds, addressCapacity)
    this.#byUser = new LeakyCounts(clock, userLeakMilliseconds, userCapacity)
  }

  get size(): number {
    return this.#byAddress.size + this.#byUser.size + this.#shutOutUntil.size
  }

  decide(guesser: Guesser): GuessVerdict {
    const address = addressOf(guesser)
    return decideGuess(guesser, {
      byUser: this.#byUser.level(userKey(address, guesser.username)),
      byAddress: this.#byAddress.level(address),
      isShutOut: this.#isShutOut(address),
    })
  }

  /** The address has used up its budget, and its time out is not over. */
  isShutOut(host: string): boolean {
    return this.#isShutOut(addressBlock(host))
  }

  /** Seconds until a password that was slowed down is checked; at least 1. */
  retrySeconds(guesser: Pick<Guesser, 'host' | 'username' | 'isSeen'>): number {
    const address = addressOf(guesser)
    const wait = Math.max(
      this.#byUser.timeUntil(userKey(address, guesser.username), userBudget - 1),
      this.#byAddress.timeUntil(address, addressBudget - 1),
    )
    return Math.max(1, Math.ceil(wait / 1000))
  }

  /** A password was looked at, and was wrong. */
  wrong(guesser: Guesser): void {
    const { host, username, isKnown, hasLine, isSeen } = guesser
    const address = addressOf(guesser)
    this.#byUser.add(userKey(address, username))
    const guesses = this.#byAddress.add(address)
    // Programs that shut out an `address` must not do so because somebody forged it.
    const fields = { ...(isSeen ? { address: host } : { network: address }), credential: 'sip-password' } as const
    this.#refusals.warn({ ...fields, ...(isKnown ? { user: username } : {}) }, 'wrong credentials')
    if (guesses < addressBudget || hasLine) return
    this.#shutOut(address)
    // Never left out: programs that watch the log act on it (docs/configuration.md).
    const told = { ...fields, times: Math.round(guesses), refusedSeconds: shutOutMilliseconds / 1000 }
    this.#log.warn(told, 'wrong credentials; the address is refused for a while')
  }

  /** A password was right. */
  right(guesser: Pick<Guesser, 'host' | 'username' | 'isSeen'>): void {
    this.#byUser.clear(userKey(addressOf(guesser), guesser.username))
  }

  #isShutOut(address: string): boolean {
    const until = this.#shutOutUntil.get(address)
    return until !== undefined && until > this.#clock.monotonic()
  }

  #shutOut(address: string): void {
    const now = this.#clock.monotonic()
    // The oldest ends first, because every time out is equally long.
    this.#shutOutUntil.set(address, now + shutOutMilliseconds)
    for (let first = this.#shutOutUntil.oldest; first !== undefined; first = this.#shutOutUntil.oldest) {
      if (first.value > now && this.#shutOutUntil.size <= addressCapacity) break
      this.#shutOutUntil.delete(first.key)
    }
  }
}

/** Who pays: the address, or the network of one that may be forged. */
const addressOf = ({ host, isSeen }: Pick<Guesser, 'host' | 'isSeen'>): string =>
  isSeen ? addressBlock(host) : networkOf(host)

const userKey = (address: string, username: string): string => `${address} ${username.slice(0, longestUsername)}`
