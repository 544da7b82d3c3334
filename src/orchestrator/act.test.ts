import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answering, openOrchestratorScene, requestTo, toLine } from '../../test/support/orchestrator-scene.ts'
import { projectCall } from '../call/project-call.ts'

const hold = { action: 'hold', leg: 'second' } as const

/** 101 calls 102, and whatever they do is seen from here. */
const open = async (second = answering) => {
  const scene = openOrchestratorScene({ 101: [answering], 102: [second] })
  const { driver, orchestrator } = scene.start(1)
  const id = await scene.place(orchestrator, requestTo(toLine))
  await scene.clock.advance(1000)
  const legs = () => projectCall(scene.store.written(id)).legs
  const over = async () => {
    await orchestrator.hangup(['acme'], id)
    await scene.clock.advance(1000)
    assert.deepEqual([scene.up(), driver.legs.size, orchestrator.liveCount, scene.clock.pending], [0, 0, 0, 0])
    assert.deepEqual(scene.faults, [])
  }
  return { ...scene, driver, orchestrator, id, legs, over }
}

test('what is asked of a connected call is done, and shown while it is so', async () => {
  const { orchestrator, id, clock, legs, over } = await open()
  assert.deepEqual(await orchestrator.act(['acme'], id, hold), { outcome: 'done' })
  await clock.advance(1)
  assert.deepEqual([legs().first.held, legs().second.held], [undefined, true])
  await over()
  assert.equal(legs().second.held, undefined, 'who has gone is on hold no more')
})

test('another account’s call, an unknown clip, and a call that is not connected: each is told as what it is', async () => {
  const { orchestrator, id, over } = await open()
  const act = (action: Parameters<typeof orchestrator.act>[2], accounts = ['acme'], of = id) =>
    orchestrator.act(accounts, of, action)
  assert.deepEqual(await act(hold, ['other']), { outcome: 'not-found' })
  assert.deepEqual(await act(hold, ['acme'], 'nothing'), { outcome: 'not-found' })
  assert.deepEqual(await act({ action: 'play', leg: 'both', clip: 'unknown' }), { outcome: 'clip-not-found' })
  assert.deepEqual(await act({ action: 'play', leg: 'both', clip: 'goodbye' }), { outcome: 'done' })
  await over()
  assert.deepEqual(await act(hold), { outcome: 'not-in-this-state', state: 'ended' })
  const ringing = await open({ rings: 10 })
  assert.deepEqual(await ringing.orchestrator.act(['acme'], ringing.id, hold), {
    outcome: 'not-in-this-state',
    state: 'second-ringing',
  })
  await ringing.over()
})

test('the process dies while one is on hold and the other muted: the call is interrupted, and both are let go', async () => {
  const { orchestrator, driver, start, id, clock, up, causeOf, legs } = await open()
  await orchestrator.act(['acme'], id, hold)
  await orchestrator.act(['acme'], id, { action: 'mute', leg: 'first' })
  await clock.advance(10)
  driver.die()
  assert.equal(up(), 2)
  await start(2).orchestrator.resume()
  await clock.advance(100)
  assert.deepEqual([causeOf(id), up()], ['interrupted', 0])
  assert.deepEqual([legs().first.muted, legs().second.held], [undefined, undefined])
})
