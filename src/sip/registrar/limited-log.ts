import type { Clock } from '../../clock.ts'
import type { Log, LogFields } from '../../log.ts'

const burst = 10
const millisecondsPerLine = 2000

/** Warnings that strangers can cause: so many at once, one every two seconds on, and in each how many were left out before it. */
export class LimitedLog {
  readonly #clock: Clock
  readonly #log: Log
  #lines = burst
  #countedAt: number
  #leftOut = 0

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
    this.#countedAt = clock.monotonic()
  }

  warn(fields: LogFields, message: string): void {
    const now = this.#clock.monotonic()
    this.#lines = Math.min(burst, this.#lines + (now - this.#countedAt) / millisecondsPerLine)
    this.#countedAt = now
    if (this.#lines < 1) {
      this.#leftOut++
      return
    }
    this.#lines--
    this.#log.warn(this.#leftOut === 0 ? fields : { ...fields, leftOut: this.#leftOut }, message)
    this.#leftOut = 0
  }
}
