import type { CodecName } from './codec.ts'
import { playableCodec } from './codec-route.ts'
import type { WriteSound } from './frame-writer.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import { rtpHeaderLength } from './rtp-header.ts'
import type { Paced, SoundPacer } from './sound-pacer.ts'
import { soundPacketBytes, toneSound } from './tone-sound.ts'
import type { ToneCadence } from './tones.ts'

/** Plays a cadence to one leg in a loop, a packet a beat. */
export class TonePlayer implements Paced {
  readonly #pacer: SoundPacer
  readonly #write: WriteSound
  #tone: ToneCadence | undefined
  #sound: Uint8Array | undefined
  #position = 0
  #payloadType = 0
  /** Made with the first beat: most legs never hear a tone. */
  #packet: Uint8Array | undefined

  constructor(pacer: SoundPacer, write: WriteSound) {
    this.#pacer = pacer
    this.#write = write
  }

  /** A leg whose media is not negotiated yet hears the tone as soon as it is. One that sounds already goes on where it is. */
  play(tone: ToneCadence, media: NegotiatedMedia | undefined): void {
    if (!this.isSounding(tone)) this.#position = 0
    this.#tone = tone
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

  isSounding(tone: ToneCadence): boolean {
    return this.isPlaying && JSON.stringify(tone) === JSON.stringify(this.#tone)
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
    this.#write(packet, this, this.#payloadType, now)
  }
}
