import type { Clock, Timer } from '../../clock.ts'
import { type InfoDigit, parseInfoDigit } from './parse-info-digit.ts'

/** `media`: telephone events or tones, which the relay carries to the other leg. `info`: only we know of it. */
export type DigitWay = 'media' | 'info'

export type TakeDigit = (digit: string, milliseconds: number, way: DigitWay) => void

/** The first key by INFO waits so long: the media may bring the same one, at the end of a key press of usual length. */
const patienceMilliseconds = 600
/** An INFO that was told already and comes by the media as well, later than that. */
const copyMilliseconds = 3000
/** Nobody types more meanwhile. */
const maximumWaiting = 16

/**
 * The digits of one leg, from the media and from INFO. Some phones send each key both ways; then what the media bring counts, for
 * that reaches the other leg as it is. INFO counts where the media bring nothing.
 */
export class DigitSource {
  readonly #clock: Clock
  readonly #take: TakeDigit
  #way: DigitWay | undefined
  #waiting: InfoDigit[] = []
  #timer: Timer | undefined
  #last: { readonly digit: string; readonly at: number } | undefined

  constructor(clock: Clock, take: TakeDigit) {
    this.#clock = clock
    this.#take = take
  }

  takeMedia(digit: string, milliseconds: number): void {
    const last = this.#last
    const isCopy = last?.digit === digit && this.#clock.monotonic() - last.at < copyMilliseconds
    this.#last = undefined
    this.#way = 'media'
    // They were copies of this one and of those that come.
    this.stop()
    if (!isCopy) this.#take(digit, milliseconds, 'media')
  }

  takeInfo(body: string): void {
    const parsed = parseInfoDigit(body)
    if (parsed === undefined || this.#way === 'media') return
    if (this.#way === 'info') return this.#takeInfo(parsed)
    if (this.#waiting.length < maximumWaiting) this.#waiting.push(parsed)
    this.#timer ??= this.#clock.setTimeout(() => this.#believeInfo(), patienceMilliseconds)
  }

  /** What waits is forgotten. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting = []
  }

  #believeInfo(): void {
    this.#way = 'info'
    const waiting = this.#waiting
    this.stop()
    for (const digit of waiting) this.#takeInfo(digit)
  }

  #takeInfo({ digit, milliseconds }: InfoDigit): void {
    this.#last = { digit, at: this.#clock.monotonic() }
    this.#take(digit, milliseconds, 'info')
  }
}
