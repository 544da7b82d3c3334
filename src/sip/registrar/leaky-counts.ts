import type { Clock } from '../../clock.ts'
import { OldestFirstMap } from '../../oldest-first-map.ts'

interface Count {
  level: number
  at: number
}

/**
 * Counts by key that leak away with time: one every `leakMilliseconds`. Of so many keys only; the one that was counted longest ago
 * makes room.
 */
export class LeakyCounts {
  readonly #clock: Clock
  readonly #leakMilliseconds: number
  readonly #capacity: number
  readonly #counts = new OldestFirstMap<Count>()

  constructor(clock: Clock, leakMilliseconds: number, capacity: number) {
    this.#clock = clock
    this.#leakMilliseconds = leakMilliseconds
    this.#capacity = capacity
  }

  get size(): number {
    return this.#counts.size
  }

  level(key: string): number {
    const count = this.#counts.get(key)
    if (count === undefined) return 0
    return Math.max(0, count.level - (this.#clock.monotonic() - count.at) / this.#leakMilliseconds)
  }

  /** Returns the new level. */
  add(key: string): number {
    const level = this.level(key) + 1
    this.#counts.set(key, { level, at: this.#clock.monotonic() })
    this.#counts.keep(this.#capacity)
    return level
  }

  /** Milliseconds until the level is so low. */
  timeUntil(key: string, level: number): number {
    return Math.max(0, this.level(key) - level) * this.#leakMilliseconds
  }

  clear(key: string): void {
    this.#counts.delete(key)
  }
}
