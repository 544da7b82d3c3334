import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import type { CodecName } from './codec.ts'
import { encodeAlaw, encodeUlaw } from './g711.ts'
import { encodeG722 } from './g722-encoder.ts'
import { SoundLevel } from './sound-level.ts'
import { synthesizeTone } from './tone-sound.ts'
import { toneFor } from './tones.ts'

const rates: Readonly<Record<Exclude<CodecName, 'opus'>, number>> = { PCMA: 8000, PCMU: 8000, G722: 16_000 }
const encode = {
  PCMA: (samples: Int16Array) => Uint8Array.from(samples, encodeAlaw),
  PCMU: (samples: Int16Array) => Uint8Array.from(samples, encodeUlaw),
  G722: encodeG722,
}

/** One second of noise, as a root mean square of 16-bit samples; seeded, so that it is always the same. */
const noise = (level: number, rate: number): Int16Array => {
  const random = createSeededRandom(11)
  return Int16Array.from({ length: rate }, () => Math.round((random.fraction() - 0.5) * Math.sqrt(12) * level))
}

/** Of each packet of 160 octets, whether it can be heard. */
const packetsHeard = (codec: CodecName, octets: Uint8Array): boolean[] => {
  const level = new SoundLevel()
  return Array.from({ length: Math.floor(octets.length / 160) }, (_, index) =>
    level.isAudible(codec, octets, index * 160, index * 160 + 160),
  )
}

const constant = (octet: number) => new Uint8Array(8000).fill(octet)

describe('what cannot be heard', () => {
  const silences: readonly (readonly [string, CodecName, Uint8Array])[] = [
    ['µ-law, positive zero', 'PCMU', constant(0xff)],
    ['µ-law, negative zero', 'PCMU', constant(0x7f)],
    ['A-law, the smallest positive value', 'PCMA', constant(0xd5)],
    ['A-law, the smallest negative value', 'PCMA', constant(0x55)],
    [
      'A-law that alternates between the two',
      'PCMA',
      Uint8Array.from({ length: 8000 }, (_, i) => (i % 2 ? 0xd5 : 0x55)),
    ],
    ['G.722 of zeros', 'G722', encodeG722(new Int16Array(16_000))],
    ['an Opus frame without sound', 'opus', Uint8Array.of(0xf8, 0xff, 0xfe)],
    ...(['PCMA', 'PCMU', 'G722'] as const).map(
      (codec) => [`noise of a quiet line in ${codec}`, codec, encode[codec](noise(30, rates[codec]))] as const,
    ),
  ]
  for (const [title, codec, octets] of silences) {
    test(title, () => assert.ok(packetsHeard(codec, octets).every((heard) => !heard)))
  }
  test('a packet without a payload', () =>
    assert.equal(new SoundLevel().isAudible('PCMA', new Uint8Array(12), 12, 12), false))
})

describe('what can be heard', () => {
  for (const codec of ['PCMA', 'PCMU', 'G722'] as const) {
    test(`ringback in ${codec}, from its first packets on`, () => {
      const octets = encode[codec](synthesizeTone(toneFor('ringback', 'US'), rates[codec]))
      assert.deepEqual(packetsHeard(codec, octets).slice(0, 40), new Array(40).fill(true))
    })
    test(`a quiet voice (-30 dBm0) in ${codec}`, () => {
      const samples = Int16Array.from({ length: rates[codec] }, (_, index) =>
        Math.round(700 * Math.sin((2 * Math.PI * 300 * index) / rates[codec])),
      )
      assert.ok(packetsHeard(codec, encode[codec](samples)).every((heard) => heard))
    })
    test(`ringback that begins after silence in ${codec}`, () => {
      const rate = rates[codec]
      const samples = new Int16Array(2 * rate)
      samples.set(synthesizeTone(toneFor('ringback', 'US'), rate).subarray(0, rate), rate)
      const heard = packetsHeard(codec, encode[codec](samples))
      assert.ok(heard.slice(0, 50).every((audible) => !audible))
      assert.ok(heard.slice(51, 99).every((audible) => audible))
    })
  }
})
