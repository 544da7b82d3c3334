import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { openOrchestratorScene, requestTo } from '../../test/support/orchestrator-scene.ts'
import type { CallAction } from '../call/call-action.ts'
import type { CallEvent } from '../call/call-event.ts'
import type { LegTarget } from '../call/call-request.ts'
import type { EndCause } from '../call/end-cause.ts'

// Many things happen in the same moment, or one write apart.
const moment = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constantFrom(0, 100, 101, 107, 160, 167))
const dialled = fc.constantFrom('101', '102', '103', '104', '106', '600', 'sales', 'nobody')
const phone = fc.record(
  {
    rings: moment,
    speaks: moment,
    answers: moment,
    refuses: fc.record(
      {
        after: moment,
        as: fc.constantFrom<EndCause>('busy', 'rejected', 'unavailable', 'congestion'),
        forwardTo: dialled,
      },
      { requiredKeys: ['after', 'as'] },
    ),
    holds: moment,
    resumes: moment,
    hangsUp: moment,
  },
  { requiredKeys: [] },
)
const phones = fc.array(phone, { maxLength: 2 })
const scripts = fc.record({ 101: phones, 102: phones, 103: phones, 104: phones, 106: phones })
const target = dialled.map((value): LegTarget => ({ kind: 'dial', value }))
const leg = fc.constantFrom('first', 'second')
const party = fc.constantFrom('first', 'second', 'both')
const action: fc.Arbitrary<CallAction> = fc.oneof(
  fc.record({ action: fc.constantFrom('hold', 'resume', 'mute', 'unmute'), leg }),
  fc.record({ action: fc.constant('send-digits'), leg, digits: fc.constantFrom('1', 'w2') }),
  fc.record({ action: fc.constant('play'), leg: party, clip: fc.constantFrom('goodbye', 'beep', 'unknown') }),
  fc.record({ action: fc.constant('stop-playing'), leg: party }),
)
const command = fc.record({
  at: fc.integer({ min: 0, max: 1500 }),
  what: fc.constantFrom('hang up', 'keep first', 'keep second', 'act', 'act', 'act', 'full disk', 'room again'),
  to: target,
  action,
})
const scene = fc.record({
  scripts,
  first: target,
  second: target,
  delaySeconds: fc.constantFrom(0, 0, 0, 1),
  writeMilliseconds: fc.constantFrom(0, 0, 1, 7, 60),
  timing: fc.record({
    bridgeMilliseconds: fc.constantFrom(0, 0, 5, 80),
    farewellMilliseconds: fc.constantFrom(0, 0, 5, 80),
    isDeaf: fc.constantFrom(false, false, false, true),
  }),
  commands: fc.array(command, { maxLength: 8 }),
})

test('forwards, redirections, holds, clips, hang-ups and a full disk in any order: one end, and nothing is left', async () => {
  const property = fc.asyncProperty(
    scene,
    async ({ scripts, first, second, delaySeconds, writeMilliseconds, timing, commands }) => {
      const { clock, start, store, network, faults, dialled, up } = openOrchestratorScene(scripts, timing)
      const { orchestrator, driver } = start(1)
      const placed = await orchestrator.place(requestTo(second, { first: { target: first }, delaySeconds }))
      if (placed.outcome !== 'accepted') return
      const { id } = placed.call
      store.writeMilliseconds = writeMilliseconds
      const carryOut = ({ what, to, action }: (typeof commands)[number]): unknown => {
        if (what === 'hang up') return orchestrator.hangup(['acme'], id)
        if (what === 'keep first') return orchestrator.redirect(['acme'], id, 'first', to)
        if (what === 'keep second') return orchestrator.redirect(['acme'], id, 'second', to)
        if (what === 'act') return orchestrator.act(['acme'], id, action)
        store.isFull = what === 'full disk'
        return undefined
      }
      for (const command of commands) clock.setTimeout(() => void carryOut(command), command.at)
      clock.setTimeout(() => {
        store.isFull = false
      }, 60_000)
      // Nobody talks for ever.
      clock.setTimeout(() => void orchestrator.hangup(['acme'], id), 190_000)
      await clock.advance(400_000)

      const events = store.written(id)
      const story = events.map((event) => ('leg' in event ? `${event.leg}:${event.type}` : event.type)).join(' ')
      assert.equal(events.filter(({ type }) => type === 'call.ended').length, 1, story)
      assert.deepEqual([up(), driver.legs.size, orchestrator.liveCount, clock.pending], [0, 0, 0, 0], story)
      const hasFailedMedia = events.some((event) => 'cause' in event && event.cause === 'media-failed')
      assert.ok(timing.isDeaf || !hasFailedMedia, story)
      // While a phone holds, nobody is to hear the other: they are connected, though they could not.
      const anyHolds = Object.values(scripts).some((phones) => phones.some(({ holds }) => holds !== undefined))
      assert.ok(!timing.isDeaf || anyHolds || !events.some(({ type }) => type === 'call.bridged'), story)
      const countOf = (name: CallEvent['type']) => events.filter(({ type }) => type === name).length
      assert.ok(countOf('leg.resumed') <= countOf('leg.held'), story)
      assert.ok(countOf('leg.unmuted') <= countOf('leg.muted'), story)
      // The supervisor would end such a call, too; here nothing may come that the machine does not take.
      assert.deepEqual(
        faults.map(({ input, state }) => ({ input, state })),
        [],
        story,
      )
      for (const leg of ['first', 'second'] as const) {
        const own = events.filter((event) => 'leg' in event && event.leg === leg).map(({ type }) => type)
        const redirections = own.filter((type) => type === 'call.redirected').length
        const isOver = own.lastIndexOf('leg.ended') >= own.lastIndexOf('leg.dialled')
        assert.ok(isOver && own.filter((type) => type === 'leg.ended').length <= 1 + redirections, story)
      }

      // Nobody counts as busy any more: the next call rings both members of the queue.
      for (const member of ['102', '103']) network.setLine({ account: 'acme', number: member }, [{ rings: 1 }])
      network.setLine({ account: 'acme', number: '104' }, [{ answers: 5 }])
      store.writeMilliseconds = 0
      const before = dialled.length
      const queue = requestTo(
        { kind: 'queue', value: 'support' },
        { first: { target: { kind: 'line', value: '104' } } },
      )
      assert.equal((await orchestrator.place(queue)).outcome, 'accepted')
      await clock.advance(1000)
      assert.equal(dialled.length - before, 3, story)
    },
  )
  await fc.assert(property, { numRuns: 500 })
})
