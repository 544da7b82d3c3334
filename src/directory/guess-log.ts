import { addressBlock } from '../address-block.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { OldestFirstMap } from '../oldest-first-map.ts'
import { TokenBuckets } from './token-bucket.ts'

/** One line an address in this time: it says how often it was since the last. */
const quietMilliseconds = 10_000
/** Lines of all addresses together: who comes from thousands must not fill the disk. */
const linesPerSecond = 5
const linesAtOnce = 50
/** Of how many addresses it is known when the last line was; the one of the longest ago goes first. */
const capacity = 10_000

export interface Guess {
  /** What was wrong. */
  readonly credential: 'password' | 'key'
  /** The client's address. */
  readonly from: string
  /** A user that exists; what does not may be a password in the wrong field, and is no matter for a log. */
  readonly user?: string | undefined
}

/** Tells the log of wrong credentials: a line that fail2ban can read, and not one for each of a thousand. */
export class GuessLog {
  readonly #clock: Clock
  readonly #log: Log
  readonly #lines: TokenBuckets
  readonly #byBlock = new OldestFirstMap<{ loggedAt: number; untold: number }>()

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
    this.#lines = new TokenBuckets(clock, linesPerSecond, linesAtOnce)
  }

  note({ credential, from, user }: Guess): void {
    const block = addressBlock(from)
    const known = this.#byBlock.get(block) ?? { loggedAt: Number.NEGATIVE_INFINITY, untold: 0 }
    known.untold++
    this.#byBlock.set(block, known)
    this.#byBlock.keep(capacity)
    const now = this.#clock.monotonic()
    if (now - known.loggedAt < quietMilliseconds || this.#lines.take('lines') > 0) return
    const fields = { address: from, credential, times: known.untold, ...(user === undefined ? {} : { user }) }
    this.#log.warn(fields, 'wrong credentials')
    known.loggedAt = now
    known.untold = 0
  }
}
