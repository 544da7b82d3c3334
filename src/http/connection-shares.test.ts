import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConnectionShares } from './connection-shares.ts'

const always = (): boolean => true

/** Holders are named by their host and a number: `a1`, `a2`, `b1`. */
const setUp = (...holders: readonly string[]): ConnectionShares<string> => {
  const shares = new ConnectionShares<string>()
  for (const holder of holders) shares.add(holder, holder.charAt(0))
  return shares
}

describe('places that hosts share', () => {
  it('a newcomer gets one of the host that has most: that which was used longest ago', () => {
    const shares = setUp('b1', 'a1', 'a2', 'a3')
    assert.deepEqual(shares.choose('c', always), { holder: 'a1', host: 'a' })
    shares.touch('a1')
    assert.deepEqual(shares.choose('c', always), { holder: 'a2', host: 'a' })
  })

  it('one of its own, where its own host has as many as any', () => {
    assert.equal(setUp('a1', 'a2', 'b1', 'b2').choose('b', always)?.holder, 'b1')
  })

  it('none that is not idle', () => {
    const shares = setUp('a1', 'a2', 'b1')
    assert.equal(shares.choose('c', (holder) => holder !== 'a1')?.holder, 'a2')
    assert.equal(
      shares.choose('c', () => false),
      undefined,
    )
  })

  it('who leaves, once or twice, gives its place back', () => {
    const shares = setUp('a1', 'a2', 'b1')
    for (let time = 0; time < 2; time++) shares.remove('a1')
    shares.touch('a1')
    assert.equal(shares.size, 2)
    for (const holder of ['a2', 'b1']) shares.remove(holder)
    assert.equal(shares.size, 0)
    assert.equal(shares.choose('c', always), undefined)
  })
})
