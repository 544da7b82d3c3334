import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { Reception } from './reception.ts'

test('RFC 3550 A.3: 2 % synthetic loss is counted, wrapping sequence numbers and all', () => {
  const reception = new Reception()
  const random = createSeededRandom(2)
  let lost = 0
  for (let index = 0; index < 70_000; index++) {
    // The last packet is there: what is lost after the highest seen cannot be known.
    if (random.fraction() < 0.02 && index > 0 && index < 69_999) lost++
    else reception.add(1, (index + 65_000) & 0xffff, index * 160, index * 20, true)
  }
  assert.equal(reception.lost, lost)
  assert.equal(reception.received, 70_000 - lost)
  const report = reception.report()
  assert.equal(report?.cumulativeLost, lost)
  assert.equal(report?.fractionLost, Math.floor((lost * 256) / 70_000))
  assert.equal(report?.extendedHighestSequence, 65_000 + 69_999)
  assert.equal(reception.report()?.fractionLost, 0)
})

test('RFC 3550 A.8: even arrival has no jitter, alternating arrival its known limit', () => {
  const even = new Reception()
  const uneven = new Reception()
  for (let index = 0; index < 2000; index++) {
    even.add(1, index, index * 160, index * 20, true)
    // Five milliseconds late every second time: |D| is always 5 ms, and J goes to it, less what A.8 rounds away.
    uneven.add(1, index, index * 160, index * 20 + (index % 2) * 5, true)
  }
  assert.ok(even.jitterMilliseconds < 0.001)
  assert.ok(Math.abs(uneven.jitterMilliseconds - 5) < 0.1, String(uneven.jitterMilliseconds))
})

test('timestamps that wrap make no jitter', () => {
  const reception = new Reception()
  for (let index = 0; index < 200; index++) {
    reception.add(1, index, (0xffffff00 + index * 160) | 0, index * 20, true)
  }
  assert.ok(reception.jitterMilliseconds < 0.001)
})

test('a new SSRC begins anew and keeps what was lost before; late and double packets are no loss', () => {
  const reception = new Reception()
  for (const sequence of [1, 2, 5, 4]) reception.add(1, sequence, 0, 0, true)
  assert.equal(reception.lost, 1)
  for (const sequence of [60_000, 60_001]) reception.add(2, sequence, 0, 0, true)
  assert.equal(reception.lost, 1)
  assert.equal(reception.report()?.ssrc, 2)
  reception.add(2, 60_001, 0, 0, true)
  assert.equal(reception.lost, 0)
})

test('RFC 3550 A.1: a jump counts only when a second packet confirms it', () => {
  const reception = new Reception()
  for (const sequence of [1, 2, 3, 30_000, 4]) reception.add(1, sequence, 0, 0, true)
  assert.equal(reception.report()?.extendedHighestSequence, 4)
  for (const sequence of [40_000, 40_001, 40_002]) reception.add(1, sequence, 0, 0, true)
  assert.equal(reception.report()?.extendedHighestSequence, 40_002)
})

test('nothing heard: nothing to report', () => {
  const reception = new Reception()
  assert.equal(reception.report(), undefined)
  assert.deepEqual([reception.lost, reception.jitterMilliseconds], [0, 0])
})
