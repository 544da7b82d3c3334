import { G722Band, higherBand, lowerBand, saturate } from './g722-band.ts'
import { G722Filter } from './g722-filter.ts'
import type { PcmDecoder } from './pcm-codec.ts'

/** ITU-T G.722 table 18: output of the lower band's 60-level inverse quantizer for a scale factor of one, by six-bit code word. */
const lowerOutput = Int16Array.of(
  ...[-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576],
  ...[-7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040],
  ...[-728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456],
  ...[4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136],
)

/** Sub-band samples have 15 bits (section 4.4). */
const limit = (value: number): number => Math.max(-16384, Math.min(16383, value))

/** G.722 at 64 kbit/s (mode 1) to linear samples at 16 kHz: two for each octet. */
export class G722Decoder implements PcmDecoder {
  readonly sampleRate = 16_000
  readonly #lower = new G722Band(lowerBand)
  readonly #higher = new G722Band(higherBand)
  readonly #filter = new G722Filter()

  decode(payload: Uint8Array, into: Int16Array): number {
    const filter = this.#filter
    const [lower, higher] = [this.#lower, this.#higher]
    filter.begin(payload.length)
    for (let index = 0; index < payload.length; index++) {
      const octet = payload[index] as number
      const [lowerCode, higherCode] = [octet & 0x3f, octet >> 6]
      const low = limit(lower.prediction + ((lower.scale * (lowerOutput[lowerCode] as number)) >> 15))
      const difference = (higher.scale * (higherBand.inverseQuantizer[higherCode] as number)) >> 15
      const high = limit(higher.prediction + difference)
      lower.adapt(lowerCode >> 2)
      higher.adapt(higherCode)
      filter.push(low + high, low - high)
      into[2 * index] = saturate(filter.even >> 11)
      into[2 * index + 1] = saturate(filter.odd >> 11)
    }
    return 2 * payload.length
  }
}
