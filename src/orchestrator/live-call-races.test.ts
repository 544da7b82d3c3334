import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { quick, type Scene, openLiveCall as setUp } from '../../test/support/live-call-scene.ts'
import type { CallEvent } from '../call/call-event.ts'
import { type EndCause, endCauses } from '../call/end-cause.ts'

describe('races', () => {
  test('a cancel that crosses the answer, at every moment: one end, nobody is left in a call', async () => {
    for (let at = 0; at <= 260; at += 2) {
      const { clock, call, verdict, assertOver, assertLogged } = await setUp({
        first: [quick],
        second: [quick],
        writeMilliseconds: 4,
        bridgeMilliseconds: 10,
      })
      call.start()
      await clock.advance(at)
      call.end('cancelled')
      call.end('failed')
      await clock.advance(100_000)
      assert.match(verdict() ?? '', /^(cancelled|completed)$/, `cancelled after ${at} ms`)
      assertOver()
      assertLogged()
    }
  })

  for (const [who, first, second, expected] of [
    ['the first', { answers: 10, hangsUp: 150 }, { answers: 10 }, /by first$/],
    ['the second', { answers: 10 }, { answers: 10, hangsUp: 50 }, /by second$/],
    ['both at once', { answers: 10, hangsUp: 60 }, { answers: 10, hangsUp: 50 }, /by (first|second)$/],
  ] as const) {
    test(`${who} hangs up while the two are being joined`, async () => {
      const { clock, call, story, verdict, assertOver, assertLogged } = await setUp({
        first: [first],
        second: [second],
        bridgeMilliseconds: 1000,
      })
      call.start()
      await clock.advance(10_000)
      assert.match(verdict() ?? '', expected)
      assert.ok(!story().includes('bridged'))
      assertOver()
      assertLogged()
    })
  }

  for (const [who, first, second, expected] of [
    ['the first', { answers: 10, hangsUp: 49 }, { answers: 50 }, 'cancelled by first'],
    ['the second', { answers: 10 }, { answers: 50, hangsUp: 0 }, 'completed by second'],
  ] as const) {
    for (const bridgeMilliseconds of [0, 3]) {
      test(`${who} hangs up as the second answers, before its leg could say so: no word of media (${bridgeMilliseconds} ms)`, async () => {
        const { clock, call, verdict, assertOver, assertLogged } = await setUp({
          first: [first],
          second: [second],
          bridgeMilliseconds,
          // A real leg lets its media go before it says that it is over.
          farewellMilliseconds: 5,
        })
        call.start()
        await clock.advance(10_000)
        assert.equal(verdict(), expected)
        assertOver()
        assertLogged()
      })
    }
  }

  test('two members of a queue answer in the same moment: one talks, the other is hung up', async () => {
    const { clock, call, verdict, phones, assertOver, assertLogged } = await setUp({
      first: [quick],
      second: [{ answers: 100, hangsUp: 1000 }],
      third: [{ answers: 130 }],
      queue: 'ring-all',
      writeMilliseconds: 60,
    })
    call.start()
    await clock.advance(10_000)
    assert.equal(verdict(), 'completed by second')
    assert.deepEqual(phones[2]?.[0]?.heard, ['invite', 'ack', 'bye'])
    assertOver()
    assertLogged()
  })

  test('both hang up at once, when they talk: completed', async () => {
    const { clock, call, verdict, assertOver, assertLogged } = await setUp({
      first: [{ answers: 10, hangsUp: 1010 }],
      second: [{ answers: 10, hangsUp: 1000 }],
    })
    call.start()
    await clock.advance(10_000)
    assert.match(verdict() ?? '', /^completed by (first|second)$/)
    assertOver()
    assertLogged()
  })

  test('hanging up by request what both talk in is completed, and nobody of the two ended it', async () => {
    const { clock, call, verdict, assertOver } = await setUp({ first: [quick], second: [quick] })
    call.start()
    await clock.advance(1000)
    call.end('cancelled')
    await clock.advance(1000)
    assert.equal(verdict(), 'completed')
    assertOver()
  })
})

describe('any order of what phones, callers and the store may do', () => {
  // Many things happen in the same moment, or one write apart.
  const moment = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constantFrom(0, 100, 101, 107, 160, 167))
  const refusal = fc.constantFrom<EndCause>('busy', 'rejected', 'congestion', 'unavailable', 'invalid-number')
  const phone = fc.record(
    {
      rings: moment,
      answers: moment,
      refuses: fc.record({ after: moment, as: refusal }),
      hangsUp: moment,
    },
    { requiredKeys: [] },
  )
  const phones = fc.array(phone, { maxLength: 3 })
  const scene = fc.record({
    first: phones,
    second: phones,
    third: phones,
    writeMilliseconds: fc.constantFrom(0, 0, 1, 7, 60),
    bridgeMilliseconds: fc.constantFrom(0, 0, 5, 80),
    farewellMilliseconds: fc.constantFrom(0, 0, 5, 80),
  })
  const commands = fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 900 }), cause: fc.constantFrom<EndCause>('cancelled', 'interrupted') }),
    { maxLength: 3 },
  )

  const play = async (script: Scene, ends: readonly { at: number; cause: EndCause }[]) => {
    const stage = await setUp(script)
    for (const { at, cause } of ends) stage.clock.setTimeout(() => stage.call.end(cause), at)
    // Nobody talks for ever.
    stage.clock.setTimeout(() => stage.call.end('cancelled'), 90_000)
    stage.call.start()
    await stage.clock.advance(200_000)
    return stage
  }

  test('ends the call exactly once, with one cause and no leg left up', async () => {
    const property = fc.asyncProperty(scene, commands, async (script, ends) => {
      const { events, assertOver, assertLogged } = await play(script, ends)
      assertOver()
      assertLogged()
      const last = events().at(-1)
      assert.ok(last?.type === 'call.ended' && last.cause in endCauses)
      // All phones here have a codec in common, and every call that was not ended by command was ended by a party.
      assert.notEqual(last.cause, 'media-failed')
      const [accepted] = events()
      const isByCommand = ends.length > 0 || last.at >= (accepted?.at ?? 0) + 90_000
      assert.ok(isByCommand || last.endedBy !== undefined, last.cause)
    })
    await fc.assert(property, { numRuns: 400 })
  })

  test('and so it does with a queue as the second party', async () => {
    const strategy = fc.constantFrom('ring-all', 'in-order', 'longest-idle', 'round-robin', 'random')
    const property = fc.asyncProperty(scene, strategy, commands, async (script, queue, ends) => {
      const { assertOver, assertLogged } = await play({ ...script, queue }, ends)
      assertOver()
      assertLogged()
    })
    await fc.assert(property, { numRuns: 400 })
  })

  test('and so it does, as far as the phones are concerned, where the store fails on the way', async () => {
    const failing = fc.constantFrom(
      'leg.dialled',
      'leg.ringing',
      'leg.answered',
      'call.ending',
      'leg.ended',
      'call.ended',
    )
    const property = fc.asyncProperty(scene, failing, commands, async (script, failsAt, ends) => {
      const { assertOver } = await play({ ...script, failsAt: failsAt as CallEvent['type'] }, ends)
      assertOver()
    })
    await fc.assert(property, { numRuns: 200 })
  })
})
