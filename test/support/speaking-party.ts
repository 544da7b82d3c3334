import { type CodecName, codecs } from '../../src/media/codec.ts'
import type { NegotiatedMedia } from '../../src/media/negotiated-media.ts'
import { createPcmDecoder, createPcmEncoder, type PcmCodecName } from '../../src/media/pcm-codec.ts'
import type { RelayScene, RtpStream, SceneLeg } from './relay-scene.ts'
import { toneAmplitude } from './tone-level.ts'

/** A phone in virtual time: says a tone of its own, and understands what it hears. */
export class SpeakingParty {
  readonly leg: SceneLeg
  readonly stream: RtpStream
  readonly frequency: number
  readonly codec: PcmCodecName
  readonly packets: Buffer[] = []
  amplitude = 6000
  readonly #encoder
  readonly #decoder
  #said = 0

  constructor(scene: RelayScene, frequency: number, codec: PcmCodecName = 'PCMA', more: Partial<NegotiatedMedia> = {}) {
    this.codec = codec
    this.frequency = frequency
    this.leg = scene.leg(codec)
    const address = `192.0.2.${scene.legs.length}:4000`
    this.leg.says(address, undefined, more)
    this.stream = this.leg.stream(address)
    this.#encoder = createPcmEncoder(codec)
    this.#decoder = createPcmDecoder(codec)
  }

  get endpoint() {
    return this.leg.endpoint
  }

  get rate(): number {
    return this.#decoder.sampleRate
  }

  /** The next packet of its tone, of 20 ms unless told otherwise. */
  packet(milliseconds = 20): Uint8Array {
    const { sampleRate } = this.#encoder
    const samples = Int16Array.from({ length: (sampleRate * milliseconds) / 1000 }, () =>
      Math.round(this.amplitude * Math.sin((2 * Math.PI * this.frequency * this.#said++) / sampleRate)),
    )
    const payload = new Uint8Array(milliseconds * 8)
    this.#encoder.encode(samples, payload)
    return payload
  }

  speaks(): void {
    this.leg.arrives(this.stream, this.packet())
  }

  /** Samples of what it has heard since the last question; `packets` keeps all. */
  hears(): Int16Array {
    const packets = this.leg.hears().map(({ packet }) => packet)
    this.packets.push(...packets)
    const samples = new Int16Array(packets.length * this.rate * 0.02)
    let count = 0
    for (const packet of packets) count += this.#decoder.decode(packet.subarray(12), samples.subarray(count))
    return samples.subarray(0, count)
  }
}

/** These speak for so long, each a packet in 20 ms. */
export const speak = async (scene: RelayScene, milliseconds: number, ...parties: readonly SpeakingParty[]) => {
  for (let at = 0; at < milliseconds; at += 20) {
    for (const party of parties) party.speaks()
    await scene.passes(20)
  }
}

/** Amplitudes of these frequencies in what a party hears, in hundreds. */
export const levels = (party: SpeakingParty, frequencies: readonly number[], samples = party.hears()): number[] =>
  frequencies.map((frequency) => Math.round(toneAmplitude(samples, party.rate, frequency) / 100))

export const payloadTypeOf = (codec: CodecName): number => codecs[codec].payloadType
