import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BusyError, FairTurnstile, type Place } from './fair-turnstile.ts'

const tick = () => new Promise((resolve) => setImmediate(resolve))

/** Tasks that run until they are told to leave, by the name under which they came. */
function open(atOnce: number, longestQueue: number) {
  const turnstile = new FairTurnstile({ atOnce, longestQueue })
  const began: string[] = []
  const leave = new Map<string, (how: 'well' | 'badly') => void>()
  const ends = new Map<string, string>()
  const come = (name: string, place: Partial<Place> = {}) => {
    const task = async () => {
      began.push(name)
      const how = await new Promise<string>((resolve) => leave.set(name, resolve))
      if (how === 'badly') throw new Error('badly')
    }
    turnstile.pass({ lane: name.slice(0, 1), isKnown: false, ...place }, task).then(
      () => ends.set(name, 'well'),
      (error: unknown) => ends.set(name, error instanceof BusyError ? 'busy' : 'failed'),
    )
  }
  /** Has whoever runs leave, one after the other, until nobody waits. */
  const drain = async () => {
    for (let next = 0; next < began.length; next++) {
      leave.get(began[next] as string)?.('well')
      await tick()
    }
    return began
  }
  return { turnstile, began, leave, ends, come, drain }
}

describe('a turnstile', () => {
  test('two at once, the others in their order, every place given back', async () => {
    const { turnstile, began, leave, ends, come, drain } = open(2, 10)
    for (const name of ['a0', 'a1', 'a2', 'a3']) come(name)
    await tick()
    assert.deepEqual(began, ['a0', 'a1'])
    leave.get('a1')?.('badly')
    await tick()
    assert.deepEqual(began, ['a0', 'a1', 'a2'])
    assert.deepEqual(await drain(), ['a0', 'a1', 'a2', 'a3'])
    assert.deepEqual(Object.fromEntries(ends), { a0: 'well', a1: 'failed', a2: 'well', a3: 'well' })
    const free = turnstile.pass({ lane: 'z', isKnown: false }, async () => 'free again')
    assert.equal(await free, 'free again')
  })

  test('lanes take turns: whoever comes with many waits for himself', async () => {
    const { come, drain } = open(1, 100)
    for (const name of ['a0', 'a1', 'a2', 'a3', 'b0', 'b1', 'c0']) come(name)
    assert.deepEqual(await drain(), ['a0', 'a1', 'b0', 'c0', 'a2', 'b1', 'a3'])
  })

  test('whom we know comes first', async () => {
    const { come, drain } = open(1, 100)
    for (const name of ['a0', 'a1', 'b0']) come(name)
    for (const name of ['k0', 'l0', 'k1']) come(name, { isKnown: true })
    assert.deepEqual(await drain(), ['a0', 'k0', 'l0', 'k1', 'a1', 'b0'])
  })

  test('a full queue: the longest lane gives up its last, and turns itself away', async () => {
    const { ends, come, drain } = open(1, 4)
    for (const name of ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'b0', 'c0']) come(name)
    await tick()
    assert.deepEqual(Object.fromEntries(ends), { a5: 'busy', a4: 'busy', a3: 'busy' })
    come('k0', { isKnown: true })
    await tick()
    assert.equal(ends.get('a2'), 'busy')
    assert.deepEqual(await drain(), ['a0', 'k0', 'a1', 'b0', 'c0'])
  })
})
