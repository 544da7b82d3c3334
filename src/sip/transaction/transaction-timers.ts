import type { Clock, Timer } from '../../clock.ts'

/** How many transactions wait for a moment; a shared count for `counts()`. */
export interface TimerTally {
  running: number
}

/**
 * The two moments that a transaction may wait for at once, the next repetition (timers A, E, G) and an end (all others), on one
 * timer of the clock. The timer is armed lazily: where a later moment takes an earlier one's place it fires early and looks again.
 */
export class TransactionTimers<Input extends string> {
  readonly #clock: Clock
  readonly #tally: TimerTally
  readonly #onTimer: (input: Input) => void
  #repetition: Input | undefined
  #repetitionAt = Number.POSITIVE_INFINITY
  #end: Input | undefined
  #endAt = Number.POSITIVE_INFINITY
  #timer: Timer | undefined
  #armedFor = Number.POSITIVE_INFINITY
  readonly #fire = (): void => this.#fired()

  constructor(clock: Clock, tally: TimerTally, onTimer: (input: Input) => void) {
    this.#clock = clock
    this.#tally = tally
    this.#onTimer = onTimer
  }

  startRepetition(input: Input, milliseconds: number): void {
    this.#repetition = input
    this.#repetitionAt = this.#clock.monotonic() + milliseconds
    this.#arm(this.#repetitionAt, milliseconds)
  }

  startEnd(input: Input, milliseconds: number): void {
    this.#end = input
    this.#endAt = this.#clock.monotonic() + milliseconds
    this.#arm(this.#endAt, milliseconds)
  }

  stop(): void {
    this.#repetition = undefined
    this.#repetitionAt = Number.POSITIVE_INFINITY
    this.#end = undefined
    this.#endAt = Number.POSITIVE_INFINITY
    this.#disarm()
  }

  #arm(at: number, milliseconds: number): void {
    if (at >= this.#armedFor) return
    this.#disarm()
    this.#armedFor = at
    this.#timer = this.#clock.setTimeout(this.#fire, milliseconds)
    this.#tally.running++
  }

  #disarm(): void {
    if (this.#timer === undefined) return
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    this.#tally.running--
  }

  #fired(): void {
    this.#timer = undefined
    this.#armedFor = Number.POSITIVE_INFINITY
    this.#tally.running--
    const now = this.#clock.monotonic()
    const end = this.#end
    if (end !== undefined && this.#endAt <= now) {
      this.#end = undefined
      this.#endAt = Number.POSITIVE_INFINITY
      this.#onTimer(end)
    } else if (this.#repetition !== undefined && this.#repetitionAt <= now) {
      const repetition = this.#repetition
      this.#repetition = undefined
      this.#repetitionAt = Number.POSITIVE_INFINITY
      this.#onTimer(repetition)
    }
    const next = Math.min(this.#endAt, this.#repetitionAt)
    if (next !== Number.POSITIVE_INFINITY) this.#arm(next, Math.max(0, next - this.#clock.monotonic()))
  }
}
