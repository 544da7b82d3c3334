import type { Clock } from '../clock.ts'
import { OldestFirstMap } from '../oldest-first-map.ts'

/** Remembers so many entries for so long; the one that was set longest ago goes first. */
export class RecentMap<Value> {
  readonly #clock: Clock
  readonly #capacity: number
  readonly #milliseconds: number
  readonly #entries = new OldestFirstMap<{ readonly value: Value; readonly until: number }>()

  constructor(clock: Clock, capacity: number, milliseconds: number) {
    this.#clock = clock
    this.#capacity = capacity
    this.#milliseconds = milliseconds
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (this.#clock.monotonic() < entry.until) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, value: Value): void {
    this.#entries.set(key, { value, until: this.#clock.monotonic() + this.#milliseconds })
    this.#entries.keep(this.#capacity)
  }
}
