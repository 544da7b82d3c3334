import { type CodecName, isPlayable } from './codec.ts'
import type { NegotiatedCodec, NegotiatedMedia } from './negotiated-media.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import { rtpHeaderLength } from './rtp-header.ts'
import type { Paced, TonePacer } from './tone-pacer.ts'
import { soundPacketBytes, soundPacketSamples, toneSound } from './tone-sound.ts'
import type { ToneCadence } from './tones.ts'

/** Plays a cadence to one leg in a loop, a packet a beat. */
export class TonePlayer implements Paced {
  readonly #pacer: TonePacer
  readonly #outgoing: OutgoingStream
  readonly #send: (packet: Uint8Array) => void
  #tone: ToneCadence | undefined
  #sound: Uint8Array | undefined
  #position = 0
  #payloadType = 0
  /** Made with the first beat: most legs never hear a tone. */
  #packet: Uint8Array | undefined

  constructor(pacer: TonePacer, outgoing: OutgoingStream, send: (packet: Uint8Array) => void) {
    this.#pacer = pacer
    this.#outgoing = outgoing
    this.#send = send
  }

  /** A leg whose media is not negotiated yet hears the tone as soon as it is. */
  play(tone: ToneCadence, media: NegotiatedMedia | undefined): void {
    this.#tone = tone
    this.#position = 0
    if (media !== undefined) this.setMedia(media)
  }

  setMedia(media: NegotiatedMedia): void {
    if (this.#tone === undefined) return
    const codec = playableCodec(media)
    this.#sound = codec && toneSound(this.#tone, codec.codec as Exclude<CodecName, 'opus'>)
    if (codec === undefined || this.#sound === undefined || this.#sound.length === 0) {
      this.#pacer.remove(this)
      return
    }
    this.#payloadType = codec.payloadType
    this.#pacer.add(this)
  }

  get isPlaying(): boolean {
    return this.#sound !== undefined
  }

  /** Somebody talks to the leg; the tone is kept for when they have gone. */
  pause(): void {
    if (this.#sound === undefined) return
    this.#sound = undefined
    this.#packet = undefined
    this.#pacer.remove(this)
  }

  resume(media: NegotiatedMedia | undefined): void {
    if (this.#tone !== undefined && this.#sound === undefined) this.play(this.#tone, media)
  }

  stop(): void {
    this.pause()
    this.#tone = undefined
  }

  beat(now: number): void {
    const sound = this.#sound
    if (sound === undefined) return
    this.#packet ??= new Uint8Array(rtpHeaderLength + soundPacketBytes)
    const packet = this.#packet
    for (let index = rtpHeaderLength; index < packet.length; index++) {
      packet[index] = sound[this.#position] as number
      this.#position = this.#position + 1 === sound.length ? 0 : this.#position + 1
    }
    this.#outgoing.write(packet, this, this.#payloadType, soundPacketSamples, now)
    this.#send(packet)
  }
}

/** The leg's own choice if we can make sound in it, else another that it accepted. */
export const playableCodec = (media: NegotiatedMedia): NegotiatedCodec | undefined =>
  [media, ...media.accepted].find(({ codec }) => isPlayable(codec))
