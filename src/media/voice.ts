import type { CodecName } from './codec.ts'
import { JitterBuffer } from './jitter-buffer.ts'
import { createPcmDecoder, isPcmCodec, type PcmDecoder, type SampleRate } from './pcm-codec.ts'
import { createResampler, type Resampler } from './resampler.ts'
import { soundPacketBytes, soundPacketMilliseconds } from './tone-sound.ts'

/** Where sound breaks off or begins, it does so over so many milliseconds: a jump would click. */
const seamMilliseconds = 5

/** Samples of one frame. */
export const frameLength = (rate: SampleRate): number => (rate * soundPacketMilliseconds) / 1000

/**
 * What one leg says, in linear samples, for those who hear it mixed with others: a frame of 20 ms at each beat of the pacer, the same
 * for all who ask at that beat.
 */
export class Voice {
  #buffer = new JitterBuffer()
  readonly #payload = new Uint8Array(soundPacketBytes)
  #codec: CodecName | undefined
  #ssrc = 0
  #decoder: PcmDecoder | undefined
  #frame = new Int16Array(0)
  /** The same at the other rate, made where somebody wants it. */
  #resampler: Resampler | undefined
  #resampled = new Int16Array(0)
  /** The beat that each is of. */
  #beat = -1
  #resampledBeat = -1
  #wasSound = false
  /** Frames of silence, the one of this beat included. */
  #silentFrames = 0
  /** The last sample that was given out. */
  #last = 0

  /** Octets `start` to `end` of the packet are sound in this codec. */
  add(codec: CodecName, ssrc: number, sequence: number, packet: Uint8Array, start: number, end: number): void {
    if (codec !== this.#codec) this.#begin(codec)
    if (ssrc !== this.#ssrc) this.#buffer = new JitterBuffer()
    this.#ssrc = ssrc
    if (this.#decoder !== undefined) this.#buffer.add(sequence, packet, start, end)
  }

  /** The frame of this beat; undefined for silence. Valid until the next beat. */
  frame(beat: number, rate: SampleRate): Int16Array | undefined {
    const decoder = this.#decoder
    if (decoder === undefined) return undefined
    if (beat !== this.#beat) this.#next(beat, decoder)
    if (rate === decoder.sampleRate) return this.#silentFrames > 0 ? undefined : this.#frame
    // The first frame of silence still goes through the resampler: it remembers the end of what was said.
    if (this.#silentFrames > 1) return undefined
    if (beat !== this.#resampledBeat) {
      this.#resampler ??= createResampler(decoder.sampleRate, rate)
      if (this.#resampled.length === 0) this.#resampled = new Int16Array(frameLength(rate))
      this.#resampler.resample(this.#frame, this.#resampled)
      this.#resampledBeat = beat
    }
    return this.#resampled
  }

  #next(beat: number, decoder: PcmDecoder): void {
    this.#beat = beat
    const frame = this.#frame
    const isSound = this.#buffer.read(this.#payload) === 'sound'
    if (isSound) decoder.decode(this.#payload, frame)
    else frame.fill(0)
    const isSeam = isSound !== this.#wasSound || this.#buffer.takeSkip()
    this.#wasSound = isSound
    this.#silentFrames = isSound || isSeam ? 0 : this.#silentFrames + 1
    const before = this.#last
    this.#last = frame[frame.length - 1] as number
    if (isSeam) smoothSeam(frame, before, (decoder.sampleRate * seamMilliseconds) / 1000)
  }

  #begin(codec: CodecName): void {
    this.#codec = codec
    this.#buffer = new JitterBuffer()
    this.#decoder = isPcmCodec(codec) ? createPcmDecoder(codec) : undefined
    this.#resampler = undefined
    this.#resampled = new Int16Array(0)
    this.#frame = new Int16Array(this.#decoder === undefined ? 0 : frameLength(this.#decoder.sampleRate))
    this.#beat = -1
  }
}

/** The beginning of the frame grows out of nothing, while the sample before it dies away. */
const smoothSeam = (frame: Int16Array, before: number, length: number): void => {
  for (let index = 0; index < length; index++) {
    const share = index / length
    frame[index] = Math.round((frame[index] as number) * share + before * (1 - share))
  }
}
