import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { TokenBuckets } from './token-bucket.ts'

describe('a bucket of 3 that gains 2 a second', () => {
  it('lets a burst through, then an even pace', async () => {
    const clock = new VirtualClock()
    const buckets = new TokenBuckets(clock, 2, 3)
    const take = () => buckets.take('crm')
    assert.deepEqual([take(), take(), take(), take()], [0, 0, 0, 1])
    await clock.advance(500)
    assert.deepEqual([take(), take()], [0, 1])
    await clock.advance(60_000)
    assert.deepEqual([take(), take(), take(), take()], [0, 0, 0, 1])
  })
  it('is one for each credential', () => {
    const buckets = new TokenBuckets(new VirtualClock(), 2, 1)
    assert.deepEqual([buckets.take('a'), buckets.take('b'), buckets.take('a')], [0, 0, 1])
  })
})
