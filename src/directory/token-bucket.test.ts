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
  it('may have a rate of its own, which may change', async () => {
    const clock = new VirtualClock()
    const buckets = new TokenBuckets(clock, 2, 3)
    const take = (perSecond: number, burst: number) => buckets.take('crm', { perSecond, burst })
    assert.deepEqual([take(0.5, 1), take(0.5, 1)], [0, 2])
    await clock.advance(2000)
    assert.deepEqual([take(0.5, 1), take(0.5, 1)], [0, 2])
    await clock.advance(1000)
    assert.deepEqual([take(5, 5), take(5, 5), take(5, 5)], [0, 0, 0])
  })
})
