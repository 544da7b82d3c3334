import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { endCauses } from '../../src/call/end-cause.ts'
import type { DialRequest, LegHandle, Playback } from '../../src/telephony/driver.ts'
import { testClipMilliseconds } from '../doubles/test-sounds.ts'
import { driverRaceContract } from './driver-race-contract.ts'
import { line, type OpenStage, openScene, openSceneWithLeg, type StageScript } from './driver-scene.ts'

/** What every driver has to keep. `open` sets up a stage of its own for each test. */
export function driverContract(name: string, open: OpenStage): void {
  describe(`the driver contract on ${name}`, () => {
    const set = (script: StageScript) => openScene(open, script)
    const withLeg = (script: StageScript, journal?: DialRequest['journal'], ringSeconds?: number) =>
      openSceneWithLeg(open, script, journal, ringSeconds)

    test('presence: how many phones a line has', async () => {
      const { phones } = await set({ lines: { 101: [{}, {}] } })
      assert.deepEqual(phones.presence({ account: 'acme', number: '101' }), { reachable: true, contacts: 2 })
      assert.deepEqual(phones.presence({ account: 'acme', number: '102' }), { reachable: false, contacts: 0 })
      assert.deepEqual(phones.presence({ account: 'other', number: '101' }), { reachable: false, contacts: 0 })
    })

    test('a whole leg: rings, is answered, hangs up; the phone is told in order', async () => {
      const { clock, dial, heard, assertNothingLeft } = await set({
        lines: { 101: [{ rings: 10, answers: 1000, hangsUp: 5000 }] },
      })
      const { story } = dial({ destination: line('101') })
      await clock.advance(500)
      assert.deepEqual(story(), ['ringing'])
      await clock.advance(1000)
      assert.deepEqual(story(), ['ringing', 'answered'])
      await clock.advance(5000)
      assert.deepEqual(story(), ['ringing', 'answered', 'ended:completed'])
      assert.deepEqual(heard('101/0'), ['invite', 'ack'])
      await assertNothingLeft()
    })

    test('hung up by us: the phone hears it, and `ended` bears the cause', async () => {
      const { clock, dial, heard, assertNothingLeft } = await set({ lines: { 101: [{ answers: 100 }] } })
      const { handle, story } = dial({ destination: line('101') })
      await clock.advance(500)
      handle.hangup('credit-exhausted')
      handle.hangup('cancelled')
      await clock.advance(500)
      assert.deepEqual(story(), ['answered', 'ended:credit-exhausted'])
      assert.deepEqual(heard('101/0'), ['invite', 'ack', 'bye'])
      handle.hangup('failed')
      await assertNothingLeft()
      assert.equal(story().length, 2)
    })

    describe('a line', () => {
      test('rings all its phones at once; the first to answer wins, the others are let go', async () => {
        const { clock, heard, up, leg, assertNothingLeft } = await withLeg({
          lines: { 101: [{ rings: 10 }, { rings: 10, answers: 1000 }, {}] },
        })
        await clock.advance(500)
        for (const phone of ['101/0', '101/1', '101/2']) assert.equal(heard(phone)[0], 'invite')
        await clock.advance(1000)
        assert.deepEqual(leg.story(), ['ringing', 'answered'])
        assert.deepEqual(heard('101/0'), ['invite', 'cancel'])
        assert.deepEqual(heard('101/1'), ['invite', 'ack'])
        assert.equal(up(), 1)
        leg.handle.hangup('completed')
        await assertNothingLeft()
      })

      test('two that answer in the same moment: one talks, the other is hung up', async () => {
        const { clock, up, leg, assertNothingLeft } = await withLeg({
          lines: {
            101: [
              { rings: 10, answers: 1000 },
              { rings: 10, answers: 1000 },
            ],
          },
        })
        await clock.advance(1500)
        assert.deepEqual(leg.story(), ['ringing', 'answered'])
        assert.equal(up(), 1)
        leg.handle.hangup('completed')
        await assertNothingLeft()
        assert.deepEqual(leg.story(), ['ringing', 'answered', 'ended:completed'])
      })

      for (const [what, scripts, expected] of [
        ['one answers', [{ rings: 10 }, { answers: 100, hangsUp: 100 }], ['cancelled', 'answered']],
        ['nobody answers', [{ rings: 10 }, { rings: 20 }], ['no-answer', 'no-answer']],
        ['one rejects', [{ refuses: { after: 100, as: 'rejected' } }, { rings: 10 }], ['rejected', 'cancelled']],
        [
          'one is busy',
          [{ refuses: { after: 100, as: 'busy' } }, { answers: 200, hangsUp: 100 }],
          ['busy', 'answered'],
        ],
      ] as const) {
        test(`where ${what}: how it went with each phone`, async () => {
          const { clock, dial, assertNothingLeft } = await set({ lines: { 101: scripts } })
          const { events, attempts } = dial({ destination: line('101') })
          await clock.advance(30_000)
          assert.deepEqual(
            attempts(),
            expected.map((end) => `line 101: ${end}`),
          )
          assert.equal(events.at(-1)?.type, 'ended')
          await assertNothingLeft()
        })
      }

      test('without phones, or without such a line: unavailable', async () => {
        const { clock, dial, assertNothingLeft } = await set({ lines: { 101: [] } })
        const [empty, unknown] = [dial({ destination: line('101') }), dial({ destination: line('999') })]
        await clock.advance(100)
        assert.deepEqual([...empty.story(), ...unknown.story()], ['ended:unavailable', 'ended:unavailable'])
        await assertNothingLeft()
      })

      test("one person's rejection ends the leg; a busy phone leaves the others ringing", async () => {
        const { clock, dial, heard, assertNothingLeft } = await set({
          lines: {
            101: [
              { refuses: { after: 100, as: 'busy' } },
              { rings: 10, refuses: { after: 1000, as: 'rejected' } },
              { rings: 10 },
            ],
          },
        })
        const { story } = dial({ destination: line('101') })
        await clock.advance(500)
        assert.deepEqual(story(), ['ringing'])
        await clock.advance(1000)
        assert.deepEqual(story(), ['ringing', 'ended:rejected'])
        assert.deepEqual(heard('101/2'), ['invite', 'cancel'])
        await assertNothingLeft()
      })

      describe('whose phone names somebody else', () => {
        const phones: StageScript = {
          lines: { 101: [{ rings: 10 }, { refuses: { after: 100, as: 'unavailable', forwardTo: '0412345678' } }] },
        }
        test('ends with that name where it may be forwarded, and no other phone rings on', async () => {
          const { clock, dial, heard, assertNothingLeft } = await set(phones)
          const { events, story, attempts } = dial({ destination: line('101'), mayBeForwarded: true })
          await clock.advance(500)
          const [last] = events.slice(-1)
          assert.equal(last?.type === 'ended' && last.forwardTo, '0412345678')
          assert.deepEqual(story(), ['ringing', 'ended:unavailable'])
          assert.deepEqual(attempts(), ['line 101: unavailable', 'line 101: cancelled'])
          assert.deepEqual(heard('101/0'), ['invite', 'cancel'])
          await assertNothingLeft()
        })
        test('is one phone less where it may not', async () => {
          const { clock, dial, assertNothingLeft } = await set(phones)
          const { events, story } = dial({ destination: line('101'), ringSeconds: 20 })
          await clock.advance(21_000)
          assert.deepEqual(story(), ['ringing', 'ended:no-answer'])
          assert.ok(events.every((event) => !('forwardTo' in event)))
          await assertNothingLeft()
        })
      })

      test('that nobody answers in time: no-answer, and the phones stop ringing', async () => {
        const { clock, dial, heard, up, assertNothingLeft } = await set({ lines: { 101: [{ rings: 10 }] } })
        const { story } = dial({ destination: line('101'), ringSeconds: 20 })
        await clock.advance(19_900)
        assert.deepEqual(story(), ['ringing'])
        await clock.advance(200)
        assert.deepEqual(story(), ['ringing', 'ended:no-answer'])
        assert.deepEqual(heard('101/0'), ['invite', 'cancel'])
        assert.equal(up(), 0)
        await assertNothingLeft()
      })
    })

    describe('a number', () => {
      for (const [cause, next] of [
        ['congestion', true],
        ['busy', false],
        ['rejected', false],
        // A carrier's "no such number" is often "no route of mine"; and what it refuses, another may take.
        ['invalid-number', true],
        ['carrier-refused', true],
      ] as const) {
        test(`${cause} on the first trunk: ${next ? 'the next is tried' : 'final'}`, async () => {
          const { clock, dial, heard, trunks, assertNothingLeft } = await set({
            trunks: { one: { refuses: { after: 100, as: cause } }, two: { answers: 100, hangsUp: 1000 } },
          })
          const { story } = dial({ destination: trunks('one', 'two') })
          await clock.advance(3000)
          assert.deepEqual(story(), next ? ['answered', 'ended:completed'] : [`ended:${cause}`])
          assert.deepEqual(heard('two'), next ? ['invite', 'ack'] : [])
          await assertNothingLeft()
        })
      }

      test('everyone that was dialled is told, once each, and who answered with the answer', async () => {
        const { clock, dial, trunks, assertNothingLeft } = await set({
          trunks: {
            one: { refuses: { after: 100, as: 'congestion' } },
            two: { refuses: { after: 100, as: 'carrier-refused' } },
            three: { answers: 100, hangsUp: 1000 },
          },
        })
        const { events, attempts } = dial({ destination: trunks('one', 'two', 'three') })
        await clock.advance(3000)
        assert.deepEqual(attempts(), ['trunk one: congestion', 'trunk two: carrier-refused', 'trunk three: answered'])
        const [first] = events
        assert.ok(first?.type === 'attempt-ended' && first.attempt.at > 0 && first.attempt.to.includes('0412345678'))
        await assertNothingLeft()
      })

      test('congestion on all trunks is congestion', async () => {
        const { clock, dial, trunks, assertNothingLeft } = await set({
          trunks: {
            one: { refuses: { after: 100, as: 'congestion' } },
            two: { refuses: { after: 100, as: 'congestion' } },
          },
        })
        const { story, recoveries } = dial({ destination: trunks('one', 'two') })
        await clock.advance(1000)
        assert.deepEqual(story(), ['ended:congestion'])
        assert.equal(recoveries.length, 2)
        await assertNothingLeft()
      })

      test('dial never throws, whatever it is asked for', async () => {
        const { clock, dial, assertNothingLeft } = await set({})
        const address = 'not a URI'
        const legs = [
          dial({ destination: { kind: 'trunk', number: '1', trunks: [] } }),
          dial({ destination: { kind: 'trunk', number: '1', trunks: [{ name: 'x', address }] } }),
          dial({ destination: { kind: 'trunk', number: '', trunks: [{ name: 'x', address: 'sip:127.0.0.1' }] } }),
          dial({ destination: { kind: 'line', line: { account: '', number: '\r\n' } } }),
        ]
        await clock.advance(100)
        for (const { story, events } of legs) {
          assert.equal(events.length, 1, story().join())
          const [event] = events
          assert.ok(event?.type === 'ended' && event.cause in endCauses)
        }
        assert.equal(legs[2]?.story()[0], 'ended:invalid-number')
        await assertNothingLeft()
      })
    })

    describe('the journal', () => {
      test('comes before the wire, where the driver guarantees it: no ring before `dialled` is written, no ACK before `answered` is', async () => {
        const writes: { moment: string; done: () => void }[] = []
        const { driver, clock, heard, leg, assertNothingLeft } = await withLeg(
          { lines: { 101: [{ answers: 100 }] } },
          (moment) => new Promise<void>((done) => writes.push({ moment, done })),
        )
        await clock.advance(5000)
        if (driver.guarantees.has('log-before-dial')) assert.deepEqual(heard('101/0'), [])
        writes[0]?.done()
        await clock.advance(1000)
        if (driver.guarantees.has('log-before-answer')) assert.deepEqual(heard('101/0'), ['invite'])
        assert.deepEqual(leg.story(), [])
        writes[1]?.done()
        await clock.advance(100)
        assert.deepEqual(heard('101/0'), ['invite', 'ack'])
        assert.deepEqual(leg.story(), ['answered'])
        assert.deepEqual(
          writes.map(({ moment }) => moment),
          ['dialled', 'answered'],
        )
        leg.handle.hangup('completed')
        await assertNothingLeft()
      })

      for (const failing of ['dialled', 'answered'] as const) {
        test(`that cannot write \`${failing}\` ends the leg as failed, and no phone is left in a call`, async () => {
          const { clock, up, leg, assertNothingLeft } = await withLeg(
            { lines: { 101: [{ answers: 100 }, {}] } },
            (moment) => (moment === failing ? Promise.reject(new Error('disk full')) : Promise.resolve()),
          )
          await clock.advance(1000)
          assert.deepEqual(leg.story(), ['ended:failed'])
          assert.equal(up(), 0)
          await assertNothingLeft()
        })
      }

      test('is not overtaken by `ended`', async () => {
        for (const slow of ['dialled', 'answered']) {
          const written = Promise.withResolvers<void>()
          const { clock, leg, assertNothingLeft } = await withLeg({ lines: { 101: [{ answers: 100 }] } }, (moment) =>
            moment === slow ? written.promise : Promise.resolve(),
          )
          await clock.advance(500)
          leg.handle.hangup('cancelled')
          await clock.advance(5000)
          assert.deepEqual(leg.story(), [], slow)
          written.resolve()
          await clock.advance(500)
          assert.deepEqual(leg.story(), ['ended:cancelled'], slow)
          await assertNothingLeft()
        }
      })
    })

    describe('a phone that holds', () => {
      test('is told of, and that it takes the call back', async () => {
        const { clock, dial, assertNothingLeft } = await set({
          lines: { 101: [{ answers: 100, holds: 1000, resumes: 2000, hangsUp: 3000 }] },
        })
        const { story } = dial({ destination: line('101') })
        await clock.advance(1500)
        assert.deepEqual(story(), ['answered', 'held'])
        await clock.advance(1000)
        assert.deepEqual(story(), ['answered', 'held', 'resumed'])
        await clock.advance(1000)
        assert.deepEqual(story(), ['answered', 'held', 'resumed', 'ended:completed'])
        await assertNothingLeft()
      })
    })

    test('digits for a leg that rings, and for one that has ended, are nothing', async () => {
      const { clock, leg, assertNothingLeft } = await withLeg({ lines: { 101: [{ rings: 10, answers: 1000 }] } })
      await clock.advance(500)
      leg.handle.sendDigits('1')
      await clock.advance(1000)
      leg.handle.sendDigits('12w3')
      await clock.advance(300)
      leg.handle.hangup('completed')
      leg.handle.sendDigits('4')
      await assertNothingLeft()
      leg.handle.sendDigits('5')
      assert.deepEqual(leg.story(), ['ringing', 'answered', 'ended:completed'])
      await assertNothingLeft()
    })

    describe('what a leg hears', () => {
      const three = async () => {
        const stage = await set({ lines: { 101: [{ answers: 10 }], 102: [{ answers: 10 }], 103: [{ rings: 10 }] } })
        const [one, other, third] = ['101', '102', '103'].map((number) => stage.dial({ destination: line(number) }))
        await stage.clock.advance(100)
        const over = async () => {
          for (const leg of [one, other, third]) leg?.handle.hangup('completed')
          await stage.assertNothingLeft()
        }
        return { ...stage, one: one as TestLeg, other: other as TestLeg, third: third as TestLeg, over }
      }
      type TestLeg = { readonly handle: LegHandle; readonly story: () => string[] }
      const ringback = { kind: 'tone', tone: 'ringback', country: 'AU' } as const
      const legs = (...heard: readonly LegHandle[]) => ({ kind: 'legs', legs: heard }) as const
      /** `true` once it is heard, or how it came to nothing. */
      const outcome = async ({ begun, done }: Playback) => (await begun) || (await done)

      test('each other, once both have answered', async () => {
        const { one, other, over } = await three()
        assert.equal(await outcome(one.handle.hear(legs(other.handle))), true)
        assert.equal(await outcome(other.handle.hear(legs(one.handle))), true)
        await over()
      })

      test('is one source at a time: the next one stops the last', async () => {
        const { one, other, over } = await three()
        const tone = one.handle.hear(ringback)
        assert.equal(await tone.begun, true)
        const conversation = one.handle.hear(legs(other.handle))
        assert.equal(await tone.done, 'stopped')
        const quiet = one.handle.hear({ kind: 'silence' })
        assert.equal(await conversation.done, 'stopped')
        await over()
        assert.equal(await quiet.done, 'stopped', 'with the leg')
      })

      test('may be what a leg that only rings says, with a tone until it says something', async () => {
        const { one, third, over } = await three()
        assert.equal(await outcome(one.handle.hear({ ...legs(third.handle), meanwhile: ringback })), true)
        await over()
      })

      const clip = (...clips: readonly string[]) => ({ kind: 'clip', account: 'acme', clips }) as const

      test('may be clips one behind the other, whose end is told when they have been heard', async () => {
        const { clock, one, over } = await three()
        const playback = one.handle.hear(clip('digit-1', 'digit-2'))
        let end = ''
        void playback.done.then((outcome) => (end = outcome))
        assert.equal(await playback.begun, true)
        await clock.advance(2 * testClipMilliseconds - 100)
        assert.equal(end, '')
        await clock.advance(200)
        assert.equal(end, 'ended')
        await over()
      })

      test('may be music, which has no end', async () => {
        const { clock, one, over } = await three()
        const playback = one.handle.hear({ kind: 'music', account: 'acme' })
        let end = ''
        void playback.done.then((outcome) => (end = outcome))
        await clock.advance(60_000)
        assert.deepEqual([await playback.begun, end], [true, ''])
        one.handle.hear({ kind: 'silence' })
        assert.equal(await playback.done, 'stopped')
        await over()
      })

      test('a clip is stopped by what is heard next, and by the end of the leg', async () => {
        const { clock, one, other, over } = await three()
        const [first, second] = [one.handle.hear(clip('goodbye')), other.handle.hear(clip('goodbye'))]
        await clock.advance(100)
        one.handle.hear(ringback)
        other.handle.hangup('completed')
        await clock.advance(5000)
        assert.deepEqual([await first.done, await second.done], ['stopped', 'stopped'])
        await over()
      })

      test('is nothing where there is no such clip or music: failed, and the leg goes on', async () => {
        const { one, over } = await three()
        assert.equal(await outcome(one.handle.hear(clip('digit-1', 'unknown'))), 'failed')
        assert.equal(await outcome(one.handle.hear({ kind: 'music', account: 'acme', name: 'unknown' })), 'failed')
        assert.deepEqual(one.story(), ['answered'])
        assert.equal(await outcome(one.handle.hear(ringback)), true)
        await over()
      })

      test('may be several legs: a conference, a whisper, a supervisor who listens', async () => {
        const stage = await set({ lines: { 101: [{ answers: 10 }], 102: [{ answers: 10 }], 103: [{ answers: 10 }] } })
        const dial = (number: string) => stage.dial({ destination: line(number) })
        const [agent, customer, supervisor] = [dial('101'), dial('102'), dial('103')] as const
        await stage.clock.advance(100)
        const sources = [
          agent.handle.hear(legs(customer.handle, supervisor.handle)),
          customer.handle.hear(legs(agent.handle)),
          supervisor.handle.hear(legs(agent.handle, customer.handle)),
        ]
        for (const source of sources) assert.equal(await outcome(source), true)
        supervisor.handle.hangup('completed')
        assert.equal(await outcome(agent.handle.hear(legs(customer.handle, supervisor.handle))), 'stopped')
        assert.equal(await outcome(agent.handle.hear(legs(customer.handle))), true)
        for (const leg of [agent, customer]) leg.handle.hangup('completed')
        await stage.assertNothingLeft()
      })

      test('is nothing for a leg that rings, and for one that has ended', async () => {
        const { clock, one, other, third, over } = await three()
        assert.equal(await outcome(third.handle.hear(ringback)), 'stopped')
        one.handle.hangup('completed')
        assert.equal(await outcome(one.handle.hear(legs(other.handle))), 'stopped')
        await clock.advance(100)
        assert.equal(await outcome(one.handle.hear(ringback)), 'stopped')
        await over()
      })

      test('is nothing of a leg that is over: its `ended`, not this, says how the call ends', async () => {
        const { clock, one, other, over } = await three()
        one.handle.hangup('completed')
        assert.equal(await outcome(other.handle.hear(legs(one.handle))), 'stopped')
        await clock.advance(100)
        assert.equal(await outcome(other.handle.hear(legs(one.handle))), 'stopped')
        assert.deepEqual(other.story(), ['answered'], 'the other leg is the owner’s affair')
        await over()
      })
    })

    test('close hangs up what is up and leaves nothing', async () => {
      const { driver, clock, dial, up, held } = await set({
        lines: { 101: [{ answers: 10 }], 102: [{ rings: 10 }], 103: [{}] },
      })
      const legs = ['101', '102', '103'].map((number) => dial({ destination: line(number) }))
      await clock.advance(500)
      const closed = driver.close()
      await clock.advance(3000)
      await closed
      for (const { story } of legs) assert.equal(story().at(-1), 'ended:interrupted')
      assert.equal(up(), 0)
      assert.equal(held(), 0)
    })
  })
  driverRaceContract(name, open)
}
