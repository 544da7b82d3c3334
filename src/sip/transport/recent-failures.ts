import type { Clock } from '../../clock.ts'
import { OldestFirstMap } from '../../oldest-first-map.ts'

const maximumEntries = 1000

/** Remembers for a while what did not work, so that not every call tries it again. */
export class RecentFailures {
  readonly #clock: Clock
  readonly #memoryMilliseconds: number
  readonly #until = new OldestFirstMap<number>()

  constructor(clock: Clock, memoryMilliseconds = 600_000) {
    this.#clock = clock
    this.#memoryMilliseconds = memoryMilliseconds
  }

  add(name: string): void {
    this.#until.set(name, this.#clock.monotonic() + this.#memoryMilliseconds)
    this.#until.keep(maximumEntries)
  }

  has(name: string): boolean {
    const until = this.#until.get(name)
    if (until === undefined) return false
    if (until > this.#clock.monotonic()) return true
    this.#until.delete(name)
    return false
  }
}
