import { FrameWriter, type WriteSound } from './frame-writer.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import type { SampleRate } from './pcm-codec.ts'
import { createResampler, type Resampler } from './resampler.ts'
import { type Sound, soundRate } from './sound.ts'
import type { Paced, SoundPacer } from './sound-pacer.ts'
import { frameLength } from './voice.ts'

/** What is being played, and where in it the next frame begins. */
interface Playing {
  readonly sounds: readonly Sound[]
  readonly repeats: boolean
  /** Which of the sounds, and which of its samples. */
  index: number
  position: number
  readonly onEnd: (outcome: 'ended' | 'failed') => void
}

/** For all players: nothing of it stays here between beats. */
const frame = new Int16Array(frameLength(soundRate))
const resampled = new Int16Array(frameLength(soundRate))

/** Plays recorded sound to one leg: clips one behind the other, once; or music, over and over. A packet a beat. */
export class SoundPlayer implements Paced {
  readonly #pacer: SoundPacer
  readonly #writer: FrameWriter
  #hasMedia = false
  #playing: Playing | undefined
  #resampler: Resampler | undefined
  #rate: SampleRate | undefined

  constructor(pacer: SoundPacer, write: WriteSound) {
    this.#pacer = pacer
    this.#writer = new FrameWriter(write)
  }

  /** A leg whose media are not negotiated yet begins to hear as soon as they are. */
  setMedia(media: NegotiatedMedia): void {
    this.#hasMedia = true
    this.#writer.setMedia(media)
    if (this.#playing !== undefined) this.#begin()
  }

  /** `onEnd` is told when all of it has been heard, or that it cannot be: the leg takes no codec that we can make sound in. */
  playOnce(sounds: readonly Sound[], onEnd: (outcome: 'ended' | 'failed') => void): void {
    this.#play({ sounds, repeats: false, index: 0, position: 0, onEnd })
  }

  /** Music goes on whether somebody hears it or not: who comes back to it is where it is, not where they left. */
  playMusic(sound: Sound, now: number, onEnd: (outcome: 'ended' | 'failed') => void): void {
    const { length } = sound.samples
    const position = length === 0 ? 0 : Math.floor((now * soundRate) / 1000) % length
    this.#play({ sounds: [sound], repeats: true, index: 0, position, onEnd })
  }

  stop(): void {
    this.#playing = undefined
    this.#pacer.remove(this)
  }

  beat(now: number): void {
    const playing = this.#playing
    const rate = this.#writer.sampleRate
    if (playing === undefined || rate === undefined) return
    // At the beat after the last packet that packet has been heard.
    if (!readFrame(playing)) return this.#end(playing, 'ended')
    if (rate === soundRate) return this.#writer.write(frame, this, now)
    if (rate !== this.#rate) this.#resampler = createResampler(soundRate, rate)
    this.#rate = rate
    this.#resampler?.resample(frame, resampled)
    this.#writer.write(resampled.subarray(0, frameLength(rate)), this, now)
  }

  #play(playing: Playing): void {
    this.#playing = playing
    this.#rate = undefined
    if (this.#hasMedia) this.#begin()
  }

  #begin(): void {
    if (this.#writer.sampleRate !== undefined) this.#pacer.add(this)
    else if (this.#playing !== undefined) this.#end(this.#playing, 'failed')
  }

  #end(playing: Playing, outcome: 'ended' | 'failed'): void {
    this.stop()
    playing.onEnd(outcome)
  }
}

/** The next 20 ms into `frame`, filled up with silence behind the last sound; false where nothing is left. */
const readFrame = (playing: Playing): boolean => {
  let filled = 0
  while (filled < frame.length) {
    const samples = playing.sounds[playing.index]?.samples
    if (samples === undefined || (playing.repeats && samples.length === 0)) break
    const count = Math.min(frame.length - filled, samples.length - playing.position)
    frame.set(samples.subarray(playing.position, playing.position + count), filled)
    filled += count
    playing.position += count
    if (playing.position < samples.length) continue
    playing.position = 0
    if (!playing.repeats) playing.index++
  }
  if (filled === 0) return false
  frame.fill(0, filled)
  return true
}
