import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toneAmplitude } from '../../test/support/tone-level.ts'
import { convertRate } from './convert-rate.ts'
import { soundRates } from './parse-wav.ts'

const tone = (frequency: number, rate: number): Float32Array =>
  Float32Array.from({ length: rate }, (_, index) => 0.5 * Math.sin((2 * Math.PI * frequency * index) / rate))

/** Decibels of the frequency in the converted sound, over what it was. */
const decibels = async (frequency: number, from: number, heardAt = frequency): Promise<number> => {
  const converted = await convertRate(tone(frequency, from), from, 16_000)
  const whole = Int16Array.from(converted.subarray(800, 15_200), (sample) => Math.round(sample * 32_000))
  return 20 * Math.log10((toneAmplitude(whole, 16_000, heardAt) + 1e-9) / 16_000)
}

for (const rate of soundRates) {
  test(`${rate} to 16,000: what both can hold keeps its level, and nothing is late`, async () => {
    const highest = (0.85 * Math.min(rate, 16_000)) / 2
    for (const frequency of [300, 1000, 3300, highest].filter((one) => one <= highest)) {
      const level = await decibels(frequency, rate)
      assert.ok(Math.abs(level) < 0.2, `${frequency} Hz: ${level} dB`)
    }
    const click = new Float32Array(rate)
    click[rate / 25] = 1
    const converted = await convertRate(click, rate, 16_000)
    assert.equal(converted.length, 16_000)
    assert.equal(converted.indexOf(Math.max(...converted)), 640)
  })
}

for (const [frequency, rate] of [
  [10_000, 44_100],
  [12_345, 48_000],
  [9000, 24_000],
] as const) {
  test(`${frequency} Hz of ${rate} has no place at 16,000: it is not heard as ${16_000 - frequency} Hz`, async () => {
    const level = await decibels(frequency, rate, 16_000 - frequency)
    assert.ok(level < -60, `${level} dB`)
  })
}

test('8,000 to 16,000: nothing is heard above 4 kHz', async () => {
  const level = await decibels(3000, 8000, 5000)
  assert.ok(level < -60, `${level} dB`)
})
