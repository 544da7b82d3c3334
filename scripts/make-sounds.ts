import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { convertRate } from '../src/media/convert-rate.ts'
import { encodeUlaw } from '../src/media/g711.ts'
import { parseWav } from '../src/media/parse-wav.ts'
import { soundRate } from '../src/media/sound.ts'

/**
 * Makes the sounds that ship with the server, from what stands here and in `media/prompts/LANGUAGE/texts.json`: prompts by
 * espeak-ng, which must be installed; the beep and the music by arithmetic. The same input gives the same files. They are committed,
 * so that nobody needs espeak-ng to run the server or its tests.
 */
const folder = join(import.meta.dirname, '..', 'media')
/** The rate at which the server keeps sounds: what has it already is not converted at each start. */
const rate = soundRate
/** Loudness that all prompts are brought to: about -19 dBm0 as a root mean square of what is not silence. */
const speechLevel = 0.11
/** Quieter is silence. */
const silenceLevel = 0.01

/** WAV of µ-law, mono: half as long as PCM, and as most phones hear it anyway (Microsoft's `WAVE_FORMAT_MULAW`). */
const writeSound = (path: string, samples: Float32Array): void => {
  const octets = Buffer.alloc(46 + samples.length + (samples.length % 2))
  octets.write('RIFF', 0)
  octets.writeUInt32LE(octets.length - 8, 4)
  octets.write('WAVEfmt ', 8)
  octets.writeUInt32LE(18, 16)
  octets.writeUInt16LE(7, 20)
  octets.writeUInt16LE(1, 22)
  octets.writeUInt32LE(rate, 24)
  octets.writeUInt32LE(rate, 28)
  octets.writeUInt16LE(1, 32)
  octets.writeUInt16LE(8, 34)
  octets.write('data', 38)
  octets.writeUInt32LE(samples.length, 42)
  for (const [index, sample] of samples.entries()) {
    octets[46 + index] = encodeUlaw(Math.round(Math.max(-1, Math.min(1, sample)) * 32_635))
  }
  writeFileSync(path, octets)
}

/** Without the silence around it but a breath, and as loud as the others. */
const trim = (samples: Float32Array): Float32Array => {
  const isLoud = (sample: number) => Math.abs(sample) > silenceLevel
  const breath = rate / 20
  const start = Math.max(0, samples.findIndex(isLoud) - breath)
  const spoken = samples.subarray(start, samples.findLastIndex(isLoud) + breath)
  const loud = spoken.filter(isLoud)
  const level = Math.sqrt(loud.reduce((sum, sample) => sum + sample ** 2, 0) / loud.length)
  const peak = spoken.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
  const gain = Math.min(speechLevel / level, 0.95 / peak)
  return spoken.map((sample) => sample * gain)
}

const makePrompts = async (language: string, scratch: string): Promise<number> => {
  const prompts = join(folder, 'prompts', language)
  const { voice, texts } = JSON.parse(readFileSync(join(prompts, 'texts.json'), 'utf8')) as {
    voice: string
    texts: Record<string, string>
  }
  const spoken = join(scratch, 'spoken.wav')
  for (const [name, text] of Object.entries(texts)) {
    execFileSync('espeak-ng', ['-v', voice, '-s', '150', '-w', spoken, text])
    const sound = parseWav(readFileSync(spoken))
    if ('fault' in sound) throw new Error(`espeak-ng's ${name} ${sound.fault}`)
    writeSound(join(prompts, `${name}.wav`), trim(await convertRate(sound.samples, sound.rate, rate)))
  }
  return Object.keys(texts).length
}

/** 1,400 Hz for a fifth of a second, as announces a recording. */
const makeBeep = (): Float32Array => {
  const [length, fade] = [rate / 5, rate / 100]
  return Float32Array.from({ length }, (_, index) => {
    const edge = Math.min(1, index / fade, (length - 1 - index) / fade)
    return 0.3 * edge * Math.sin((2 * Math.PI * 1400 * index) / rate)
  })
}

/** Semitones from A of 220 Hz: a chord and its notes for four beats each, twice around with another order of the notes. */
const chords = [
  [3, 7, 10, 14],
  [0, 3, 7, 10],
  [-4, 0, 3, 7],
  [-2, 2, 5, 9],
] as const
const orders = [
  [0, 1, 2, 3, 2, 1, 3, 2],
  [3, 1, 2, 0, 2, 3, 1, 2],
] as const
const secondsPerNote = 0.5

/** A quiet arpeggio of plucked notes that ring into one another, the last into the first: half a minute that joins onto itself. */
const makeMusic = (): Float32Array => {
  const notes = orders.flatMap((order) => chords.flatMap((chord) => order.map((place) => chord[place] as number)))
  const music = new Float32Array(notes.length * secondsPerNote * rate)
  const pluck = (start: number, semitones: number, level: number, seconds: number): void => {
    const frequency = 220 * 2 ** (semitones / 12)
    for (let index = 0; index < seconds * rate; index++) {
      const time = index / rate
      const envelope = Math.min(1, time / 0.01) * Math.exp((-3 * time) / seconds) * Math.min(1, (seconds - time) / 0.05)
      const angle = 2 * Math.PI * frequency * time
      const at = (start + index) % music.length
      music[at] = (music[at] as number) + level * envelope * (Math.sin(angle) + 0.35 * Math.sin(2 * angle))
    }
  }
  for (const [index, semitones] of notes.entries()) pluck(index * secondsPerNote * rate, semitones, 0.11, 2)
  const beatsOfChord = 8
  for (let index = 0; index < notes.length; index += beatsOfChord) {
    const [root] = chords[(index / beatsOfChord) % chords.length] ?? [0]
    pluck(index * secondsPerNote * rate, root, 0.13, 4)
  }
  return music
}

const scratch = mkdtempSync(join(tmpdir(), 'cordboard-sounds-'))
try {
  for (const language of readdirSync(join(folder, 'prompts'))) {
    console.log(`${language}: ${await makePrompts(language, scratch)} prompts`)
  }
} finally {
  rmSync(scratch, { recursive: true })
}
writeSound(join(folder, 'beep.wav'), makeBeep())
writeSound(join(folder, 'music.wav'), makeMusic())
