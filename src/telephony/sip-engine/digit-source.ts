import { parseInfoDigit } from './parse-info-digit.ts'

type DigitWay = 'media' | 'info'

/**
 * The digits of one leg, from telephone events (RFC 4733) and from INFO. Some phones send each key both ways: the way that the
 * first digit came by is the one that counts from then on, so that no key is heard twice.
 */
export class DigitSource {
  readonly #onDigit: (digit: string, milliseconds: number) => void
  #way: DigitWay | undefined

  constructor(onDigit: (digit: string, milliseconds: number) => void) {
    this.#onDigit = onDigit
  }

  takeEvent(digit: string, milliseconds: number): void {
    this.#take('media', digit, milliseconds)
  }

  takeInfo(contentType: string, body: string): void {
    const parsed = parseInfoDigit(contentType, body)
    if (parsed !== undefined) this.#take('info', parsed.digit, parsed.milliseconds)
  }

  #take(way: DigitWay, digit: string, milliseconds: number): void {
    this.#way ??= way
    if (way === this.#way) this.#onDigit(digit, milliseconds)
  }
}
