import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { answering, requestTo, openOrchestratorScene as setUp, toLine } from '../../test/support/orchestrator-scene.ts'
import type { CallRequest } from '../call/call-request.ts'

describe('what nobody here can do yet', () => {
  test('is refused where it is required, and left out where it is only a wish', async () => {
    const { start, place, dialled } = setUp({ 101: [answering], 102: [answering] })
    const { orchestrator } = start(1)
    const target = { kind: 'line', value: '101' } as const
    const asked: readonly Partial<CallRequest>[] = [
      { recordGroup: 7 },
      { first: { target, screen: 'required' } },
      { second: { target: toLine, warnBeforeCutOff: 'required' } },
    ]
    for (const more of asked) {
      const placed = await orchestrator.place(requestTo(toLine, more))
      assert.equal(placed.outcome === 'refused' && placed.refusals[0].code, 'not-supported')
    }
    await place(
      orchestrator,
      requestTo(toLine, { first: { target, screen: 'preferred', warnBeforeCutOff: 'preferred' } }),
    )
    assert.equal(dialled.length, 1)
  })
})

describe('placing and hanging up', () => {
  test('a call is forgotten when its end is on disk', async () => {
    const { clock, start, place, causeOf, up } = setUp({ 101: [answering], 102: [{ ...answering, hangsUp: 1000 }] })
    const { orchestrator } = start(1)
    const id = await place(orchestrator, requestTo(toLine))
    assert.equal(orchestrator.liveCount, 1)
    await clock.advance(5000)
    assert.equal(causeOf(id), 'completed')
    assert.equal(orchestrator.liveCount, 0)
    assert.equal(up(), 0)
  })

  test('hanging up: once, by its own account only', async () => {
    const { clock, start, place, causeOf, up } = setUp({ 101: [answering], 102: [{ rings: 10 }] })
    const { orchestrator } = start(1)
    const id = await place(orchestrator, requestTo(toLine))
    await clock.advance(500)
    assert.equal(await orchestrator.hangup(['other'], id), 'not-found')
    assert.equal(await orchestrator.hangup(['acme'], id), 'ending')
    await clock.advance(100)
    assert.equal(await orchestrator.hangup(['acme'], id), 'already-ended')
    assert.equal(causeOf(id), 'cancelled')
    assert.equal(up(), 0)
  })

  test('what could not be written was not accepted, and nobody is rung', async () => {
    const { clock, phones, store, start } = setUp({ 101: [answering], 102: [answering] })
    const { orchestrator } = start(1)
    store.failsAt = 'call.accepted'
    await assert.rejects(orchestrator.place(requestTo(toLine)), /disk full/)
    await clock.advance(1000)
    assert.equal(orchestrator.liveCount, 0)
    assert.deepEqual(phones[0]?.heard, [])
  })

  test('what a full disk does not take is written when there is room: one end, and nothing is lost', async () => {
    const { clock, start, place, store, causeOf, up } = setUp({ 101: [answering], 102: [{ rings: 10, answers: 500 }] })
    const { orchestrator } = start(1)
    const id = await place(orchestrator, requestTo(toLine))
    await clock.advance(300)
    assert.equal(store.written(id).at(-1)?.type, 'leg.ringing')
    await clock.advance(400)
    store.isFull = true
    await orchestrator.hangup(['acme'], id)
    await clock.advance(10_000)
    assert.equal(up(), 0)
    assert.equal(orchestrator.liveCount, 1)
    store.isFull = false
    await clock.advance(5000)
    assert.equal(causeOf(id), 'completed')
    const types = store.written(id).map(({ type }) => type)
    assert.deepEqual(types.slice(-4), ['call.ending', 'leg.ended', 'leg.ended', 'call.ended'])
    assert.deepEqual([orchestrator.liveCount, clock.pending], [0, 0])
  })

  test('whoever waits hears of it in time, and leaves no listener behind', async () => {
    const { clock, start, place } = setUp({ 101: [answering], 102: [{ ...answering, hangsUp: 1000 }] })
    const { orchestrator, callLog } = start(1)
    const id = await place(orchestrator, requestTo(toLine))
    const waits = (['ringing', 'answered', 'bridged', 'ended'] as const).map((condition) =>
      orchestrator.waitFor(id, condition, 60_000),
    )
    const impatient = orchestrator.waitFor(id, 'ended', 300)
    await clock.advance(5000)
    const states = (await Promise.all(waits)).map(({ state }) => state)
    assert.deepEqual(states, ['first-ringing', 'first-answered', 'bridged', 'ended'])
    assert.equal((await impatient).state, 'bridged')
    assert.equal(callLog.listenerCount, 0)
    assert.equal(clock.pending, 0)
  })

  test('whoever waits is not answered before the wall clock says so, not by a millisecond', async () => {
    const { clock, start, place } = setUp({ 101: [{ rings: 10 }] })
    const { orchestrator } = start(1)
    const id = await place(orchestrator, requestTo(toLine))
    let isAnswered = false
    void orchestrator.waitFor(id, 'answered', 300).then(() => {
      isAnswered = true
    })
    await clock.advance(0)
    clock.setWallClock(-1)
    await clock.advance(300)
    assert.equal(isAnswered, false)
    await clock.advance(1)
    assert.equal(isAnswered, true)
    await orchestrator.hangup(['acme'], id)
    await clock.advance(5000)
  })
})

describe('two calls for one queue', () => {
  const toSales = requestTo({ kind: 'queue', value: 'sales' })
  const calls = (phones: readonly { readonly heard: readonly string[] }[]) =>
    phones.map(({ heard }) => heard.filter((message) => message === 'invite').length)

  test('a member who talks by the time when it would be his turn is not rung', async () => {
    const { clock, start, place, phones } = setUp({ 101: [answering], 102: [{ rings: 10 }], 103: [answering] })
    const { orchestrator } = start(1)
    await place(orchestrator, toSales)
    await clock.advance(5000)
    await place(orchestrator, toSales)
    await clock.advance(60_000)
    assert.deepEqual(calls(phones), [2, 1, 1])
  })

  test('in the same moment they ring different members', async () => {
    const { clock, start, place, phones } = setUp({ 101: [answering], 102: [{ rings: 10 }], 103: [{ rings: 10 }] })
    const { orchestrator } = start(1)
    await Promise.all([place(orchestrator, toSales), place(orchestrator, toSales)])
    await clock.advance(5000)
    assert.deepEqual(calls(phones), [2, 1, 1])
  })
})

describe('stopping', () => {
  test('ends what is up as interrupted, takes nothing new, and leaves delayed calls to the next start', async () => {
    const { clock, start, place, store, causeOf, up } = setUp({ 101: [answering], 102: [answering] })
    const { orchestrator } = start(1)
    const talking = await place(orchestrator, requestTo(toLine))
    const delayed = await place(orchestrator, requestTo(toLine, { delaySeconds: 3600 }))
    await clock.advance(1000)
    let isStopped = false
    const stopped = orchestrator.stop(3000).then(() => {
      isStopped = true
    })
    await clock.advance(100)
    assert.ok(isStopped, 'as soon as the last has gone')
    await stopped
    assert.equal(causeOf(talking), 'interrupted')
    assert.equal(store.written(delayed).at(-1)?.type, 'call.scheduled')
    const refused = await orchestrator.place(requestTo(toLine))
    assert.equal(refused.outcome === 'refused' && refused.refusals[0].code, 'shutting-down')
    assert.equal(up(), 0)

    const next = start(2)
    assert.deepEqual(await next.orchestrator.resume(), { resumed: 1, interrupted: 0 })
    await clock.advance(3600_000)
    assert.equal((await store.call(delayed))?.state, 'bridged')
    await next.orchestrator.hangup(['acme'], delayed)
    await clock.advance(1000)
    assert.equal(causeOf(delayed), 'completed')
  })

  for (const [late, expected] of [
    [3500, 'bridged'],
    [3700, 'ended'],
  ] as const) {
    test(`a delayed call that was due ${late} s before the next start is ${expected}`, async () => {
      const { clock, start, place, store, phones } = setUp({ 101: [answering], 102: [answering] })
      const { orchestrator } = start(1)
      const delayed = await place(orchestrator, requestTo(toLine, { delaySeconds: 60 }))
      await orchestrator.stop(3000)
      await clock.advance((60 + late) * 1000)
      const next = start(2)
      await next.orchestrator.resume()
      await clock.advance(1000)
      assert.equal((await store.call(delayed))?.state, expected)
      assert.equal(phones[0]?.heard.length === 0, expected === 'ended')
      await next.orchestrator.stop(3000)
    })
  }

  test('what is being written down when it comes is waited for, and rings nobody', async () => {
    const { clock, start, store, phones } = setUp({ 101: [answering], 102: [answering] })
    const { orchestrator } = start(1)
    store.writeMilliseconds = 100
    const placing = [{}, { delaySeconds: 60 }].map((more, index) =>
      orchestrator.place(requestTo(toLine, { externalId: `call ${index}`, ...more })),
    )
    await clock.advance(50)
    let isStopped = false
    const stopped = orchestrator.stop(3000).then(() => {
      isStopped = true
    })
    await clock.advance(100)
    assert.equal(isStopped, false, 'the end of the first is being written')
    await clock.advance(100)
    await stopped
    const placed = await Promise.all(placing)
    const lastOf = placed.map((one) => one.outcome === 'accepted' && store.written(one.call.id).at(-1)?.type)
    assert.deepEqual(lastOf, ['call.ended', 'call.scheduled'])
    await clock.advance(60_000)
    assert.deepEqual(phones[0]?.heard, [])
    assert.deepEqual([orchestrator.liveCount, clock.pending], [0, 0])
  })

  test('a store that does not come back does not hold it for ever', async () => {
    const { clock, start, place, store } = setUp({ 101: [answering], 102: [answering] })
    const { orchestrator } = start(1)
    await place(orchestrator, requestTo(toLine))
    await clock.advance(1000)
    store.writeMilliseconds = 3600_000
    let isStopped = false
    void orchestrator.stop(3000).then(() => {
      isStopped = true
    })
    await clock.advance(2900)
    assert.equal(isStopped, false)
    await clock.advance(200)
    assert.equal(isStopped, true)
  })
})

describe('a restart after kill -9', () => {
  for (const [what, second, at] of [
    ['the first rings', toLine, 50],
    ['the second rings', toLine, 150],
    ['they talk', toLine, 1000],
    ['a queue rings', { kind: 'queue', value: 'support' }, 150],
    ['a member of a queue talks', { kind: 'queue', value: 'support' }, 1000],
  ] as const) {
    test(`while ${what}: every phone is let go, and the call has ended once`, async () => {
      const { clock, start, place, store, causeOf, up } = setUp({
        101: [answering],
        102: [answering, { rings: 10 }],
        103: [{ rings: 10 }],
      })
      const dead = start(1)
      const id = await place(dead.orchestrator, requestTo(second))
      await clock.advance(at)
      assert.ok(up() > 0)
      dead.driver.die()
      const next = start(2)
      assert.deepEqual(await next.orchestrator.resume(), { resumed: 0, interrupted: 1 })
      assert.equal(up(), 0)
      assert.equal(causeOf(id), 'interrupted')
      const ends = store.written(id).filter(({ type }) => type === 'leg.ended')
      assert.equal(new Set(ends.map((event) => 'leg' in event && event.leg)).size, ends.length, 'one end a leg')
      assert.deepEqual(await next.orchestrator.resume(), { resumed: 0, interrupted: 0 })
    })
  }

  test('an end that was decided before keeps its cause', async () => {
    const { clock, start, place, store, causeOf, up } = setUp({ 101: [answering], 102: [answering] })
    const dead = start(1)
    const id = await place(dead.orchestrator, requestTo(toLine))
    await clock.advance(1000)
    // The ends of its legs are on their way to a disk that never gets them.
    store.failsAt = 'leg.ended'
    await dead.orchestrator.hangup(['acme'], id)
    await clock.advance(1000)
    dead.driver.die()
    store.repair()
    const next = start(2)
    assert.deepEqual(await next.orchestrator.resume(), { resumed: 0, interrupted: 1 })
    assert.equal(causeOf(id), 'completed')
    assert.equal(up(), 0)
  })
})
