import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { type LogFields, silentLog } from '../../log.ts'
import { TrunkHealth } from './trunk-health.ts'

const [alpha, beta, gamma] = ['alpha', 'beta', 'gamma'].map((name) => ({ name, address: `sip:${name}.example` })) as [
  { name: string; address: string },
  { name: string; address: string },
  { name: string; address: string },
]
const trunks = [alpha, beta, gamma]

function setUp() {
  const clock = new VirtualClock()
  const log: string[] = []
  const probedAt: number[] = []
  const carrier = { responds: false, isConfigured: true }
  const health = new TrunkHealth({
    clock,
    log: { ...silentLog, warn: (fields: LogFields, message) => void log.push(`${message} ${fields['trunk']}`) },
    probe: async () => {
      probedAt.push(clock.monotonic())
      return carrier.responds
    },
    isConfigured: () => carrier.isConfigured,
  })
  const order = () => health.order(trunks).turns.map(({ trunk, isDown }) => `${trunk.name}${isDown ? ' (down)' : ''}`)
  const resting = () => health.order(trunks).resting.map(({ trunk }) => trunk.name)
  return { clock, log, probedAt, carrier, health, order, resting }
}

describe('a trunk that has not responded', () => {
  test('is tried last until it responds to a call, or to a probe; each is told once', async () => {
    const { clock, log, carrier, health, order } = setUp()
    assert.deepEqual(order(), ['alpha', 'beta', 'gamma'])
    for (let times = 0; times < 3; times++) health.unreachable(alpha, 'no response')
    assert.deepEqual(order(), ['beta', 'gamma', 'alpha (down)'])
    assert.equal(health.isDown('alpha'), true)
    for (let times = 0; times < 3; times++) health.heard(alpha)
    assert.deepEqual(order(), ['alpha', 'beta', 'gamma'])
    assert.deepEqual(log, ['trunk.down alpha', 'trunk.up alpha'])
    health.unreachable(beta, 'no response')
    carrier.responds = true
    await clock.advance(1000)
    assert.deepEqual(log.slice(2), ['trunk.down beta', 'trunk.up beta'])
    assert.deepEqual(order(), ['alpha', 'beta', 'gamma'])
    assert.equal(clock.pending, 0)
  })

  test('is probed less and less often, and never twice at a time', async () => {
    const { clock, probedAt, health } = setUp()
    health.unreachable(alpha, 'no response')
    health.unreachable(alpha, 'no response')
    await clock.advance(250_000)
    assert.deepEqual(probedAt, [1000, 6000, 16_000, 36_000, 66_000, 126_000, 186_000, 246_000])
    health.close()
    assert.equal(clock.pending, 0)
  })

  test('that answers no OPTIONS gets one call in its turn from time to time', async () => {
    const { clock, health, order } = setUp()
    health.unreachable(alpha, 'no response')
    const trials: number[] = []
    for (let second = 0; second < 1000; second++) {
      if (order()[0] === 'alpha') trials.push(second)
      await clock.advance(1000)
    }
    assert.deepEqual(trials, [30, 90, 210, 450, 930])
    health.close()
  })

  test('is forgotten when the configuration has it no longer, and begins anew with another address', async () => {
    const { clock, carrier, health, order } = setUp()
    health.unreachable(alpha, 'no response')
    const moved = { ...alpha, address: 'sip:elsewhere.example' }
    assert.deepEqual(health.order([moved]).turns, [{ trunk: moved, isDown: false }])
    assert.equal(clock.pending, 0)
    health.unreachable(beta, 'no response')
    health.heard(gamma, 300)
    assert.equal(health.size, 2)
    carrier.isConfigured = false
    health.forgetRemoved()
    assert.equal(health.size, 0)
    assert.equal(clock.pending, 0)
    assert.deepEqual(order(), ['alpha', 'beta', 'gamma'])
    // Calls that were under way over it have their say, of which nothing stays.
    health.unreachable(beta, 'no response')
    health.heard(gamma, 300)
    assert.equal(health.size, 0)
    await clock.advance(600_000)
    assert.equal(clock.pending, 0)
  })

  test('is forgotten while it is probed, too', async () => {
    const { clock, carrier, health } = setUp()
    health.unreachable(alpha, 'no response')
    clock.setTimeout(() => {
      carrier.isConfigured = false
      health.forgetRemoved()
    }, 1000)
    await clock.advance(600_000)
    assert.equal(health.size, 0)
    assert.equal(clock.pending, 0)
  })

  test('whose call gets through while it is probed is up, whatever the probe says', async () => {
    const { clock, log, health } = setUp()
    health.unreachable(alpha, 'no response')
    clock.setTimeout(() => health.heard(alpha), 1000)
    await clock.advance(100_000)
    assert.deepEqual(log, ['trunk.down alpha', 'trunk.up alpha'])
    assert.equal(clock.pending, 0)
  })
})

describe('a trunk that asks to be left alone', () => {
  for (const [asked, kept] of [
    [30, 30],
    [300, 300],
    [86_400, 300],
    [999_999_999, 300],
  ] as const) {
    test(`for ${asked} s is left alone for ${kept} s`, async () => {
      const { clock, health, order, resting } = setUp()
      health.heard(alpha, asked)
      assert.deepEqual([order(), resting()], [['beta', 'gamma'], ['alpha']])
      await clock.advance(kept * 1000 - 1)
      assert.deepEqual(resting(), ['alpha'])
      await clock.advance(1)
      assert.deepEqual([order(), resting()], [['alpha', 'beta', 'gamma'], []])
    })
  }

  test('tells until when, by the wall clock', () => {
    const { clock, health } = setUp()
    health.heard(alpha, 30)
    assert.equal(health.order([alpha]).resting[0]?.until, clock.now() + 30_000)
  })

  test('and then answers a call that was dialled before is still left alone', async () => {
    const { health, resting } = setUp()
    health.heard(alpha, 30)
    health.heard(alpha)
    assert.deepEqual(resting(), ['alpha'])
  })
})
