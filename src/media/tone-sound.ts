import type { CodecName } from './codec.ts'
import { encodeAlaw, encodeUlaw } from './g711.ts'
import { encodeG722 } from './g722-encoder.ts'
import type { ToneCadence, ToneStep } from './tones.ts'

/** Bytes of one packet of 20 ms: all three codecs that we make sound in take 64 kbit/s. */
export const soundPacketBytes = 160
export const soundPacketMilliseconds = 20
/** Timestamp units of one packet: all three count at 8 kHz. */
export const soundPacketSamples = 160

/** Peak of one frequency sounding alone: about -10 dBm0, the middle of E.180's range. */
const amplitude = 8000
/** How deep a modulated tone dips. */
const modulationDepth = 0.9
/** Sound of a step begins and ends over so many milliseconds, so that it does not click. */
const fadeMilliseconds = 2
/** A cadence that is longer is cut; what a caller hands in is not let to fill the memory. */
const maximumMilliseconds = 30_000

/** One period of a cadence in linear samples. */
export const synthesizeTone = (cadence: ToneCadence, sampleRate: number): Int16Array => {
  const total = cadence.reduce((sum, step) => sum + step.milliseconds, 0)
  const samples = new Int16Array(Math.round((Math.min(total, maximumMilliseconds) * sampleRate) / 1000))
  let at = 0
  for (const step of cadence) {
    const length = Math.min(Math.round((step.milliseconds * sampleRate) / 1000), samples.length - at)
    // A tone of one step never pauses; it must join onto itself.
    if (step.frequencies.length > 0) sound(samples.subarray(at, at + length), step, sampleRate, cadence.length > 1)
    at += length
  }
  return samples
}

const sound = (samples: Int16Array, step: ToneStep, sampleRate: number, fades: boolean): void => {
  // Each of several frequencies is quieter, so that their sum is as loud as one.
  const level = amplitude / Math.sqrt(step.frequencies.length)
  const fade = fades ? (fadeMilliseconds * sampleRate) / 1000 : 0
  for (let index = 0; index < samples.length; index++) {
    const angle = (2 * Math.PI * index) / sampleRate
    let value = 0
    for (const frequency of step.frequencies) value += Math.sin(frequency * angle)
    if (step.modulation !== undefined) {
      value *= (1 + modulationDepth * Math.sin(step.modulation * angle)) / (1 + modulationDepth)
    }
    const edge = fade === 0 ? 1 : Math.min(1, index / fade, (samples.length - 1 - index) / fade)
    samples[index] = Math.round(value * level * edge)
  }
}

const encoders: Readonly<Record<Exclude<CodecName, 'opus'>, (cadence: ToneCadence) => Uint8Array>> = {
  PCMA: (cadence) => Uint8Array.from(synthesizeTone(cadence, 8000), encodeAlaw),
  PCMU: (cadence) => Uint8Array.from(synthesizeTone(cadence, 8000), encodeUlaw),
  G722: (cadence) => encodeG722(synthesizeTone(cadence, 16_000)),
}

/** Encoded periods, made once for all legs that hear the same tone; as many as the country table holds, twice over. */
const maximumCached = 128
const cache = new Map<string, Uint8Array>()

/** One period of a tone, encoded. Played in a loop. */
export const toneSound = (cadence: ToneCadence, codec: Exclude<CodecName, 'opus'>): Uint8Array => {
  const key = `${codec} ${JSON.stringify(cadence)}`
  let encoded = cache.get(key)
  if (encoded === undefined) {
    encoded = encoders[codec](cadence)
    if (cache.size >= maximumCached) cache.clear()
    cache.set(key, encoded)
  }
  return encoded
}
