import type { CodecName } from './codec.ts'
import { encodeAlaw, encodeUlaw, g711Samples } from './g711.ts'
import { G722Decoder } from './g722-decoder.ts'
import { G722Encoder } from './g722-encoder.ts'

/** Samples a second of linear sound, 16 bits and signed. */
export type SampleRate = 8000 | 16_000

/** One direction of one stream: a decoder may remember what came before. */
export interface PcmDecoder {
  readonly sampleRate: SampleRate
  /** Writes the samples of a payload to the beginning of `into`, and returns how many they are. */
  decode(payload: Uint8Array, into: Int16Array): number
}

export interface PcmEncoder {
  readonly sampleRate: SampleRate
  /** Writes the payload of samples to the beginning of `into`, and returns how many octets it has. */
  encode(samples: Int16Array, into: Uint8Array): number
}

/** The codecs that we can make linear samples of, and the other way. */
export type PcmCodecName = Exclude<CodecName, 'opus'>

export const isPcmCodec = (codec: CodecName): codec is PcmCodecName => codec !== 'opus'

/** G.711 remembers nothing, so one decoder serves all streams. */
const g711Decoder = (table: Int16Array): PcmDecoder => ({
  sampleRate: 8000,
  decode(payload, into) {
    for (let index = 0; index < payload.length; index++) into[index] = table[payload[index] as number] as number
    return payload.length
  },
})

const g711Encoder = (encodeSample: (sample: number) => number): PcmEncoder => ({
  sampleRate: 8000,
  encode(samples, into) {
    for (let index = 0; index < samples.length; index++) into[index] = encodeSample(samples[index] as number)
    return samples.length
  },
})

const [alawDecoder, ulawDecoder] = [g711Decoder(g711Samples.PCMA), g711Decoder(g711Samples.PCMU)]
const [alawEncoder, ulawEncoder] = [g711Encoder(encodeAlaw), g711Encoder(encodeUlaw)]

const decoders: Readonly<Record<PcmCodecName, () => PcmDecoder>> = {
  PCMA: () => alawDecoder,
  PCMU: () => ulawDecoder,
  G722: () => new G722Decoder(),
}

const encoders: Readonly<Record<PcmCodecName, () => PcmEncoder>> = {
  PCMA: () => alawEncoder,
  PCMU: () => ulawEncoder,
  G722: () => new G722Encoder(),
}

export const createPcmDecoder = (codec: PcmCodecName): PcmDecoder => decoders[codec]()

export const createPcmEncoder = (codec: PcmCodecName): PcmEncoder => encoders[codec]()
