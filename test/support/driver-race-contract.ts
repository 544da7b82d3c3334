import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { EndCause } from '../../src/call/end-cause.ts'
import type { DialRequest } from '../../src/telephony/driver.ts'
import { line, type OpenStage, openScene, openSceneWithLeg, type StageScript } from './driver-scene.ts'

/** The part of the driver contract that is about unlucky moments. */
export function driverRaceContract(name: string, open: OpenStage): void {
  const set = (script: StageScript) => openScene(open, script)
  const withLeg = (script: StageScript, journal?: DialRequest['journal'], ringSeconds?: number) =>
    openSceneWithLeg(open, script, journal, ringSeconds)

  describe(`races on ${name}`, () => {
    test('hung up at every moment: one end, and no phone left in a call', async () => {
      for (let at = 0; at <= 340; at += 4) {
        const { clock, leg, assertNothingLeft } = await withLeg({
          lines: { 101: [{ rings: 100, answers: 200, hangsUp: 100 }, { rings: 50 }, {}] },
        })
        await clock.advance(at)
        leg.handle.hangup('cancelled')
        await assertNothingLeft()
        const ends = leg.story().filter((word) => word.startsWith('ended'))
        assert.equal(ends.length, 1, `hung up after ${at} ms: ${leg.story()}`)
        assert.equal(leg.story().at(-1), ends[0])
        assert.match(ends[0] ?? '', /ended:(cancelled|completed)/)
      }
    })

    test('whatever phones do, whenever the leg is hung up, however slow the log is: told in order, one end, nothing left', async () => {
      const moment = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(50, 51, 100, 101, 102))
      const refusal = fc.constantFrom<EndCause>('busy', 'rejected', 'congestion', 'invalid-number')
      const members = {
        rings: moment,
        answers: moment,
        refuses: fc.record({ after: moment, as: refusal }),
        hangsUp: moment,
      }
      const phones = fc.array(fc.record(members, { requiredKeys: [] }), { maxLength: 3 })
      const delays = fc.record({ dialled: fc.constantFrom(0, 1, 50), answered: fc.constantFrom(0, 1, 50) })
      const property = fc.asyncProperty(phones, delays, moment, async (scripts, delay, at) => {
        const stage = await set({ lines: { 101: scripts } })
        const { clock } = stage
        const journal: DialRequest['journal'] = (moment) => new Promise((done) => clock.setTimeout(done, delay[moment]))
        const { handle, story } = stage.dial({ destination: line('101'), journal })
        await clock.advance(at)
        handle.hangup('cancelled')
        await stage.assertNothingLeft()
        assert.match(story().join(), /^(ringing,)?(answered,)?ended:[a-z-]+$/)
      })
      await fc.assert(property, { numRuns: 150 })
    })

    test('both sides hang up at once: one end', async () => {
      for (const at of [198, 199, 200, 201, 202]) {
        const { clock, leg, assertNothingLeft } = await withLeg({ lines: { 101: [{ answers: 100, hangsUp: 100 }] } })
        await clock.advance(at)
        leg.handle.hangup('completed')
        await assertNothingLeft()
        assert.deepEqual(leg.story(), ['answered', 'ended:completed'])
      }
    })

    test('an answer in the moment of the ring timeout: one or the other', async () => {
      for (const answers of [998, 999, 1000, 1001]) {
        const { clock, leg, assertNothingLeft } = await withLeg(
          { lines: { 101: [{ rings: 1, answers }] } },
          undefined,
          1,
        )
        await clock.advance(1500)
        if (leg.story().includes('answered')) leg.handle.hangup('completed')
        await assertNothingLeft()
        assert.match(leg.story().join(), /^ringing,(answered,ended:completed|ended:no-answer)$/)
      }
    })
  })

  describe(`a crash on ${name}`, () => {
    for (const [state, at] of [
      ['while phones ring', 50],
      ['while they talk', 500],
    ] as const) {
      test(`${state}: recovery leaves nobody in a dead call`, async () => {
        const { clock, up, crash, leg } = await withLeg({
          lines: { 101: [{ rings: 10, answers: 100 }, { rings: 10 }] },
        })
        await clock.advance(at)
        const before = leg.story().length
        const next = await crash()
        const recovered = next.recover(leg.recoveries)
        await clock.advance(2000)
        await recovered
        assert.equal(up(), 0)
        assert.equal(leg.story().length, before, 'a dead process tells nothing')
      })
    }

    test("another driver's legs are left alone, and those that are long gone do no harm", async () => {
      const { clock, crash, leg } = await withLeg({ lines: { 101: [{ answers: 100 }] } })
      await clock.advance(500)
      leg.handle.hangup('completed')
      await clock.advance(500)
      const next = await crash()
      const recovered = next.recover([...leg.recoveries, { driver: 'unheard-of', data: { any: 'thing' } }])
      await clock.advance(2000)
      await recovered
    })
  })
}
