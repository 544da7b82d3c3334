import { createSound, soundRate } from '../../src/media/sound.ts'
import type { SoundLibrary } from '../../src/telephony/sound-library.ts'

/** How long every clip of {@link testSounds} lasts. */
export const testClipMilliseconds = 500

const halfASecond = createSound((testClipMilliseconds * soundRate) / 1000)

/** Every clip and every music there may be, of silence; only those named `unknown` are not there. */
export const testSounds: SoundLibrary = {
  clip: (_account, name) => (name === 'unknown' ? undefined : halfASecond),
  music: (_account, name) => (name === 'unknown' ? undefined : halfASecond),
}
