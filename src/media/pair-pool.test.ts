import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryPair } from '../../test/support/memory-ports.ts'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { PairPool, type PairPoolOptions } from './pair-pool.ts'

const evenPorts = (count: number): number[] => Array.from({ length: count }, (_, index) => 20_000 + 2 * index)

class PoolScene {
  readonly clock = new VirtualClock()
  readonly bound = new Map<number, MemoryPair>()
  readonly ready: number[] = []
  readonly withdrawn: number[] = []
  readonly pool: PairPool

  constructor(pairs: number, more: Partial<PairPoolOptions> = {}) {
    this.pool = new PairPool({
      host: '127.0.0.1',
      ports: evenPorts(pairs),
      idlePairs: 1024,
      quarantineMilliseconds: 500,
      restMilliseconds: 30_000,
      clock: this.clock,
      random: createSeededRandom(3),
      onReady: (ports) => this.ready.push(...ports),
      onWithdrawn: (port) => this.withdrawn.push(port),
      onRotated: () => {},
      bind: (_, port) => {
        const pair = new MemoryPair(port)
        this.bound.set(port, pair)
        return Promise.resolve(pair)
      },
      ...more,
    })
  }

  /** Takes a pair as a call does. */
  async open(): Promise<MemoryPair> {
    const { ports } = await this.pool.prepare(1)
    return this.take(ports[0])
  }

  take(port: number | undefined): MemoryPair {
    const pair = this.pool.take(port ?? 0)
    assert.ok(pair instanceof MemoryPair)
    return pair
  }

  /** Somebody sends to this port. */
  hears(port: number): void {
    this.bound.get(port)?.rtp.arrives(Buffer.alloc(172), '203.0.113.5', 4000)
  }
}

describe('which port a call gets', () => {
  test('any, in an order that does not tell the next one', async () => {
    const scene = new PoolScene(500)
    const drawn: number[] = []
    for (let call = 0; call < 100; call++) drawn.push((await scene.open()).port)
    assert.equal(new Set(drawn).size, 100)
    const rises = drawn.filter((port, index) => port > (drawn[index - 1] ?? 0)).length
    assert.ok(rises > 35 && rises < 65, `${rises} of 100 are higher than the one before`)
  })

  test('not one that had a call in the last 30 s, where there are others', async () => {
    const scene = new PoolScene(200)
    const usedAt = new Map<number, number>()
    for (let call = 0; call < 300; call++) {
      const pair = await scene.open()
      const before = usedAt.get(pair.port)
      assert.ok(before === undefined || scene.clock.monotonic() - before >= 30_000, `call ${call}: too soon`)
      await scene.clock.advance(400)
      usedAt.set(pair.port, scene.clock.monotonic())
      scene.pool.give(pair)
    }
  })

  test('the 17th call does not get the port that the first one still sends to, nor does any other', async () => {
    const scene = new PoolScene(64)
    const leftover = await scene.open()
    scene.pool.give(leftover)
    const drawn = new Set<number>()
    for (let call = 0; call < 1000; call++) {
      const pair = await scene.open()
      drawn.add(pair.port)
      for (let heard = 0; heard < 50; heard++) {
        scene.hears(leftover.port)
        await scene.clock.advance(20)
      }
      scene.pool.give(pair)
    }
    assert.equal(drawn.has(leftover.port), false)
    assert.equal(drawn.size, 63)
    // It falls silent at last, and comes back.
    await scene.clock.advance(31_000)
    for (let call = 0; call < 64; call++) drawn.add((await scene.open()).port)
    assert.ok(drawn.has(leftover.port))
  })

  test('not one on which a stream arrives before its call, as after a restart', async () => {
    const scene = new PoolScene(100)
    const { ports } = await scene.pool.prepare(4)
    const [noisy = 0, quiet = 0] = ports
    scene.hears(noisy)
    scene.hears(noisy)
    assert.deepEqual(scene.withdrawn, [noisy])
    scene.take(quiet)
    // It was on its way to a call already.
    scene.take(noisy)
    assert.equal(scene.pool.take(noisy), undefined)
  })

  test('who sends to all of them withdraws no more than 16', async () => {
    const scene = new PoolScene(100)
    const { ports } = await scene.pool.prepare(100)
    for (const port of ports) scene.hears(port)
    assert.equal(scene.withdrawn.length, 16)
  })
})

describe('where there are few', () => {
  test('the rest is shorter, but never than the quarantine; the longest rested and the silent come first', async () => {
    const scene = new PoolScene(3)
    const pairs = [await scene.open(), await scene.open(), await scene.open()]
    assert.deepEqual(await scene.pool.prepare(1), { ports: [], problem: 'all are in use' })
    assert.equal(scene.pool.hurry(), false)
    for (const pair of pairs) {
      scene.pool.give(pair)
      await scene.clock.advance(100)
    }
    const [first, second, third] = pairs.map(({ port }) => port)
    assert.deepEqual((await scene.pool.prepare(1)).ports, [])
    assert.equal(scene.pool.hurry(), true)
    await scene.clock.advance(199)
    assert.deepEqual(scene.ready, [])
    await scene.clock.advance(1)
    assert.deepEqual(scene.ready, [first])
    await scene.clock.advance(1000)
    scene.hears(second ?? 0)
    assert.deepEqual((await scene.pool.prepare(1)).ports, [third])
    assert.deepEqual((await scene.pool.prepare(1)).ports, [second])
  })

  test('who waits for a rest is told when the last pair has gone back to be drawn, too', async () => {
    const told: number[][] = []
    // A quarantine that is longer than the rest: the rest ends first.
    const scene = new PoolScene(1, {
      quarantineMilliseconds: 2000,
      restMilliseconds: 1000,
      onReady: (ports) => told.push(ports),
    })
    scene.pool.give(await scene.open())
    assert.equal(scene.pool.hurry(), true)
    await scene.clock.advance(2000)
    assert.deepEqual(told, [[]])
    assert.deepEqual((await scene.pool.prepare(1)).ports, [20_000])
  })

  test('a port that another program holds is passed over, and tried again', async () => {
    let refused = 0
    const scene = new PoolScene(3, {
      bind: (_, port) => {
        if (port !== 20_002 || refused++ > 1) return Promise.resolve(new MemoryPair(port))
        return Promise.reject(Object.assign(new Error('bind EADDRINUSE'), { code: 'EADDRINUSE' }))
      },
    })
    const { ports, problem } = await scene.pool.prepare(3)
    assert.deepEqual([ports.toSorted(), problem], [[20_000, 20_004], 'bind EADDRINUSE'])
    assert.equal((await scene.pool.prepare(1)).problem, 'bind EADDRINUSE')
    assert.deepEqual(await scene.pool.prepare(1), { ports: [20_002] })
  })
})

describe('where calls come fast', () => {
  test('bound pairs are used again after their quarantine, and their number is bounded', async () => {
    const scene = new PoolScene(5000)
    let most = 0
    for (let round = 0; round < 100; round++) {
      const { ports } = await scene.pool.prepare(32)
      for (const port of ports) scene.pool.give(scene.take(port))
      await scene.clock.advance(20)
      most = Math.max(most, scene.pool.resting)
    }
    assert.ok(most <= 1024, `${most} rest`)
    assert.ok(scene.bound.size < 1300, `${scene.bound.size} were bound for 3,200 calls`)
    await scene.clock.advance(32_000)
    assert.equal(scene.pool.resting, 0)
    assert.ok([...scene.bound.values()].every(({ isClosed }) => isClosed))
    scene.pool.close()
    assert.equal(scene.clock.pending, 0)
  })
})
