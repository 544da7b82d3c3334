import { DtmfDetector } from './dtmf-detector.ts'
import { createPcmDecoder, type PcmCodecName, type PcmDecoder } from './pcm-codec.ts'
import type { DtmfListener } from './telephone-event.ts'

/** Samples of the longest payload that one datagram carries, at 16 kHz; nothing of it stays here between packets. */
const scratch = new Int16Array(3072)

/** Key presses in the sound of a leg that knows no telephone events. */
export class ToneDigits {
  readonly #listener: DtmfListener
  #codec: PcmCodecName | undefined
  #decoder: PcmDecoder | undefined
  #detector: DtmfDetector | undefined

  constructor(listener: DtmfListener) {
    this.#listener = listener
  }

  /** Octets `start` to `end` of the packet are sound in this codec. True where a key is pressed in it, or seems to be. */
  hears(codec: PcmCodecName, packet: Uint8Array, start: number, end: number): boolean {
    if (codec !== this.#codec) this.#begin(codec)
    const [decoder, detector] = [this.#decoder, this.#detector]
    if (decoder === undefined || detector === undefined) return false
    const count = decoder.decode(packet.subarray(start, end), scratch)
    detector.add(scratch.subarray(0, count))
    return detector.isTone
  }

  #begin(codec: PcmCodecName): void {
    this.#codec = codec
    this.#decoder = createPcmDecoder(codec)
    this.#detector = new DtmfDetector(this.#decoder.sampleRate, this.#listener)
  }
}
