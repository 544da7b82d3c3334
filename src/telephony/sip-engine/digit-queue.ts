import type { Clock, Timer } from '../../clock.ts'

/** How long a key is pressed, in milliseconds, and how long after it the next is: enough for any menu. */
const pressMilliseconds = 100
const nextMilliseconds = 250
const pauseMilliseconds = 500
/** Keys that wait for those before them; whoever wants more is not typing. */
const mostWaiting = 256

/** Presses keys one after the other, with the pauses (`w`) that stand between them. */
export class DigitQueue {
  readonly #clock: Clock
  readonly #press: (digit: string, milliseconds: number) => void
  #waiting = ''
  #timer: Timer | undefined

  constructor(clock: Clock, press: (digit: string, milliseconds: number) => void) {
    this.#clock = clock
    this.#press = press
  }

  /** Behind what still waits. */
  send(digits: string): void {
    this.#waiting = (this.#waiting + digits).slice(0, mostWaiting)
    if (this.#timer === undefined) this.#next()
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#waiting = ''
  }

  #next(): void {
    const digit = this.#waiting.charAt(0)
    this.#waiting = this.#waiting.slice(1)
    this.#timer = undefined
    if (digit === '') return
    if (digit !== 'w') this.#press(digit, pressMilliseconds)
    this.#timer = this.#clock.setTimeout(() => this.#next(), digit === 'w' ? pauseMilliseconds : nextMilliseconds)
  }
}
