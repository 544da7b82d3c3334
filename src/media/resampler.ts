import { kaiserWindow } from './kaiser-window.ts'
import type { SampleRate } from './pcm-codec.ts'

/** Linear samples at one rate to those at another; remembers the end of what came before, so that frames join without a seam. */
export interface Resampler {
  /** Writes to the beginning of `into`, and returns how many samples it wrote. */
  resample(samples: Int16Array, into: Int16Array): number
}

/**
 * A linear-phase half-band low-pass filter at 16 kHz: flat to 3.5 kHz, 60 dB down from 4.5 kHz. Its taps lie symmetrically around
 * a middle one of a half; those at even distances are zero, so only the ones at 1, 3, 5, … are here. A sinc under Kaiser's window,
 * scaled so that a constant stays what it is.
 */
const sideTaps = ((count: number, beta: number): Float64Array => {
  const taps = Float64Array.from({ length: count }, (_, index) => {
    const distance = 2 * index + 1
    const window = kaiserWindow(distance / (2 * count), beta)
    return ((index % 2 === 0 ? 1 : -1) * window) / (Math.PI * distance)
  })
  const sum = taps.reduce((total, tap) => total + tap, 0)
  return taps.map((tap) => tap / (4 * sum))
})(16, 5.65)

/** The samples of a frame behind the last ones of the frame before. */
class Window {
  readonly #memory: number
  #samples: Int16Array
  #end: number

  constructor(memory: number) {
    this.#memory = memory
    this.#samples = new Int16Array(memory + 320)
    this.#end = memory
  }

  take(frame: Int16Array): Int16Array {
    const kept = this.#samples.subarray(this.#end - this.#memory, this.#end)
    this.#end = this.#memory + frame.length
    if (this.#samples.length < this.#end) this.#samples = new Int16Array(this.#end)
    this.#samples.set(kept)
    this.#samples.set(frame, this.#memory)
    return this.#samples
  }
}

/** 8 kHz to 16 kHz: a zero between any two samples, then the filter. */
class Doubler implements Resampler {
  readonly #window = new Window(2 * sideTaps.length - 1)

  resample(samples: Int16Array, into: Int16Array): number {
    const window = this.#window.take(samples)
    for (let index = 0; index < samples.length; index++) {
      const before = index + sideTaps.length - 1
      let sum = 0
      for (let tap = 0; tap < sideTaps.length; tap++) {
        const pair = (window[before - tap] as number) + (window[before + 1 + tap] as number)
        sum += (sideTaps[tap] as number) * pair
      }
      // On a sample the filter sees that one alone, between two only the others.
      into[2 * index] = window[before] as number
      into[2 * index + 1] = toSample(2 * sum)
    }
    return 2 * samples.length
  }
}

/** 16 kHz to 8 kHz: the filter, then every other sample. An odd last sample is dropped. */
class Halver implements Resampler {
  readonly #window = new Window(4 * sideTaps.length - 3)

  resample(samples: Int16Array, into: Int16Array): number {
    const window = this.#window.take(samples)
    const length = samples.length >> 1
    for (let index = 0; index < length; index++) {
      const middle = 2 * index + 2 * sideTaps.length - 1
      let sum = (window[middle] as number) / 2
      for (let tap = 0; tap < sideTaps.length; tap++) {
        const distance = 2 * tap + 1
        const pair = (window[middle - distance] as number) + (window[middle + distance] as number)
        sum += (sideTaps[tap] as number) * pair
      }
      into[index] = toSample(sum)
    }
    return length
  }
}

const toSample = (value: number): number => Math.max(-32_768, Math.min(32_767, Math.round(value)))

const sameRate: Resampler = {
  resample(samples, into) {
    into.set(samples)
    return samples.length
  },
}

export const createResampler = (from: SampleRate, to: SampleRate): Resampler => {
  if (from === to) return sameRate
  return from < to ? new Doubler() : new Halver()
}
