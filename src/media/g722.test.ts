import assert from 'node:assert/strict'
import { test } from 'node:test'
import { G722Band, lowerBand } from './g722-band.ts'
import { encodeG722 } from './g722-encoder.ts'
import { synthesizeTone } from './tone-sound.ts'

/** The lower band as a decoder hears it (G.722 section 4): 8 kHz, enough for tones below 4 kHz. */
const decodeLower = (bytes: Uint8Array): number[] => {
  const band = new G722Band(lowerBand)
  return [...bytes].map((byte) => {
    const code = (byte & 0x3f) >> 2
    const sample = band.prediction + ((band.scale * (lowerBand.inverseQuantizer[code] as number)) >> 15)
    band.adapt(code)
    return sample
  })
}

test('a tone survives G.722: its frequency stays, noise is 20 dB below', () => {
  const samples = synthesizeTone([{ frequencies: [425], milliseconds: 1000 }], 16_000)
  const decoded = decodeLower(encodeG722(samples)).slice(2000)
  const correlate = (wave: (angle: number) => number) =>
    (2 / decoded.length) *
    decoded.reduce((sum, sample, index) => sum + sample * wave((2 * Math.PI * 425 * index) / 8000), 0)
  const [sine, cosine] = [correlate(Math.sin), correlate(Math.cos)]
  const amplitude = Math.hypot(sine, cosine)
  const noise = decoded.map((sample, index) => {
    const angle = (2 * Math.PI * 425 * index) / 8000
    return sample - sine * Math.sin(angle) - cosine * Math.cos(angle)
  })
  const rms = (values: readonly number[]) =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
  // The filter bank halves the scale: 14-bit sub-band samples of 16-bit input.
  assert.ok(amplitude > 1500 && amplitude < 16_000, `amplitude ${amplitude}`)
  assert.ok(20 * Math.log10(amplitude / Math.SQRT2 / rms(noise)) > 20, `noise ${rms(noise)} under ${amplitude}`)
})

test('silence is silent, and the loudest sound does not overflow', () => {
  assert.ok(decodeLower(encodeG722(new Int16Array(3200))).every((sample) => Math.abs(sample) < 40))
  const square = Int16Array.from({ length: 3200 }, (_, index) => (index % 32 < 16 ? 32_767 : -32_768))
  assert.ok(decodeLower(encodeG722(square)).every((sample) => Math.abs(sample) < 40_000))
})
