import type { CodecName } from './codec.ts'
import { alawToUlaw, ulawToAlaw } from './g711-conversion.ts'
import { createPcmDecoder, createPcmEncoder, isPcmCodec, type PcmCodecName } from './pcm-codec.ts'
import { createResampler } from './resampler.ts'

/**
 * Sound of one codec made sound of another, in place: all codecs that can be converted take 64 kbit/s and count timestamps at
 * 8 kHz, so that a payload keeps its length and a packet its timestamp.
 */
export interface PayloadConversion {
  readonly from: CodecName
  readonly to: CodecName
  /** Octets `start` to `end` of the packet are the payload. */
  convert(packet: Uint8Array, start: number, end: number): void
}

/** What it takes to say in one codec what was said in another, the cheapest first. */
export type ConversionEffort = 'none' | 'table' | 'samples' | 'impossible'

export const conversionEffort = (from: CodecName, to: CodecName): ConversionEffort => {
  if (from === to) return 'none'
  if (!isPcmCodec(from) || !isPcmCodec(to)) return 'impossible'
  return from === 'G722' || to === 'G722' ? 'samples' : 'table'
}

const byTable = (from: CodecName, to: CodecName, table: Uint8Array): PayloadConversion => ({
  from,
  to,
  convert(packet, start, end) {
    for (let index = start; index < end; index++) packet[index] = table[packet[index] as number] as number
  },
})

const tables = [byTable('PCMA', 'PCMU', alawToUlaw), byTable('PCMU', 'PCMA', ulawToAlaw)]

/** Samples of the longest payload that one datagram carries, at 16 kHz. For all streams: nothing of them stays here. */
const scratch = [new Int16Array(3072), new Int16Array(3072)] as const

/** Over linear samples, for one stream: decoder, resampler and encoder remember its sound. */
const bySamples = (from: PcmCodecName, to: PcmCodecName): PayloadConversion => {
  const [decoder, encoder] = [createPcmDecoder(from), createPcmEncoder(to)]
  const resampler = createResampler(decoder.sampleRate, encoder.sampleRate)
  const [decoded, resampled] = scratch
  return {
    from,
    to,
    convert(packet, start, end) {
      const payload = packet.subarray(start, end)
      const decodedCount = decoder.decode(payload, decoded)
      const count = resampler.resample(decoded.subarray(0, decodedCount), resampled)
      encoder.encode(resampled.subarray(0, count), payload)
    },
  }
}

/** A conversion for one direction of one stream; undefined where nothing has to be done. Throws where nothing can be. */
export const createConversion = (from: CodecName, to: CodecName): PayloadConversion | undefined => {
  if (from === to) return undefined
  if (!isPcmCodec(from) || !isPcmCodec(to)) throw new Error(`${from} cannot be converted to ${to}`)
  return tables.find((table) => table.from === from && table.to === to) ?? bySamples(from, to)
}
