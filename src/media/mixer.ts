import { FrameWriter, type WriteSound } from './frame-writer.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import type { SampleRate } from './pcm-codec.ts'
import type { Paced, SoundPacer } from './sound-pacer.ts'
import { frameLength, type Voice } from './voice.ts'

interface Input {
  readonly voice: Voice
  /** Of what is heard now, 0 or 1, and of what shall be from the next frame on: between them it is faded over that frame. */
  gain: number
  target: number
}

/** Samples of one frame at the higher rate. For all mixers: nothing of it stays here between beats. */
const sum = new Int32Array(frameLength(16_000))
const frames = { 8000: new Int16Array(frameLength(8000)), 16000: new Int16Array(frameLength(16_000)) } as const

/**
 * What one leg hears of several others: the sum of their voices, limited to what 16 bits hold, as one packet a beat. Who is in the
 * list is up to the caller, and the leg itself never should be. Joining and leaving take a frame, so that nobody hears a click.
 */
export class Mixer implements Paced {
  readonly #pacer: SoundPacer
  readonly #writer: FrameWriter
  #inputs: Input[] = []

  constructor(pacer: SoundPacer, write: WriteSound) {
    this.#pacer = pacer
    this.#writer = new FrameWriter(write)
  }

  setMedia(media: NegotiatedMedia): void {
    this.#writer.setMedia(media)
  }

  /** From the next beat on these are heard. */
  hear(voices: readonly Voice[]): void {
    for (const input of this.#inputs) input.target = voices.includes(input.voice) ? 1 : 0
    for (const voice of voices) {
      if (!this.#inputs.some((input) => input.voice === voice)) this.#inputs.push({ voice, gain: 0, target: 1 })
    }
    this.#pacer.add(this)
  }

  stop(): void {
    this.#inputs = []
    this.#pacer.remove(this)
  }

  beat(now: number): void {
    const rate = this.#writer.sampleRate
    if (rate === undefined) return
    this.#writer.write(this.#mix(rate), this, now)
  }

  #mix(rate: SampleRate): Int16Array {
    const mixed = frames[rate]
    sum.fill(0)
    let isLeaving = false
    for (const input of this.#inputs) {
      const frame = input.voice.frame(this.#pacer.beats, rate)
      if (frame !== undefined) addFrame(frame, input.gain, input.target)
      input.gain = input.target
      isLeaving ||= input.target === 0
    }
    if (isLeaving) this.#inputs = this.#inputs.filter(({ target }) => target > 0)
    // What is too loud for 16 bits saturates: wrapping around would be noise.
    for (let index = 0; index < mixed.length; index++) {
      mixed[index] = Math.max(-32_768, Math.min(32_767, sum[index] as number))
    }
    return mixed
  }
}

const addFrame = (frame: Int16Array, from: number, to: number): void => {
  if (from === 1 && to === 1) {
    for (let index = 0; index < frame.length; index++) sum[index] = (sum[index] as number) + (frame[index] as number)
    return
  }
  const step = (to - from) / frame.length
  for (let index = 0; index < frame.length; index++) {
    sum[index] = (sum[index] as number) + Math.round((frame[index] as number) * (from + step * index))
  }
}
