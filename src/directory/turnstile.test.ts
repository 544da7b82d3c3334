import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusyError, Turnstile } from './turnstile.ts'

const tick = () => new Promise((resolve) => setImmediate(resolve))

test('two at once, three wait in order, the others are turned away, and every place is given back', async () => {
  const turnstile = new Turnstile(2, 3)
  const began: number[] = []
  const leave: ((how: 'well' | 'badly') => void)[] = []
  const passing = Array.from({ length: 7 }, (_, index) =>
    turnstile.pass(async () => {
      began.push(index)
      const how = await new Promise<string>((resolve) => leave.push(resolve))
      if (how === 'badly') throw new Error('badly')
      return index
    }),
  )
  const outcomes = Promise.allSettled(passing)
  await tick()
  assert.deepEqual(began, [0, 1])
  leave[1]?.('badly')
  await tick()
  assert.deepEqual(began, [0, 1, 2])
  for (const index of [0, 2, 3, 4]) {
    leave[index]?.('well')
    await tick()
  }
  assert.deepEqual(began, [0, 1, 2, 3, 4])
  const results = (await outcomes).map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value : outcome.reason instanceof BusyError ? 'busy' : 'failed',
  )
  assert.deepEqual(results, [0, 'failed', 2, 3, 4, 'busy', 'busy'])
  assert.equal(await turnstile.pass(async () => 'free again'), 'free again')
})
