import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createTone, writeWav } from '../../test/peers/wav-file.ts'
import { silentLog } from '../log.ts'
import { soundMilliseconds } from '../media/sound.ts'
import { LiveSounds } from './live-sounds.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordboard-sounds-'))
})
after(() => rm(folder, { recursive: true }))

const fileOf = async (name: string, seconds: number): Promise<string> => {
  const file = join(folder, name)
  await writeFile(file, writeWav(createTone(600, seconds)))
  return file
}

describe('what ships with the server', () => {
  test('is every prompt that screening, announcements and waiting need, none of them long', async () => {
    const sounds = await LiveSounds.load(silentLog)
    const digits = Array.from({ length: 10 }, (_, digit) => `digit-${digit}`)
    const letters = Array.from({ length: 26 }, (_, letter) => `letter-${String.fromCharCode(97 + letter)}`)
    const others = ['plus', 'star', 'hash', 'call-from', 'number-withheld', 'press-1-to-accept', 'call-recorded']
    const more = ['caller-number', 'please-hold', 'call-ends-soon', 'goodbye', 'beep']
    for (const name of [...digits, ...letters, ...others, ...more]) {
      const sound = sounds.clip('acme', name)
      assert.ok(sound, name)
      const milliseconds = soundMilliseconds(sound)
      assert.ok(milliseconds > 100 && milliseconds < 4000, `${name}: ${milliseconds} ms`)
      const peak = sound.samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
      assert.ok(peak > 3000 && peak < 32_700, `${name}: ${peak}`)
    }
    assert.equal(sounds.clip('acme', 'nothing of the kind'), undefined)
  })

  test('is music that is quiet, and joins onto itself without a click', async () => {
    const sounds = await LiveSounds.load(silentLog)
    const music = sounds.music('acme')
    assert.ok(music && soundMilliseconds(music) === 32_000)
    const { samples } = music
    const level = Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length)
    assert.ok(level > 1000 && level < 4000, `${level}`)
    const steepest = samples.reduce(
      (most, sample, at) => Math.max(most, Math.abs(sample - (samples[at - 1] ?? sample))),
      0,
    )
    assert.ok(Math.abs((samples[0] as number) - (samples.at(-1) as number)) < steepest)
    assert.equal(sounds.music('acme', 'jazz'), undefined)
  })
})

describe("an account's own", () => {
  test('outrank what ships, for itself alone', async () => {
    const sounds = await LiveSounds.load(silentLog)
    const [goodbye, tune] = [await fileOf('goodbye.wav', 3), await fileOf('tune.wav', 4)]
    const clips = [{ name: 'goodbye', file: goodbye }]
    await sounds.replace([{ name: 'acme', clips, music: [{ name: 'tune', file: tune }] }, { name: 'other' }])
    const lengthOf = (sound = sounds.clip('acme', 'nothing')) => sound && soundMilliseconds(sound)
    assert.equal(lengthOf(sounds.clip('acme', 'goodbye')), 3000)
    assert.ok((lengthOf(sounds.clip('other', 'goodbye')) ?? 0) < 2000)
    assert.equal(sounds.clip('acme', 'cordboard:goodbye'), sounds.clip('other', 'goodbye'))
    assert.equal(sounds.clip('acme', 'cordboard:one'), undefined)
    assert.deepEqual([sounds.music('acme'), sounds.music('acme', 'tune')].map(lengthOf), [4000, 4000])
    assert.equal(lengthOf(sounds.music('other')), 32_000)
    assert.ok(sounds.clip('acme', 'digit-1'))
  })

  test('are read anew where the file has changed, and only there', async () => {
    const sounds = await LiveSounds.load(silentLog)
    const [one, two] = [await fileOf('one.wav', 1), await fileOf('two.wav', 1)]
    const accounts = [
      {
        name: 'acme',
        clips: [
          { name: 'one', file: one },
          { name: 'two', file: two },
        ],
      },
    ]
    await sounds.replace(accounts)
    const before = [sounds.clip('acme', 'one'), sounds.clip('acme', 'two')]
    await copyFile(await fileOf('longer.wav', 2), one)
    await sounds.replace(accounts)
    assert.equal(sounds.clip('acme', 'two'), before[1])
    assert.equal(soundMilliseconds(sounds.clip('acme', 'one') ?? { samples: new Int16Array(0) }), 2000)
  })

  test('stay as they were where the file is spoilt or gone, and go with their account', async () => {
    const sounds = await LiveSounds.load(silentLog)
    const file = await fileOf('spoilt.wav', 1)
    const accounts = [{ name: 'acme', clips: [{ name: 'own', file }] }]
    await sounds.replace(accounts)
    await writeFile(file, 'no sound at all')
    await sounds.replace(accounts)
    assert.ok(sounds.clip('acme', 'own'))
    await rm(file)
    await sounds.replace(accounts)
    assert.ok(sounds.clip('acme', 'own'))
    await sounds.replace([{ name: 'acme' }])
    assert.equal(sounds.clip('acme', 'own'), undefined)
  })
})
