import { isPlayable } from './codec.ts'
import { playableCodec } from './codec-route.ts'
import { dtmfFrequencies, dtmfKeys } from './dtmf.ts'
import type { NegotiatedCodec, NegotiatedMedia } from './negotiated-media.ts'
import type { OutgoingStream } from './outgoing-stream.ts'
import { createPcmEncoder, isPcmCodec, type PcmCodecName, type PcmEncoder } from './pcm-codec.ts'
import { rtpHeaderLength } from './rtp-header.ts'
import type { Paced, SoundPacer } from './sound-pacer.ts'
import { soundPacketBytes, soundPacketMilliseconds, soundPacketSamples } from './tone-sound.ts'

/** ITU-T Q.24 wants 40 ms at least; some menus want more. */
const shortestMilliseconds = 80
/** A duration has 16 bits (RFC 4733 section 2.3.5); at 48 kHz that is less than this. */
const longestMilliseconds = 5000
/** Between two key presses, so that they are two. */
const pauseBeats = 3
/** Silence in front of a tone in G.722: who listens has adapted to another sound, and would hear the beginning distorted. */
const settlingBeats = 3
/** The end of an event is told so often, for it may be lost (RFC 4733 section 2.5.1.4). */
const endCopies = 3
/** Keys that wait for those before them; nobody types faster for long. */
const maximumWaiting = 32
/** Peak of each of the two frequencies: about -10 dBm0. */
const amplitude = 7000
/** -10 dBm0 as an event's volume. */
const eventVolume = 10

interface Press {
  readonly key: string
  readonly milliseconds: number
}

/** Sends one beat's packet of a key press; false when the press and the pause behind it are over. */
type Form = (beat: number, now: number) => boolean

/**
 * Sends key presses to one leg in the form that it takes: as telephone events, or as tones in its sound where it knows none. One
 * after the other, in real time.
 */
export class DigitSender implements Paced {
  readonly #pacer: SoundPacer
  readonly #outgoing: OutgoingStream
  readonly #send: (packet: Uint8Array) => void
  #waiting: Press[] = []
  #form: Form | undefined
  /** Beats of the key press under way. */
  #beat = 0
  #media: NegotiatedMedia | undefined

  constructor(pacer: SoundPacer, outgoing: OutgoingStream, send: (packet: Uint8Array) => void) {
    this.#pacer = pacer
    this.#outgoing = outgoing
    this.#send = send
  }

  /** While it is, nobody else may speak to the leg. */
  get isSending(): boolean {
    return this.#form !== undefined || this.#waiting.length > 0
  }

  press(key: string, milliseconds: number, media: NegotiatedMedia): void {
    this.#media = media
    if (this.#waiting.length >= maximumWaiting || dtmfFrequencies(key) === undefined || formOf(media) === undefined)
      return
    const length = Math.max(shortestMilliseconds, Math.min(longestMilliseconds, milliseconds))
    this.#waiting.push({ key, milliseconds: length })
    this.#pacer.add(this)
  }

  stop(): void {
    this.#waiting = []
    this.#form = undefined
    this.#pacer.remove(this)
  }

  beat(now: number): void {
    if (this.#form?.(this.#beat++, now) === true) return
    const press = this.#waiting.shift()
    if (press === undefined || this.#media === undefined) return this.stop()
    this.#form = this.#begin(press, this.#media)
    this.#beat = 1
    this.#form(0, now)
  }

  #begin(press: Press, media: NegotiatedMedia): Form {
    const form = formOf(media)
    if (form === 'events') return this.#asEvent(press, media)
    const codec = playableCodec(media)
    return codec === undefined || !isPcmCodec(codec.codec) ? () => false : this.#asTone(press, codec, codec.codec)
  }

  /** RFC 4733 section 2.5: an update at each beat, then the end, three times. */
  #asEvent({ key, milliseconds }: Press, { clockRate, dtmfPayloadType = 0 }: NegotiatedMedia): Form {
    const total = Math.min(0xffff, Math.round((milliseconds * clockRate) / 1000))
    const step = (soundPacketMilliseconds * clockRate) / 1000
    const updates = Math.ceil(total / step)
    const packet = new Uint8Array(rtpHeaderLength + 4)
    return (beat, now) => {
      if (beat >= updates + endCopies) return beat < updates + endCopies + pauseBeats
      const isEnd = beat >= updates
      const duration = isEnd ? total : Math.min(total, (beat + 1) * step)
      packet.set([dtmfKeys.indexOf(key), (isEnd ? 0x80 : 0) | eventVolume, duration >> 8, duration], rtpHeaderLength)
      this.#outgoing.writeEvent(packet, dtmfPayloadType, beat === 0, now)
      this.#send(packet)
      return true
    }
  }

  #asTone({ key, milliseconds }: Press, { payloadType }: NegotiatedCodec, codec: PcmCodecName): Form {
    const encoder = createPcmEncoder(codec)
    const start = codec === 'G722' ? settlingBeats : 0
    const end = start + Math.ceil(milliseconds / soundPacketMilliseconds)
    const packet = new Uint8Array(rtpHeaderLength + soundPacketBytes)
    return (beat, now) => {
      // Silence behind it, so that who listens hears its end.
      if (beat >= end + pauseBeats) return false
      const samples = sound(beat >= start && beat < end ? key : '', beat, encoder)
      encoder.encode(samples, packet.subarray(rtpHeaderLength))
      this.#outgoing.write(packet, this, payloadType, soundPacketSamples, now)
      this.#send(packet)
      return true
    }
  }
}

/** How a leg takes a key press; undefined where only its signalling could. */
const formOf = (media: NegotiatedMedia): 'events' | 'tones' | undefined => {
  if (media.dtmfPayloadType !== undefined) return 'events'
  return [media, ...media.accepted].some(({ codec }) => isPlayable(codec)) ? 'tones' : undefined
}

/** The samples of one beat of a key; silence for none. */
const sound = (key: string, beat: number, { sampleRate }: PcmEncoder): Int16Array => {
  const frequencies = dtmfFrequencies(key) ?? []
  const length = (sampleRate * soundPacketMilliseconds) / 1000
  return Int16Array.from({ length }, (_, index) => {
    const angle = (2 * Math.PI * (beat * length + index)) / sampleRate
    return Math.round(frequencies.reduce((sum, frequency) => sum + amplitude * Math.sin(frequency * angle), 0))
  })
}
