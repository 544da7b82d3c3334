import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { DigitQueue } from './digit-queue.ts'

/** What is pressed, with the milliseconds since the start. */
const open = () => {
  const clock = new VirtualClock()
  const pressed: string[] = []
  const queue = new DigitQueue(clock, (digit) => void pressed.push(`${digit} ${clock.monotonic()}`))
  return { clock, pressed, queue }
}

test('one key after the other; w waits half a second', async () => {
  const { clock, pressed, queue } = open()
  queue.send('12w3#')
  await clock.advance(5000)
  assert.deepEqual(pressed, ['1 0', '2 250', '3 1000', '# 1250'])
  assert.equal(clock.pending, 0)
})

test('what is sent meanwhile comes behind, and what is sent later at once', async () => {
  const { clock, pressed, queue } = open()
  queue.send('1')
  await clock.advance(100)
  queue.send('2')
  await clock.advance(900)
  queue.send('3')
  await clock.advance(1000)
  assert.deepEqual(pressed, ['1 0', '2 250', '3 1000'])
})

test('stopped, nothing more is pressed and no timer is left', async () => {
  const { clock, pressed, queue } = open()
  queue.send('123')
  queue.stop()
  assert.equal(clock.pending, 0)
  await clock.advance(5000)
  assert.deepEqual(pressed, ['1 0'])
})

test('it holds so many keys, however many are sent', async () => {
  const { clock, pressed, queue } = open()
  for (let sent = 0; sent < 1000; sent++) queue.send('1234567890')
  await clock.advance(1_000_000)
  assert.equal(pressed.length, 257)
})
