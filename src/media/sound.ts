import type { SampleRate } from './pcm-codec.ts'

/** Every sound that is kept has this rate: both rates that legs hear can be made of it, in real time and without a seam. */
export const soundRate: SampleRate = 16_000

/** A prompt, an announcement, music: mono, 16 bits, at {@link soundRate}. */
export interface Sound {
  /** Over shared memory, so that handing it to a relay worker copies nothing. */
  readonly samples: Int16Array
}

/** An empty sound of so many samples, to be filled. */
export const createSound = (samples: number): Sound => ({
  samples: new Int16Array(new SharedArrayBuffer(samples * Int16Array.BYTES_PER_ELEMENT)),
})

export const soundMilliseconds = ({ samples }: Sound): number => (samples.length * 1000) / soundRate
