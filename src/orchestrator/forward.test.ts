import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PhoneScript } from '../../test/doubles/phone-script.ts'
import { answering, requestTo, openOrchestratorScene as setUp, toLine } from '../../test/support/orchestrator-scene.ts'
import type { CallEvent } from '../call/call-event.ts'
import type { CallRequest } from '../call/call-request.ts'
import { renderDestination } from '../call/destination.ts'
import { projectCall } from '../call/project-call.ts'
import type { ResolvedLegs } from './plan-call.ts'

describe('forwards of a line and of its phones', () => {
  const forwarding = (forwardTo: string, rings = 10): PhoneScript => ({
    rings,
    refuses: { after: 500, as: 'unavailable', forwardTo },
  })
  const storyOf = (written: readonly CallEvent[]) =>
    written
      .filter(({ type }) => type.startsWith('leg.') || type === 'call.ended')
      .map((event) => {
        if (event.type === 'leg.forwarded') return `${event.leg} forwarded to ${renderDestination(event.destination)}`
        const name = 'leg' in event ? `${event.leg} ${event.type.slice(4)}` : 'ended'
        return 'cause' in event ? `${name} ${event.cause}` : name
      })

  test('is followed, from the first leg and from the second, to lines and queues', async () => {
    const { clock, start, place, store, up } = setUp({
      101: [forwarding('104')],
      104: [{ ...answering, hangsUp: 10_000 }],
      102: [forwarding('600')],
      103: [answering],
    })
    const { orchestrator } = start(1)
    const id = await place(orchestrator, requestTo(toLine))
    await clock.advance(3000)
    assert.deepEqual(storyOf(store.written(id)), [
      ...['first dialled', 'first ringing', 'first attempt-ended', 'first forwarded to line 104', 'first dialled'],
      ...['first ringing', 'first answered', 'second dialled', 'second ringing', 'second attempt-ended'],
      'second forwarded to queue support',
      // Its own phone is a member of that queue: as one of several it speaks for itself alone.
      ...['second dialled', 'second dialled', 'second ringing', 'second answered'],
      'second attempt-ended',
    ])
    assert.deepEqual(
      Object.values(projectCall(store.written(id)).legs).map(({ destination }) => renderDestination(destination)),
      ['line 104', 'line 103 (queue support)'],
    )
    await clock.advance(20_000)
    assert.equal(storyOf(store.written(id)).at(-1), 'ended completed')
    assert.equal(up(), 0)
  })
  for (const [name, forwardTo, more] of [
    ['the client does not want it', '103', { noForwards: true }],
    ['it names nobody', 'nobody at all', {}],
    ['nobody is there', '105', {}],
    ['the policy bars it', '104', {}],
  ] as const) {
    test(`is not followed where ${name}`, async () => {
      const { clock, start, place, store, causeOf, up } = setUp({
        ...{ 101: [answering], 102: [forwarding(forwardTo)], 103: [answering], 104: [answering] },
      })
      const barring = {
        decide: (_request: CallRequest, { second }: ResolvedLegs) =>
          renderDestination(second.party) === 'line 104' ? [{ code: 'barred', message: 'no' } as const] : [],
      }
      const { orchestrator } = start(1, barring)
      const id = await place(orchestrator, requestTo(toLine, more))
      await clock.advance(3000)
      assert.equal(causeOf(id), 'unavailable')
      assert.ok(store.written(id).every(({ type }) => type !== 'leg.forwarded'))
      assert.equal(up(), 0)
    })
  }
  for (const [name, script, destination] of [
    ['nobody answers', [{ rings: 10 }], 'line 101'],
    ['it is busy', [{ refuses: { after: 10, as: 'busy' } }], 'line 102'],
    ['it has no phone', [], 'line 103'],
    ['its phone names somebody else', [forwarding('104')], 'line 104'],
    ['it is rejected', [{ refuses: { after: 10, as: 'rejected' } }], undefined],
  ] as const) {
    test(`a line's own forward where ${name}: ${destination ?? 'none'}`, async () => {
      const others = { 101: [answering], 102: [answering], 103: [answering], 104: [answering] }
      for (const [leg, first, second] of [
        ['first', '106', '105'],
        ['second', '105', '106'],
      ] as const) {
        for (const noForwards of [false, true]) {
          const { clock, start, store } = setUp({ 105: [answering], 106: script, ...others })
          const { orchestrator } = start(1)
          const placed = await orchestrator.place(
            requestTo(
              { kind: 'line', value: second },
              { noForwards, first: { target: { kind: 'line', value: first } } },
            ),
          )
          const isNobodyThere = noForwards && leg === 'first' && script.length === 0
          assert.equal(placed.outcome, isNobodyThere ? 'refused' : 'accepted')
          if (placed.outcome === 'refused') continue
          await clock.advance(40_000)
          const call = projectCall(store.written(placed.call.id))
          const isRung = destination !== undefined && !noForwards
          assert.equal(renderDestination(call.legs[leg].destination), isRung ? destination : 'line 106')
          assert.equal(call.state, isRung ? 'bridged' : 'ended')
        }
      }
    })
  }
  test('whom a redirection names, and nobody is there: whom the line names is the new party', async () => {
    const { clock, start, place, store } = setUp({ 101: [answering], 102: [answering], 103: [answering], 106: [] })
    const { orchestrator } = start(1)
    const id = await place(orchestrator, requestTo(toLine))
    await clock.advance(1000)
    await orchestrator.redirect(['acme'], id, 'first', { kind: 'line', value: '106' })
    await clock.advance(1000)
    const { state, legs } = projectCall(store.written(id))
    assert.deepEqual([state, renderDestination(legs.second.destination)], ['bridged', 'line 103'])
  })
  test('phones that name each other are given up after a while', async () => {
    const { clock, start, place, store, causeOf } = setUp({
      ...{ 101: [answering], 102: [forwarding('103')], 103: [forwarding('102')] },
    })
    const { orchestrator } = start(1)
    const id = await place(orchestrator, requestTo(toLine))
    await clock.advance(60_000)
    assert.equal(causeOf(id), 'unavailable')
    assert.equal(store.written(id).filter(({ type }) => type === 'leg.forwarded').length, 5)
  })
  test('hung up in that moment, nobody else is rung', async () => {
    for (let at = 480; at <= 700; at += 5) {
      const { clock, start, place, causeOf, up, phones } = setUp({
        ...{ 101: [forwarding('103')], 102: [answering], 103: [{ rings: 10 }] },
      })
      const { orchestrator } = start(1)
      const id = await place(orchestrator, requestTo(toLine))
      await clock.advance(at)
      await orchestrator.hangup(['acme'], id)
      await clock.advance(1000)
      assert.equal(causeOf(id), 'cancelled')
      assert.equal(up(), 0)
      assert.ok((phones[2]?.heard ?? []).join().match(/^(invite,cancel)?$/), `${at}: ${phones[2]?.heard}`)
    }
  })
})
