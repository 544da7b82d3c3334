import { G722Band, higherBand, lowerBand } from './g722-band.ts'

/** ITU-T G.722 table 11: half of the 24 taps of the quadrature mirror filter; the other half is its mirror image. */
const mirrorTaps = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11]

/** Table 13: decision levels of the 60-level quantizer, for a scale factor of one; upper ends of the intervals 1 to 29. */
const decisionLevels = [
  35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458,
  1612, 1765, 1980, 2195, 2557, 2919,
]
/** Decision level of the higher band's four-level quantizer. */
const higherDecisionLevel = 564

const saturate = (value: number): number => Math.max(-32768, Math.min(32767, value))

/**
 * G.722 at 64 kbit/s (mode 1) of linear samples at 16 kHz: one byte for two samples. Here for tones alone, which are encoded once
 * and played many times, so plainness goes before speed.
 */
export const encodeG722 = (samples: Int16Array): Uint8Array => {
  const lower = new G722Band(lowerBand)
  const higher = new G722Band(higherBand)
  return Uint8Array.from({ length: samples.length >> 1 }, (_, index) => {
    const [low, high] = split(samples, 2 * index)
    const lowerCode = quantizeLower(saturate(low - lower.prediction), lower.scale)
    const higherCode = quantizeHigher(saturate(high - higher.prediction), higher.scale)
    lower.adapt(lowerCode >> 2)
    higher.adapt(higherCode)
    return (higherCode << 6) | lowerCode
  })
}

/** The two bands' samples at `at`, from the 24 samples that end at `at + 1` (section 3.1). */
const split = (samples: Int16Array, at: number): readonly [number, number] => {
  let odd = 0
  let even = 0
  for (let tap = 0; tap < 12; tap++) {
    const first = at - 22 + 2 * tap
    odd += (samples[first] ?? 0) * (mirrorTaps[tap] as number)
    even += (samples[first + 1] ?? 0) * (mirrorTaps[11 - tap] as number)
  }
  return [(even + odd) >> 14, (even - odd) >> 14]
}

const quantizeLower = (error: number, scale: number): number => {
  const magnitude = error >= 0 ? error : -(error + 1)
  const found = decisionLevels.findIndex((level) => magnitude < (level * scale) >> 12)
  const interval = found === -1 ? 30 : found + 1
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
