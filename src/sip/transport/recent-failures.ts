import type { Clock } from '../../clock.ts'

const memoryMilliseconds = 600_000
const maximumEntries = 1000

/** Remembers for a while what did not work, so that it is not tried for every call. */
export class RecentFailures {
  readonly #clock: Clock
  readonly #until = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(name: string): void {
    this.#until.delete(name)
    if (this.#until.size >= maximumEntries) this.#until.delete(this.#until.keys().next().value as string)
    this.#until.set(name, this.#clock.monotonic() + memoryMilliseconds)
  }

  has(name: string): boolean {
    const until = this.#until.get(name)
    if (until === undefined) return false
    if (until > this.#clock.monotonic()) return true
    this.#until.delete(name)
    return false
  }
}
