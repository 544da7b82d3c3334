import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { toneLevel } from '../../test/support/tone-level.ts'
import { G722Decoder } from './g722-decoder.ts'
import { encodeG722, G722Encoder } from './g722-encoder.ts'
import { synthesizeTone } from './tone-sound.ts'

const decodeG722 = (bytes: Uint8Array): Int16Array => {
  const samples = new Int16Array(bytes.length * 2)
  new G722Decoder().decode(bytes, samples)
  return samples
}

const hashOf = (values: Uint8Array | Int16Array): string =>
  createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex')

/** Half a second each of loud and quiet noise, silence, a square wave and a sweep; whole numbers, so the same everywhere. */
const createSignal = (): Int16Array => {
  let state = 1
  const noise = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return state >> 8
  }
  const times = (count: number, sample: (index: number) => number) =>
    Array.from({ length: count }, (_, index) => sample(index))
  let phase = 0
  const sweep = (index: number): number => {
    phase = (phase + 40 + (index >> 2)) % 65_536
    const triangle = phase < 32_768 ? phase : 65_535 - phase
    return Math.floor(((triangle - 16_384) * (index % 4000)) / 4000)
  }
  return Int16Array.from([
    ...times(8000, () => ((noise() % 65_536) - 32_768) >> 2),
    ...times(8000, () => (noise() % 2048) - 1024),
    ...times(4000, () => 0),
    ...times(8000, (index) => (index % 32 < 16 ? 12_000 : -12_000)),
    ...times(16_000, sweep),
  ])
}

/** What spandsp 0.0.6 makes of the same signal: octets, and samples of these octets, little-endian. */
const spandsp = {
  encoded: 'e06f4acefcbc9e1406a9ce892210c628de898f29b115bdf59cb7a2369fc4f64a',
  decoded: '5ede86532aba7176d44648e1d4c18a5a6e4a17b5a39aac7b4d52fcb35d7bb3ff',
}

test('encoder and decoder are those of another implementation, to the bit', () => {
  const encoded = encodeG722(createSignal())
  assert.equal(hashOf(encoded), spandsp.encoded)
  assert.equal(hashOf(decodeG722(encoded)), spandsp.decoded)
})

test('frames of any length join without a seam', () => {
  const signal = createSignal()
  const [encoder, decoder] = [new G722Encoder(), new G722Decoder()]
  const whole = encodeG722(signal)
  const samples = decodeG722(whole)
  for (let at = 0, length = 2; at < whole.length; at += length, length = (length * 7) % 720 || 2) {
    const frame = whole.subarray(at, at + length)
    const encoded = new Uint8Array(frame.length)
    assert.equal(encoder.encode(signal.subarray(2 * at, 2 * (at + length)), encoded), frame.length)
    assert.deepEqual(encoded, frame)
    const decoded = new Int16Array(2 * frame.length)
    assert.equal(decoder.decode(frame, decoded), decoded.length)
    assert.deepEqual(decoded, samples.subarray(2 * at, 2 * (at + length)))
  }
})

test('tones survive in either band', () => {
  for (const [frequency, purity] of [
    [425, 0.999],
    [3000, 0.99],
    [6000, 0.9],
  ] as const) {
    const tone = synthesizeTone([{ frequencies: [frequency], milliseconds: 1000 }], 16_000)
    const heard = decodeG722(encodeG722(tone)).subarray(2000)
    assert.ok(toneLevel(heard, 16_000, frequency) > purity, `${frequency} Hz: ${toneLevel(heard, 16_000, frequency)}`)
  }
})

test('silence is silent, and the loudest sound does not overflow', () => {
  assert.ok(decodeG722(encodeG722(new Int16Array(3200))).every((sample) => Math.abs(sample) < 40))
  const square = Int16Array.from({ length: 3200 }, (_, index) => (index % 32 < 16 ? 32_767 : -32_768))
  const heard = decodeG722(encodeG722(square)).subarray(1600)
  // An overflow would turn the sign of a sample in the middle of a half-wave; the filters delay by 22 samples.
  const middles = [...heard.keys()].filter((index) => (index - 22) % 16 === 8)
  for (const index of middles) assert.ok(Math.abs(heard[index] as number) > 20_000, `sample ${index}: ${heard[index]}`)
})
