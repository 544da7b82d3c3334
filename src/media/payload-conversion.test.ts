import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toneLevel } from '../../test/support/tone-level.ts'
import { alawToUlaw } from './g711-conversion.ts'
import { conversionEffort, createConversion } from './payload-conversion.ts'
import { createPcmDecoder, createPcmEncoder, type PcmCodecName } from './pcm-codec.ts'
import { createResampler } from './resampler.ts'
import { synthesizeTone } from './tone-sound.ts'

const names: readonly PcmCodecName[] = ['PCMA', 'PCMU', 'G722']

const encode = (codec: PcmCodecName, frequency: number): Uint8Array => {
  const encoder = createPcmEncoder(codec)
  const encoded = new Uint8Array(8000)
  const tone = synthesizeTone([{ frequencies: [frequency], milliseconds: 1000 }], encoder.sampleRate)
  assert.equal(encoder.encode(tone, encoded), 8000)
  return encoded
}

const decode = (codec: PcmCodecName, payload: Uint8Array) => {
  const decoder = createPcmDecoder(codec)
  const samples = new Int16Array(payload.length * 2)
  const count = decoder.decode(payload, samples)
  return { rate: decoder.sampleRate, samples: samples.subarray(0, count) }
}

const rootMeanSquare = (samples: Int16Array): number =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length)

for (const from of names) {
  for (const to of names.filter((name) => name !== from)) {
    for (const frequency of [300, 1000, 3300]) {
      test(`${from} to ${to}: a tone of ${frequency} Hz keeps its purity and its level, whatever the frames`, () => {
        const conversion = createConversion(from, to)
        const payload = encode(from, frequency)
        for (let at = 0, length = 160; at < payload.length; at += length, length = (length % 241) + 80) {
          conversion?.convert(payload, at, Math.min(payload.length, at + length))
        }
        const heard = decode(to, payload)
        const settled = heard.samples.subarray(heard.samples.length / 4)
        const purity = toneLevel(settled, heard.rate, frequency)
        assert.ok(purity > 0.985, `purity ${purity}`)
        const level = 20 * Math.log10(rootMeanSquare(settled) / (8000 / Math.SQRT2))
        assert.ok(Math.abs(level) < 0.5, `${level} dB`)
      })
    }
  }
}

test('only the payload of a packet is converted', () => {
  for (const from of names) {
    for (const to of names) {
      const packet = new Uint8Array(200).fill(0xd5)
      createConversion(from, to)?.convert(packet, 12, 172)
      assert.ok(
        packet.subarray(0, 12).every((octet) => octet === 0xd5),
        `${from} to ${to}: the header`,
      )
      assert.ok(
        packet.subarray(172).every((octet) => octet === 0xd5),
        `${from} to ${to}: the padding`,
      )
      assert.equal(conversionEffort(from, to) === 'none', createConversion(from, to) === undefined)
    }
  }
  const packet = Uint8Array.of(1, 2, 0xd5, 0x55, 0, 2)
  createConversion('PCMA', 'PCMU')?.convert(packet, 2, 4)
  assert.deepEqual([...packet], [1, 2, alawToUlaw[0xd5], alawToUlaw[0x55], 0, 2])
})

test('the longest and the emptiest payload of a datagram', () => {
  for (const [from, to] of [
    ['G722', 'PCMA'],
    ['PCMU', 'G722'],
  ] as const) {
    const conversion = createConversion(from, to)
    for (const length of [0, 1, 1460, 3]) conversion?.convert(new Uint8Array(12 + length).fill(0x12), 12, 12 + length)
  }
})

test('streams do not hear each other', () => {
  const alone = createConversion('PCMA', 'G722')
  const [one, other] = [createConversion('PCMA', 'G722'), createConversion('PCMA', 'G722')]
  const expected = encode('PCMA', 1000)
  const [mine, theirs] = [encode('PCMA', 1000), encode('PCMA', 700)]
  for (let at = 0; at < 8000; at += 160) {
    alone?.convert(expected, at, at + 160)
    one?.convert(mine, at, at + 160)
    other?.convert(theirs, at, at + 160)
  }
  assert.deepEqual(mine, expected)
})

test('opus can only be passed on', () => {
  assert.equal(conversionEffort('opus', 'opus'), 'none')
  assert.equal(conversionEffort('opus', 'PCMA'), 'impossible')
  assert.equal(conversionEffort('G722', 'opus'), 'impossible')
  assert.throws(() => createConversion('opus', 'PCMA'), /opus cannot be converted to PCMA/)
})

test('resampling: what is beyond 4 kHz does not come back as something else', () => {
  for (const frequency of [4700, 6000, 7700]) {
    const tone = synthesizeTone([{ frequencies: [frequency], milliseconds: 500 }], 16_000)
    const halved = new Int16Array(tone.length / 2)
    createResampler(16_000, 8000).resample(tone, halved)
    assert.ok(
      rootMeanSquare(halved.subarray(100)) < 8000 / 1000,
      `${frequency} Hz: ${rootMeanSquare(halved.subarray(100))}`,
    )
  }
  for (const frequency of [300, 1000, 3300]) {
    const tone = synthesizeTone([{ frequencies: [frequency], milliseconds: 500 }], 8000)
    const doubled = new Int16Array(tone.length * 2)
    createResampler(8000, 16_000).resample(tone, doubled)
    assert.ok(toneLevel(doubled.subarray(200), 16_000, 8000 - frequency) < 1e-6)
    assert.ok(toneLevel(doubled.subarray(200), 16_000, frequency) > 0.9999)
  }
})

test('resampling: a constant, silence and the loudest sound stay what they are', () => {
  for (const value of [0, 1000, 32_767, -32_768]) {
    const frame = new Int16Array(320).fill(value)
    const [halved, doubled] = [new Int16Array(160), new Int16Array(640)]
    createResampler(16_000, 8000).resample(frame, halved)
    createResampler(8000, 16_000).resample(frame, doubled)
    assert.ok(halved.subarray(40).every((sample) => Math.abs(sample - value) <= 1))
    assert.ok(doubled.subarray(80).every((sample) => Math.abs(sample - value) <= 1))
  }
})
