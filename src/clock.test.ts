import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { VirtualClock } from '../test/support/virtual-clock.ts'
import { type Clock, callWhenDue, systemClock } from './clock.ts'

/** A clock whose timers fire `earlyMilliseconds` before the wall clock says so, as Node's do. */
const createHastyClock = (clock: VirtualClock, earlyMilliseconds: number): Clock => ({
  now: () => clock.now(),
  monotonic: () => clock.monotonic(),
  setTimeout: (task, milliseconds) => clock.setTimeout(task, Math.max(0.1, milliseconds - earlyMilliseconds)),
  clearTimeout: (timer) => clock.clearTimeout(timer),
})

/** The moments at which the task was called, counted from the start. */
const listen = (virtual: VirtualClock, clock: Clock, delayMilliseconds: number) => {
  const start = virtual.now()
  const calledAt: number[] = []
  const cancel = callWhenDue(clock, start + delayMilliseconds, () => calledAt.push(virtual.now() - start))
  return { calledAt, cancel }
}

describe('a task that is due at a moment of the wall clock', () => {
  const delays = [0, 1, 500, 60_000, 61_000, 3_600_000, 40 * 24 * 3_600_000]
  for (const delay of delays) {
    it(`in ${delay} ms: is called once, on the millisecond`, async () => {
      const clock = new VirtualClock()
      const { calledAt } = listen(clock, clock, delay)
      assert.deepEqual(calledAt, [], 'never before callWhenDue has returned')
      await clock.advance(delay)
      assert.deepEqual(calledAt, [delay])
      await clock.advance(200_000)
      assert.deepEqual([calledAt, clock.pending], [[delay], 0])
    })
  }

  for (const early of [0.4, 1, 1.7, 30]) {
    it(`is not called early by timers that fire ${early} ms before their time`, async () => {
      const clock = new VirtualClock()
      const { calledAt } = listen(clock, createHastyClock(clock, early), 100)
      await clock.advance(150)
      assert.equal(calledAt.length, 1)
      assert.ok((calledAt[0] as number) >= 100, `called after ${calledAt[0]} ms`)
    })
  }

  it('whose time has passed is called at once, but not before callWhenDue has returned', async () => {
    const clock = new VirtualClock()
    const { calledAt } = listen(clock, clock, -5000)
    assert.deepEqual(calledAt, [])
    await clock.advance(0)
    assert.deepEqual(calledAt, [0])
  })

  it('waits longer where the wall clock is set back', async () => {
    const clock = new VirtualClock()
    const { calledAt } = listen(clock, clock, 10_000)
    await clock.advance(5000)
    clock.setWallClock(-2000)
    await clock.advance(5000)
    assert.deepEqual(calledAt, [])
    await clock.advance(2000)
    assert.deepEqual(calledAt, [10_000])
  })

  it('is called within a minute where the wall clock is set forward', async () => {
    const clock = new VirtualClock()
    const { calledAt } = listen(clock, clock, 3_600_000)
    await clock.advance(5000)
    clock.setWallClock(3_600_000)
    await clock.advance(60_000)
    assert.equal(calledAt.length, 1)
  })

  for (const when of ['before its first look', 'after some looks']) {
    it(`is not called when it was cancelled ${when}`, async () => {
      const clock = new VirtualClock()
      const { calledAt, cancel } = listen(clock, clock, 300_000)
      if (when === 'after some looks') await clock.advance(200_000)
      cancel()
      assert.equal(clock.pending, 0)
      await clock.advance(300_000)
      assert.deepEqual(calledAt, [])
    })
  }
})

describe('the clock of the machine', () => {
  it('calls no task before its time, not by a fraction of a millisecond', async () => {
    const early: number[] = []
    for (let round = 0; round < 40; round++) {
      // At ever another fraction of the millisecond.
      const delays = [0.1, 0.5, 1, 1.5, 2, 3.9, 7]
      await Promise.all(
        delays.map((delay) => {
          const due = systemClock.monotonic() + delay
          return new Promise<void>((resolve) => {
            systemClock.setTimeout(() => {
              if (systemClock.monotonic() < due) early.push(delay)
              resolve()
            }, delay)
          })
        }),
      )
    }
    assert.deepEqual(early, [])
  })

  it("a delay beyond Node's longest does not fire at once", async () => {
    const fired: string[] = []
    const timer = systemClock.setTimeout(() => fired.push('fired'), 2 ** 40)
    await pause(20)
    systemClock.clearTimeout(timer)
    assert.deepEqual(fired, [])
  })

  it('a timer that was cleared is never called', async () => {
    const fired: string[] = []
    const timer = systemClock.setTimeout(() => fired.push('fired'), 1)
    systemClock.clearTimeout(timer)
    systemClock.clearTimeout(undefined)
    await pause(20)
    assert.deepEqual(fired, [])
  })
})
