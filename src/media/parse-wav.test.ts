import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { toneAmplitude } from '../../test/support/tone-level.ts'
import { encodeAlaw, encodeUlaw } from './g711.ts'
import { parseWav, soundRates } from './parse-wav.ts'

interface Shape {
  readonly tag: number
  readonly bits: number
  readonly channels?: number
  readonly rate?: number
}

const chunk = (tag: string, content: Buffer, size = content.length): Buffer => {
  const head = Buffer.alloc(8)
  head.write(tag)
  head.writeUInt32LE(size, 4)
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)])
}

const formatChunk = ({ tag, bits, channels = 1, rate = 8000 }: Shape, extension?: number): Buffer => {
  const content = Buffer.alloc(extension === undefined ? 16 : 40)
  content.writeUInt16LE(tag, 0)
  content.writeUInt16LE(channels, 2)
  content.writeUInt32LE(rate, 4)
  content.writeUInt32LE((rate * channels * bits) / 8, 8)
  content.writeUInt16LE((channels * bits) / 8, 12)
  content.writeUInt16LE(bits, 14)
  if (extension !== undefined) {
    content.writeUInt16LE(22, 16)
    content.writeUInt16LE(bits, 18)
    content.writeUInt16LE(extension, 24)
  }
  return chunk('fmt ', content)
}

const wav = (...chunks: readonly Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.from('WAVE'), ...chunks])
  return chunk('RIFF', body)
}

/** A sample from -1 to 1 as the format has it. */
const write = ({ tag, bits }: Shape, value: number): Buffer => {
  const octets = Buffer.alloc(bits / 8)
  if (tag === 3) bits === 64 ? octets.writeDoubleLE(value) : octets.writeFloatLE(value)
  else if (tag === 6) octets[0] = encodeAlaw(Math.round(value * 32_767))
  else if (tag === 7) octets[0] = encodeUlaw(Math.round(value * 32_767))
  else if (bits === 8) octets[0] = Math.round(value * 128) + 128
  else octets.writeIntLE(Math.round(value * (2 ** (bits - 1) - 1)), 0, bits / 8)
  return octets
}

/** A second of 600 Hz at a quarter of the full level; in stereo on the left alone. */
const tone = (shape: Shape): Buffer => {
  const { channels = 1, rate = 8000 } = shape
  const at = (index: number) => 0.25 * Math.sin((2 * Math.PI * 600 * index) / rate)
  const frames = Array.from({ length: rate }, (_, index) =>
    channels === 1 ? write(shape, at(index)) : Buffer.concat([write(shape, at(index)), write(shape, 0)]),
  )
  return Buffer.concat(frames)
}

const levelOf = (octets: Uint8Array): { level: number; length: number; rate: number } => {
  const sound = parseWav(octets)
  assert.ok('samples' in sound, JSON.stringify(sound))
  const whole = Int16Array.from(sound.samples, (sample) => Math.round(sample * 32_768))
  // Hundredths of what was written; the coarse formats are off by one.
  const exact = toneAmplitude(whole, sound.rate, 600) / 81.92
  const level = [50, 100].find((wanted) => Math.abs(exact - wanted) < 1.5) ?? exact
  return { level, length: sound.samples.length, rate: sound.rate }
}

const faultOf = (octets: Uint8Array): string => {
  const sound = parseWav(octets)
  return 'fault' in sound ? sound.fault : 'none'
}

const pcm16: Shape = { tag: 1, bits: 16 }

describe('what can be read', () => {
  for (const [name, shape] of Object.entries({
    'PCM of 8 bits': { tag: 1, bits: 8 },
    'PCM of 16 bits': pcm16,
    'PCM of 24 bits': { tag: 1, bits: 24 },
    'PCM of 32 bits': { tag: 1, bits: 32 },
    'floating point of 32 bits': { tag: 3, bits: 32 },
    'floating point of 64 bits': { tag: 3, bits: 64 },
    'A-law': { tag: 6, bits: 8 },
    'µ-law': { tag: 7, bits: 8 },
  } satisfies Record<string, Shape>)) {
    for (const channels of [1, 2]) {
      test(`${name}, ${channels === 1 ? 'mono' : 'stereo'}: at its level`, () => {
        const of = { ...shape, channels }
        const { level, length } = levelOf(wav(formatChunk(of), chunk('data', tone(of))))
        assert.deepEqual([level, length], [channels === 1 ? 100 : 50, 8000])
      })
      test(`${name}, ${channels === 1 ? 'mono' : 'stereo'}, with the extensible header`, () => {
        const of = { ...shape, channels }
        const extended = formatChunk({ ...of, tag: 0xfffe }, shape.tag)
        assert.equal(levelOf(wav(extended, chunk('data', tone(of)))).level, channels === 1 ? 100 : 50)
      })
    }
  }

  for (const rate of soundRates) {
    test(`${rate} samples a second`, () => {
      const of = { ...pcm16, rate }
      assert.deepEqual(levelOf(wav(formatChunk(of), chunk('data', tone(of)))), { level: 100, length: rate, rate })
    })
  }

  test('chunks that mean nothing, before and between, of even and odd lengths', () => {
    const odd = chunk('LIST', Buffer.from('odd'))
    const octets = wav(chunk('JUNK', Buffer.alloc(28)), odd, formatChunk(pcm16), odd, chunk('data', tone(pcm16)), odd)
    assert.deepEqual(levelOf(octets), { level: 100, length: 8000, rate: 8000 })
  })

  for (const [what, size] of [
    ['0', 0],
    ['as great as can be', 0xffff_ffff],
    ['longer than the file', 20_000],
  ] as const) {
    test(`a length of the data that is ${what}: to the end of the file`, () => {
      const octets = wav(formatChunk(pcm16), chunk('data', tone(pcm16), size))
      assert.deepEqual(levelOf(octets), { level: 100, length: 8000, rate: 8000 })
    })
  }

  test('half a sample at the end is left out', () => {
    const octets = wav(formatChunk(pcm16), chunk('data', tone(pcm16)))
    assert.equal(levelOf(octets.subarray(0, octets.length - 1)).length, 7999)
  })

  test('what is no number in floating point is silence, and what is too loud is limited', () => {
    const shape = { tag: 3, bits: 32 }
    const data = Buffer.concat([Number.NaN, Number.POSITIVE_INFINITY, 5, -5].map((value) => write(shape, value)))
    const sound = parseWav(wav(formatChunk(shape), chunk('data', data)))
    assert.deepEqual('samples' in sound && [...sound.samples], [0, 0, 1, -1])
  })
})

describe('what cannot be read is told with what would help', () => {
  const data = chunk('data', Buffer.alloc(100))
  for (const [octets, fault] of [
    [Buffer.alloc(0), /is no WAV file; save it as WAV/],
    [Buffer.from('ID3 and then an MP3 of some length'), /is no WAV file; save it as WAV/],
    [wav(), /no data chunk/],
    [wav(data), /no format \(fmt\) in front of its data/],
    [wav(chunk('fmt ', Buffer.alloc(10)), data), /cut off/],
    [wav(formatChunk({ ...pcm16, channels: 6 }), data), /has 6 channels; make it mono or stereo/],
    [wav(formatChunk({ ...pcm16, channels: 0 }), data), /has 0 channels/],
    [wav(formatChunk({ ...pcm16, rate: 96_000 }), data), /has 96000 samples a second; .*convert it to 16000/],
    [wav(formatChunk({ ...pcm16, rate: 0 }), data), /has 0 samples a second/],
    [wav(formatChunk({ tag: 1, bits: 12 }), data), /samples of 12 bits/],
    [wav(formatChunk({ tag: 0x55, bits: 16 }), data), /format 85/],
    [wav(formatChunk(pcm16), chunk('data', Buffer.alloc(0))), /data are empty/],
    [wav(formatChunk(pcm16), chunk('data', Buffer.alloc(16_000 * 601))), /lasts 601 seconds; at most 600/],
  ] as const) {
    test(String(fault), () => assert.match(faultOf(octets), fault))
  }

  test('whatever the octets, it never throws, and ends', () => {
    const format = fc.record({
      tag: fc.constantFrom(1, 3, 6, 7, 0xfffe, 9),
      bits: fc.constantFrom(0, 8, 16, 24, 32, 64),
      channels: fc.integer({ min: 0, max: 3 }),
      rate: fc.constantFrom(...soundRates, 0, 0xffff_ffff / 64),
    })
    const octets = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(format, octets, octets, fc.nat(400), (shape, junk, data, cut) => {
        const whole = wav(chunk('JUNK', Buffer.from(junk)), formatChunk(shape), chunk('data', Buffer.from(data)))
        parseWav(whole.subarray(0, cut))
        parseWav(Buffer.concat([Buffer.from('RIFF----WAVE'), Buffer.from(junk), Buffer.from(data)]))
      }),
    )
  })
})
