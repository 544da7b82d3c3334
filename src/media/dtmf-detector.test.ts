import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { dtmfFrequencies, dtmfKeys } from './dtmf.ts'
import { DtmfDetector } from './dtmf-detector.ts'
import type { SampleRate } from './pcm-codec.ts'
import { synthesizeTone } from './tone-sound.ts'
import { toneCountries, toneFor } from './tones.ts'

interface Sound {
  readonly key?: string
  readonly milliseconds: number
  /** Of each frequency; 7000 if absent. */
  readonly peaks?: readonly [number, number]
  /** Off by so much of the frequency. */
  readonly detuning?: number
}

const synthesize = (sounds: readonly Sound[], rate: SampleRate): Int16Array =>
  Int16Array.from(
    sounds.flatMap(({ key, milliseconds, peaks = [7000, 7000], detuning = 0 }) => {
      const frequencies = key === undefined ? undefined : dtmfFrequencies(key)
      return Array.from({ length: (rate * milliseconds) / 1000 }, (_, index) => {
        const angle = (2 * Math.PI * index * (1 + detuning)) / rate
        return Math.round(
          frequencies?.reduce((sum, hertz, group) => sum + (peaks[group] ?? 0) * Math.sin(hertz * angle), 0) ?? 0,
        )
      })
    }),
  )

const detect = (samples: Int16Array, rate: SampleRate = 8000, frame = 160) => {
  const heard: { key: string; milliseconds: number }[] = []
  const detector = new DtmfDetector(rate, (key, milliseconds) => heard.push({ key, milliseconds }))
  for (let at = 0; at < samples.length; at += frame) detector.add(samples.subarray(at, at + frame))
  detector.add(new Int16Array(rate / 10))
  assert.equal(detector.isTone, false)
  return heard
}

const keysOf = (heard: ReturnType<typeof detect>): string => heard.map(({ key }) => key).join('')
const silence = { milliseconds: 50 }

for (const rate of [8000, 16_000] as const) {
  test(`every key at ${rate} Hz, once, and how long it was pressed`, () => {
    const sounds = [...dtmfKeys].flatMap((key) => [{ key, milliseconds: 100 }, silence])
    for (const frame of [160, 320, 37, 1000]) {
      const heard = detect(synthesize(sounds, rate), rate, frame)
      assert.equal(keysOf(heard), dtmfKeys, `frames of ${frame}`)
      for (const { milliseconds } of heard) assert.ok(Math.abs(milliseconds - 100) <= 26, `${milliseconds} ms`)
    }
  })
}

test('ITU-T Q.24: 40 ms are a key press, 20 ms are none, and 40 ms between two presses part them', () => {
  const press = (milliseconds: number, gap: number) =>
    [...'1159'].flatMap((key) => [{ key, milliseconds }, { milliseconds: gap }])
  assert.equal(keysOf(detect(synthesize(press(40, 40), 8000))), '1159')
  assert.equal(keysOf(detect(synthesize(press(20, 80), 8000))), '')
  assert.equal(keysOf(detect(synthesize([{ key: '5', milliseconds: 3000 }], 8000))), '5')
})

describe('ITU-T Q.24: what a key press may look like', () => {
  for (const [name, sound, isKey] of [
    ['quiet', { peaks: [400, 400] }, true],
    ['too quiet', { peaks: [60, 60] }, false],
    ['1.5 % too high', { detuning: 0.015 }, true],
    ['1.5 % too low', { detuning: -0.015 }, true],
    ['7 % too high', { detuning: 0.07 }, false],
    ['the higher one 3 dB stronger', { peaks: [5000, 7000] }, true],
    ['the higher one 7 dB weaker', { peaks: [7000, 3200] }, true],
    ['the higher one 8 dB stronger', { peaks: [2500, 7000] }, false],
    ['the lower one alone', { peaks: [7000, 0] }, false],
    ['the higher one alone', { peaks: [0, 7000] }, false],
  ] as const) {
    test(`${name}: ${isKey ? 'a key' : 'none'}`, () => {
      const heard = detect(synthesize([{ key: '6', milliseconds: 100, ...sound }, silence], 8000))
      assert.equal(keysOf(heard), isKey ? '6' : '')
    })
  }
})

test('the tones of exchanges are no keys', () => {
  for (const country of toneCountries) {
    for (const kind of ['ringback', 'busy', 'congestion', 'dial'] as const) {
      assert.deepEqual(detect(synthesizeTone(toneFor(kind, country), 8000)), [], `${country} ${kind}`)
    }
  }
})

test('noise is none, loud or quiet; a key is heard through some of it', () => {
  const { fraction } = createSeededRandom(1)
  const noise = (peak: number, length: number) =>
    Int16Array.from({ length }, () => Math.round((fraction() * 2 - 1) * peak))
  for (const peak of [300, 3000, 30_000]) assert.deepEqual(detect(noise(peak, 80_000)), [])
  const key = synthesize([{ key: '9', milliseconds: 200 }], 8000)
  const both = key.map((sample, index) => sample + (noise(2000, 1)[0] ?? 0) * Number(index >= 0))
  assert.equal(keysOf(detect(both)), '9')
})

test('a voice of many harmonics is none, whatever its pitch', () => {
  for (let pitch = 80; pitch < 400; pitch += 7) {
    const voice = Int16Array.from({ length: 8000 }, (_, index) => {
      const glide = pitch * (1 + 0.1 * Math.sin(index / 900))
      let sum = 0
      for (let harmonic = 1; harmonic * glide < 3400; harmonic++) {
        sum += (3000 / harmonic) * Math.sin((2 * Math.PI * harmonic * glide * index) / 8000)
      }
      return Math.max(-32_000, Math.min(32_000, Math.round(sum)))
    })
    assert.deepEqual(detect(voice), [], `${pitch} Hz`)
  }
})
