import type { CodecName } from './codec.ts'
import { g711Samples } from './g711.ts'
import { G722Band, lowerBand } from './g722-band.ts'

/**
 * Quieter sound is taken for none: about -46 dBm0, as a root mean square of 16-bit samples. Ringing tones and speech are at -10 to -35,
 * the noise of a quiet line and a gateway's comfort noise below -50.
 */
const audibleLevel = 80
/** The lower band's predictor holds half of the sample. */
const audiblePrediction = audibleLevel / 2
/** An Opus frame of silence is its head and a few octets. */
const shortestOpusSound = 10

/** Tells whether one stream's packets hold anything that can be heard; digital silence and comfort noise do not. */
export class SoundLevel {
  /** G.722 adapts: how loud a code word is depends on those before it. */
  #band: G722Band | undefined

  /** The octets `from` up to `to` of the packet are sound in this codec. */
  isAudible(codec: CodecName, packet: Uint8Array, from: number, to: number): boolean {
    const octets = to - from
    if (octets <= 0) return false
    if (codec === 'opus') return octets >= shortestOpusSound
    return codec === 'G722' ? this.#isLowerBandAudible(packet, from, to) : isG711Audible(codec, packet, from, to)
  }

  #isLowerBandAudible(packet: Uint8Array, from: number, to: number): boolean {
    this.#band ??= new G722Band(lowerBand)
    const band = this.#band
    let sum = 0
    for (let index = from; index < to; index++) {
      band.adapt(((packet[index] as number) & 0x3f) >> 2)
      sum += band.prediction ** 2
    }
    return sum >= (to - from) * audiblePrediction ** 2
  }
}

const isG711Audible = (codec: 'PCMA' | 'PCMU', packet: Uint8Array, from: number, to: number): boolean => {
  const samples = g711Samples[codec]
  let sum = 0
  for (let index = from; index < to; index++) sum += (samples[packet[index] as number] as number) ** 2
  return sum >= (to - from) * audibleLevel ** 2
}
