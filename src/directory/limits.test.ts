import assert from 'node:assert/strict'
import { test } from 'node:test'
import { strictest } from './limits.ts'

test('of each limit the lower counts, and one that is not there limits nothing', () => {
  assert.deepEqual(strictest({}, {}), {})
  assert.deepEqual(strictest({ callsPerMinute: 5 }, { simultaneousCalls: 2 }), {
    callsPerMinute: 5,
    simultaneousCalls: 2,
  })
  const [one, other] = [
    { callsPerMinute: 5, requestsPerSecond: 0.5 },
    { callsPerMinute: 3, requestsPerSecond: 2 },
  ]
  assert.deepEqual(strictest(one, other), { callsPerMinute: 3, requestsPerSecond: 0.5 })
  assert.deepEqual(strictest(other, one), strictest(one, other))
})
