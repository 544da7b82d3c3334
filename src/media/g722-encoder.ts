import { G722Band, higherBand, lowerBand, saturate } from './g722-band.ts'
import { G722Filter } from './g722-filter.ts'
import type { PcmEncoder } from './pcm-codec.ts'

/** Table 13: decision levels of the 60-level quantizer, for a scale factor of one; upper ends of the intervals 1 to 29. */
const decisionLevels = Int16Array.of(
  35,
  72,
  110,
  150,
  190,
  233,
  276,
  323,
  370,
  422,
  473,
  530,
  587,
  650,
  714,
  786,
  858,
  940,
  1023,
  1121,
  1219,
  1339,
  1458,
  1612,
  1765,
  1980,
  2195,
  2557,
  2919,
)
/** Decision level of the higher band's four-level quantizer. */
const higherDecisionLevel = 564

/** G.722 at 64 kbit/s (mode 1) of linear samples at 16 kHz: one octet for two samples. An odd last sample is dropped. */
export class G722Encoder implements PcmEncoder {
  readonly sampleRate = 16_000
  readonly #lower = new G722Band(lowerBand)
  readonly #higher = new G722Band(higherBand)
  readonly #filter = new G722Filter()

  encode(samples: Int16Array, into: Uint8Array): number {
    const filter = this.#filter
    const [lower, higher] = [this.#lower, this.#higher]
    const length = samples.length >> 1
    filter.begin(length)
    for (let index = 0; index < length; index++) {
      filter.push(samples[2 * index] as number, samples[2 * index + 1] as number)
      const { odd, even } = filter
      const lowerCode = quantizeLower(saturate(((even + odd) >> 14) - lower.prediction), lower.scale)
      const higherCode = quantizeHigher(saturate(((even - odd) >> 14) - higher.prediction), higher.scale)
      lower.adapt(lowerCode >> 2)
      higher.adapt(higherCode)
      into[index] = (higherCode << 6) | lowerCode
    }
    return length
  }
}

/** The whole of a sound at once. */
export const encodeG722 = (samples: Int16Array): Uint8Array => {
  const encoded = new Uint8Array(samples.length >> 1)
  new G722Encoder().encode(samples, encoded)
  return encoded
}

const quantizeLower = (error: number, scale: number): number => {
  const magnitude = error >= 0 ? error : -(error + 1)
  // The first level above the magnitude, by halving: 30 where there is none.
  let interval = 1
  let end = 30
  while (interval < end) {
    const middle = (interval + end) >> 1
    if (magnitude < ((decisionLevels[middle - 1] as number) * scale) >> 12) end = middle
    else interval = middle + 1
  }
  // Tables 15 and 17: code words count down as magnitudes grow; those of the two smallest negative intervals stand apart.
  if (error >= 0) return 62 - interval
  return interval <= 2 ? 64 - interval : 34 - interval
}

const quantizeHigher = (error: number, scale: number): number => {
  const magnitude = error >= 0 ? error : -(error + 1)
  const isLarge = magnitude >= (higherDecisionLevel * scale) >> 12
  if (error >= 0) return isLarge ? 2 : 3
  return isLarge ? 0 : 1
}
