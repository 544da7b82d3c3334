import { dtmfColumns, dtmfKeyAt, dtmfRows } from './dtmf.ts'
import type { SampleRate } from './pcm-codec.ts'
import type { DtmfListener } from './telephone-event.ts'

/** Length of what is looked at as one: short enough for two within the shortest key press of 40 ms (ITU-T Q.24). */
const blockMilliseconds = 12.75
/** Quieter is no key press: about -40 dBm0, as a root mean square of 16-bit samples. */
const quietest = 150
/** How much of a block's energy its two frequencies hold at least: speech has other ones beside them. */
const purest = 0.8
/** How much stronger than any other frequency of its group each of the two is: 8 dB. */
const relativePeak = 6.3
/** ITU-T Q.24: the higher frequency may be 4 dB stronger than the lower one, or 8 dB weaker. */
const reverseTwist = 2.5
const normalTwist = 6.3

/**
 * Hears key presses in sound (DTMF, ITU-T Q.23). Goertzel's algorithm finds the energy at the eight frequencies, block by block; a
 * key begins with two blocks of it and ends with two that are not.
 */
export class DtmfDetector {
  readonly #listener: DtmfListener
  readonly #blockLength: number
  readonly #coefficients: readonly number[]
  /** Of each frequency, the two newest values of its filter. */
  readonly #newest = new Float64Array(8)
  readonly #before = new Float64Array(8)
  #energy = 0
  #samples = 0
  /** The key of the newest block; empty for none. */
  #heard = ''
  /** The key that is pressed, and for how many blocks. */
  #pressed = ''
  #blocks = 0

  constructor(sampleRate: SampleRate, listener: DtmfListener) {
    this.#listener = listener
    this.#blockLength = Math.round((sampleRate * blockMilliseconds) / 1000)
    this.#coefficients = [...dtmfRows, ...dtmfColumns].map((hertz) => 2 * Math.cos((2 * Math.PI * hertz) / sampleRate))
  }

  /** A key is pressed, or seems to be. */
  get isTone(): boolean {
    return this.#heard !== '' || this.#pressed !== ''
  }

  add(samples: Int16Array): void {
    for (let start = 0; start < samples.length; ) {
      const end = Math.min(samples.length, start + this.#blockLength - this.#samples)
      this.#filter(samples, start, end)
      this.#samples += end - start
      start = end
      if (this.#samples === this.#blockLength) this.#endBlock()
    }
  }

  #filter(samples: Int16Array, start: number, end: number): void {
    for (let index = start; index < end; index++) this.#energy += (samples[index] as number) ** 2
    for (let tone = 0; tone < 8; tone++) {
      const coefficient = this.#coefficients[tone] as number
      let newest = this.#newest[tone] as number
      let before = this.#before[tone] as number
      for (let index = start; index < end; index++) {
        const next = (samples[index] as number) + coefficient * newest - before
        before = newest
        newest = next
      }
      this.#newest[tone] = newest
      this.#before[tone] = before
    }
  }

  #endBlock(): void {
    const key = this.#keyOfBlock()
    const isRepeated = key === this.#heard
    this.#heard = key
    this.#newest.fill(0)
    this.#before.fill(0)
    this.#energy = 0
    this.#samples = 0
    if (this.#pressed !== '') this.#blocks++
    if (!isRepeated || key === this.#pressed) return
    this.#release()
    this.#pressed = key
    this.#blocks = 2
  }

  /** The two blocks that ended it were counted as its own. */
  #release(): void {
    if (this.#pressed === '') return
    this.#listener(this.#pressed, Math.round((this.#blocks - 2) * blockMilliseconds))
  }

  #keyOfBlock(): string {
    if (this.#energy < this.#blockLength * quietest ** 2) return ''
    const powers = Array.from(this.#coefficients, (coefficient, tone) => {
      const [newest, before] = [this.#newest[tone] as number, this.#before[tone] as number]
      return newest ** 2 + before ** 2 - coefficient * newest * before
    })
    const [row, column] = [strongest(powers.slice(0, 4)), strongest(powers.slice(4))]
    if (row === undefined || column === undefined) return ''
    const [low, high] = [powers[row] as number, powers[4 + column] as number]
    if (high > low * reverseTwist || low > high * normalTwist) return ''
    // A pure tone's power is its energy times half the number of samples.
    const isPure = 2 * (low + high) > purest * this.#energy * this.#blockLength
    return isPure ? dtmfKeyAt(row, column) : ''
  }
}

/** The place of the one that outdoes all others of its group. */
const strongest = (powers: readonly number[]): number | undefined => {
  const best = powers.indexOf(Math.max(...powers))
  const isAlone = powers.every((power, index) => index === best || (powers[best] as number) > power * relativePeak)
  return isAlone ? best : undefined
}
