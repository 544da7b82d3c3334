import { setImmediate } from 'node:timers/promises'
import { kaiserWindow } from './kaiser-window.ts'

/** So many of the sinc's zeros stand on each side: flat to nine tenths of the band, 70 dB down beyond it. */
const zeros = 24
const beta = 7
/** The middle of the filter's slope, as a share of half the lower rate. */
const cutoff = 0.93
/** Samples made in one turn of the event loop: about a millisecond. */
const samplesAtOnce = 8192

const greatestCommonDivisor = (one: number, other: number): number =>
  other === 0 ? one : greatestCommonDivisor(other, one % other)

/**
 * All of a recorded sound at another rate, for once; what sounds at the moment is for a {@link Resampler}. A windowed sinc, whose middle
 * stands on each new sample, so that nothing is late. Long sounds let others have their turns. Needs a table of one filter for each place that
 * a new sample can have between two old ones: rates shall have a great common divisor.
 */
export const convertRate = async (samples: Float32Array, from: number, to: number): Promise<Float32Array> => {
  if (from === to) return samples
  const divisor = greatestCommonDivisor(from, to)
  const [phases, step] = [to / divisor, from / divisor]
  const filters = createFilters(phases, Math.min(1, to / from) * cutoff)
  const taps = filters.length / phases
  const converted = new Float32Array(Math.round((samples.length * to) / from))
  for (let start = 0; start < converted.length; start += samplesAtOnce) {
    const end = Math.min(converted.length, start + samplesAtOnce)
    for (let index = start; index < end; index++) {
      const place = index * step
      const filter = (place % phases) * taps
      const first = Math.floor(place / phases) - taps / 2 + 1
      let sum = 0
      for (let tap = 0; tap < taps; tap++) sum += (filters[filter + tap] as number) * (samples[first + tap] ?? 0)
      converted[index] = sum
    }
    await setImmediate()
  }
  return converted
}

/** One filter behind the other, each scaled so that a constant stays what it is. `band`: what passes, as a share of half the old rate. */
const createFilters = (phases: number, band: number): Float64Array => {
  const half = Math.ceil(zeros / band)
  const taps = 2 * half
  const filters = new Float64Array(phases * taps)
  for (let phase = 0; phase < phases; phase++) {
    const filter = filters.subarray(phase * taps, (phase + 1) * taps)
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - half + 1 - phase / phases
      filter[tap] = sinc(band * distance) * kaiserWindow(distance / half, beta)
    }
    const sum = filter.reduce((total, value) => total + value, 0)
    for (let tap = 0; tap < taps; tap++) filter[tap] = (filter[tap] as number) / sum
  }
  return filters
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))
