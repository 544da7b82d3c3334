import { readFile, stat } from 'node:fs/promises'
import { convertRate } from './convert-rate.ts'
import { parseWav, type SoundFault } from './parse-wav.ts'
import { createSound, type Sound, soundRate } from './sound.ts'

/** Ten minutes of stereo at 48 kHz, 16 bits, have 115 MB; what is longer or wider than it needs to be shall be converted first. */
const largestOctets = 120 * 2 ** 20

/** A sound of a WAV file at the rate that all sounds have, or why it is none. Never throws. */
export const readSoundFile = async (path: string): Promise<Sound | SoundFault> => {
  const octets = await readBounded(path)
  if ('fault' in octets) return octets
  const recorded = parseWav(octets)
  if ('fault' in recorded) return recorded
  const samples = await convertRate(recorded.samples, recorded.rate, soundRate)
  const sound = createSound(samples.length)
  for (let index = 0; index < samples.length; index++) {
    sound.samples[index] = Math.max(-32_768, Math.min(32_767, Math.round((samples[index] as number) * 32_768)))
  }
  return sound
}

/** Why a file holds no sound that can be used; undefined where it does. Never throws. */
export const checkSoundFile = async (path: string): Promise<string | undefined> => {
  const octets = await readBounded(path)
  const recorded = 'fault' in octets ? octets : parseWav(octets)
  return 'fault' in recorded ? recorded.fault : undefined
}

/** A device or a pipe might never end. */
const readBounded = async (path: string): Promise<Buffer | SoundFault> => {
  try {
    const found = await stat(path)
    if (!found.isFile()) return { fault: 'is no file' }
    if (found.size <= largestOctets) return await readFile(path)
    const [size, largest] = [found.size, largestOctets].map((octets) => Math.round(octets / 2 ** 20))
    return { fault: `has ${size} MiB; at most ${largest} are read: make it mono, at 16000 samples a second` }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { fault: code === 'ENOENT' ? 'is not there' : `cannot be read: ${message}` }
  }
}
