export const saturate = (value: number): number => Math.max(-32768, Math.min(32767, value))

/** ITU-T G.722 table 14: the logarithmic scale factor's way back to a linear one. */
const inverseLog = [
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
  3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
]

/** What tells the two bands apart. */
export interface BandConstants {
  /** Scale factor at the start. */
  readonly initialScale: number
  readonly maximumLogScale: number
  /** Bits that the linear scale factor is shifted by. */
  readonly shift: number
  /** By code word: output of the inverse quantizer for a scale factor of one. */
  readonly inverseQuantizer: readonly number[]
  /** By code word: what it adds to the logarithmic scale factor. */
  readonly scaleSteps: readonly number[]
}

const lowerSteps = [-60, -30, 58, 172, 334, 538, 1198, 3042]

/** Lower band; its code word is the upper four of the six bits, for they alone adapt (G.722 section 3.5). */
export const lowerBand: BandConstants = {
  initialScale: 32,
  maximumLogScale: 18_432,
  shift: 8,
  inverseQuantizer: [
    0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
  ],
  scaleSteps: [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0].map((step) => lowerSteps[step] as number),
}

/** Higher band, two bits. */
export const higherBand: BandConstants = {
  initialScale: 8,
  maximumLogScale: 22_528,
  shift: 10,
  inverseQuantizer: [-7408, -1616, 7408, 1616],
  scaleSteps: [798, -214, 798, -214],
}

/** One sub-band's adaptive predictor and scale factor, the same in encoder and decoder (G.722 sections 3.5 to 3.6, 6.2). */
export class G722Band {
  /** The predicted sample. */
  prediction = 0
  /** The quantizer's scale factor. */
  scale: number
  readonly #constants: BandConstants
  #logScale = 0
  #zeroPrediction = 0
  /** Two poles: coefficients, reconstructed samples, partial reconstructions, newest first. */
  #a1 = 0
  #a2 = 0
  #r1 = 0
  #r2 = 0
  #p1 = 0
  #p2 = 0
  /** Six zeros: coefficients and differences, newest first. */
  readonly #b = new Int32Array(6)
  readonly #d = new Int32Array(6)

  constructor(constants: BandConstants) {
    this.#constants = constants
    this.scale = constants.initialScale
  }

  /** Follows a code word, as the other end will. */
  adapt(code: number): void {
    const { inverseQuantizer, scaleSteps, maximumLogScale, shift } = this.#constants
    const difference = (this.scale * (inverseQuantizer[code] as number)) >> 15
    const log = ((this.#logScale * 127) >> 7) + (scaleSteps[code] as number)
    this.#logScale = Math.max(0, Math.min(maximumLogScale, log))
    const exponent = shift - (this.#logScale >> 11)
    const mantissa = inverseLog[(this.#logScale >> 6) & 31] as number
    this.scale = (exponent < 0 ? mantissa << -exponent : mantissa >> exponent) << 2
    this.#predict(difference)
  }

  #predict(difference: number): void {
    const reconstructed = saturate(this.prediction + difference)
    const partial = saturate(this.#zeroPrediction + difference)
    this.#adaptPoles(partial)
    const zeros = this.#adaptZeros(difference)
    this.#r2 = this.#r1
    this.#r1 = reconstructed
    this.#p2 = this.#p1
    this.#p1 = partial
    const poles = ((this.#a1 * saturate(2 * this.#r1)) >> 15) + ((this.#a2 * saturate(2 * this.#r2)) >> 15)
    this.#zeroPrediction = saturate(zeros)
    this.prediction = saturate(saturate(poles) + this.#zeroPrediction)
  }

  #adaptPoles(partial: number): void {
    const sameAsLast = partial < 0 === this.#p1 < 0
    const sameAsOneBefore = partial < 0 === this.#p2 < 0
    const fourTimes = saturate(this.#a1 * 4)
    const towards = Math.min(32767, sameAsLast ? -fourTimes : fourTimes)
    const second = (sameAsOneBefore ? 128 : -128) + (towards >> 7) + ((this.#a2 * 32512) >> 15)
    this.#a2 = Math.max(-12288, Math.min(12288, second))
    const first = saturate((sameAsLast ? 192 : -192) + ((this.#a1 * 32640) >> 15))
    const limit = saturate(15360 - this.#a2)
    this.#a1 = Math.max(-limit, Math.min(limit, first))
  }

  /** Returns what the zeros predict next. */
  #adaptZeros(difference: number): number {
    const [b, d] = [this.#b, this.#d]
    const step = difference === 0 ? 0 : 128
    let sum = 0
    for (let index = 5; index >= 0; index--) {
      const towards = ((d[index] as number) ^ difference) < 0 ? -step : step
      const coefficient = saturate(towards + (((b[index] as number) * 32640) >> 15))
      const value = index === 0 ? difference : (d[index - 1] as number)
      b[index] = coefficient
      d[index] = value
      sum += (coefficient * saturate(2 * value)) >> 15
    }
    return sum
  }
}
