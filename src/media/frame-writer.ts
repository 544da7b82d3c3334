import { playableCodec } from './codec-route.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import { createPcmEncoder, isPcmCodec, type PcmCodecName, type PcmEncoder, type SampleRate } from './pcm-codec.ts'
import { rtpHeaderLength } from './rtp-header.ts'
import { soundPacketBytes } from './tone-sound.ts'

/** Makes a packet a part of a leg's one stream and sends it, unless the leg does not listen now. `source` is who makes the sound. */
export type WriteSound = (packet: Uint8Array, source: object, payloadType: number, now: number) => void

/** Sends linear sound to one leg in a codec that it takes, a packet of 20 ms each time. */
export class FrameWriter {
  readonly #write: WriteSound
  readonly #packet = new Uint8Array(rtpHeaderLength + soundPacketBytes)
  readonly #payload = this.#packet.subarray(rtpHeaderLength)
  #codec: PcmCodecName | undefined
  #encoder: PcmEncoder | undefined
  #payloadType = 0

  constructor(write: WriteSound) {
    this.#write = write
  }

  /** Of the frames that it takes; undefined where the leg takes no codec that we can make sound in, or has agreed on none yet. */
  get sampleRate(): SampleRate | undefined {
    return this.#encoder?.sampleRate
  }

  setMedia(media: NegotiatedMedia): void {
    const chosen = playableCodec(media)
    if (chosen === undefined || !isPcmCodec(chosen.codec)) {
      this.#codec = undefined
      this.#encoder = undefined
      return
    }
    this.#payloadType = chosen.payloadType
    // The encoder remembers the sound of the stream, which an offer of the same does not break off.
    if (chosen.codec === this.#codec) return
    this.#codec = chosen.codec
    this.#encoder = createPcmEncoder(chosen.codec)
  }

  write(frame: Int16Array, source: object, now: number): void {
    if (this.#encoder === undefined) return
    this.#encoder.encode(frame, this.#payload)
    this.#write(this.#packet, source, this.#payloadType, now)
  }
}
