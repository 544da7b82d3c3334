import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LegRecovery } from '../../src/call/call-event.ts'
import { endCauses } from '../../src/call/end-cause.ts'
import type { DialRequest, Driver, LegEvent, LegHandle } from '../../src/telephony/driver.ts'
import type { PhoneScript } from '../../src/telephony/fake/phone-script.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Phones by line number of the account `acme`, carriers by trunk name; each does what its script says. */
export interface StageScript {
  readonly lines?: Readonly<Record<string, readonly PhoneScript[]>>
  readonly trunks?: Readonly<Record<string, PhoneScript>>
}

/** A driver with phones around it, in virtual time. */
export interface DriverStage {
  readonly driver: Driver
  readonly clock: VirtualClock
  readonly trunkAddress: (name: string) => string
  /** What a phone (`101/0`, the first of line 101) or a trunk was told: `invite`, `cancel`, `ack` (of its answer), `bye`. */
  heard(phone: string): readonly string[]
  /** Phones that ring or talk. */
  up(): number
  /** Legs, dialogs, transactions, ports: whatever the driver holds for calls. */
  held(): number
  /** kill -9, and a new driver in the dead one's place. */
  crash(): Promise<Driver>
}

const line = (number: string): DialRequest['destination'] => ({ kind: 'line', line: { account: 'acme', number } })

/** What every driver has to keep. `open` sets up a stage of its own for each test. */
export function driverContract(name: string, open: (script: StageScript) => Promise<DriverStage>): void {
  describe(`the driver contract on ${name}`, () => {
    const set = async (script: StageScript) => {
      const stage = await open(script)
      const dial = (more: Partial<DialRequest> & Pick<DialRequest, 'destination'>) => {
        const events: LegEvent[] = []
        const recoveries: LegRecovery[] = []
        const handle = stage.driver.dial(
          {
            callId: 'call-1',
            leg: 'first',
            callerId: { number: '102' },
            autoAnswer: false,
            ringSeconds: 20,
            ...more,
            journal: async (moment, recovery) => {
              recoveries.push(JSON.parse(JSON.stringify(recovery)))
              await more.journal?.(moment, recovery)
            },
          },
          (event) => void events.push(event),
        )
        assert.equal(events.length, 0, 'events come after dial has returned')
        const story = () => events.map((event) => (event.type === 'ended' ? `ended:${event.cause}` : event.type))
        return { handle, events, recoveries, story }
      }
      const trunks = (...names: readonly string[]): DialRequest['destination'] => ({
        kind: 'trunk',
        number: '0412345678',
        trunks: names.map((trunk) => ({ name: trunk, address: stage.trunkAddress(trunk) })),
      })
      /** Everything has had its time: nobody rings or talks, nothing is held. */
      const assertNothingLeft = async (): Promise<void> => {
        await stage.clock.advance(70_000)
        assert.equal(stage.up(), 0, 'phones that ring or talk')
        assert.equal(stage.held(), 0, 'what the driver holds')
      }
      return { ...stage, dial, trunks, assertNothingLeft }
    }

    test('presence: how many phones a line has', async () => {
      const { driver } = await set({ lines: { 101: [{}, {}] } })
      assert.deepEqual(driver.presence({ account: 'acme', number: '101' }), { reachable: true, contacts: 2 })
      assert.deepEqual(driver.presence({ account: 'acme', number: '102' }), { reachable: false, contacts: 0 })
      assert.deepEqual(driver.presence({ account: 'other', number: '101' }), { reachable: false, contacts: 0 })
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
        const { clock, dial, heard, up, handle } = await withLeg(set, {
          lines: { 101: [{ rings: 10 }, { rings: 10, answers: 1000 }, {}] },
        })
        await clock.advance(500)
        for (const phone of ['101/0', '101/1', '101/2']) assert.equal(heard(phone)[0], 'invite')
        await clock.advance(1000)
        assert.deepEqual(dial.story(), ['ringing', 'answered'])
        assert.deepEqual(heard('101/0'), ['invite', 'cancel'])
        assert.deepEqual(heard('101/1'), ['invite', 'ack'])
        assert.equal(up(), 1)
        handle.hangup('completed')
        await dial.assertNothingLeft()
      })

      test('two that answer in the same moment: one talks, the other is hung up', async () => {
        const { clock, dial, up, handle } = await withLeg(set, {
          lines: {
            101: [
              { rings: 10, answers: 1000 },
              { rings: 10, answers: 1000 },
            ],
          },
        })
        await clock.advance(1500)
        assert.deepEqual(dial.story(), ['ringing', 'answered'])
        assert.equal(up(), 1)
        handle.hangup('completed')
        await dial.assertNothingLeft()
        assert.deepEqual(dial.story(), ['ringing', 'answered', 'ended:completed'])
      })

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
        ['invalid-number', false],
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
      test('comes before the wire: nobody is rung before `dialled` is written, nor confirmed before `answered` is', async () => {
        const writes: { moment: string; done: () => void }[] = []
        const { clock, dial, heard, handle } = await withLeg(
          set,
          { lines: { 101: [{ answers: 100 }] } },
          (moment) => new Promise<void>((done) => writes.push({ moment, done })),
        )
        await clock.advance(5000)
        assert.deepEqual(heard('101/0'), [])
        writes[0]?.done()
        await clock.advance(1000)
        assert.deepEqual(heard('101/0'), ['invite'])
        assert.deepEqual(dial.story(), [])
        writes[1]?.done()
        await clock.advance(100)
        assert.deepEqual(heard('101/0'), ['invite', 'ack'])
        assert.deepEqual(dial.story(), ['answered'])
        assert.deepEqual(
          writes.map(({ moment }) => moment),
          ['dialled', 'answered'],
        )
        handle.hangup('completed')
        await dial.assertNothingLeft()
      })

      for (const failing of ['dialled', 'answered'] as const) {
        test(`that cannot write \`${failing}\` ends the leg as failed, and no phone is left in a call`, async () => {
          const { clock, dial, up } = await withLeg(set, { lines: { 101: [{ answers: 100 }, {}] } }, (moment) =>
            moment === failing ? Promise.reject(new Error('disk full')) : Promise.resolve(),
          )
          await clock.advance(1000)
          assert.deepEqual(dial.story(), ['ended:failed'])
          assert.equal(up(), 0)
          await dial.assertNothingLeft()
        })
      }

      test('is not overtaken by `ended`', async () => {
        for (const slow of ['dialled', 'answered']) {
          const written = Promise.withResolvers<void>()
          const { clock, dial, handle } = await withLeg(set, { lines: { 101: [{ answers: 100 }] } }, (moment) =>
            moment === slow ? written.promise : Promise.resolve(),
          )
          await clock.advance(500)
          handle.hangup('cancelled')
          await clock.advance(5000)
          assert.deepEqual(dial.story(), [], slow)
          written.resolve()
          await clock.advance(500)
          assert.deepEqual(dial.story(), ['ended:cancelled'], slow)
          await dial.assertNothingLeft()
        }
      })
    })

    describe('races', () => {
      test('hung up at every moment: one end, and no phone left in a call', async () => {
        for (let at = 0; at <= 340; at += 4) {
          const { clock, dial, handle } = await withLeg(set, {
            lines: { 101: [{ rings: 100, answers: 200, hangsUp: 100 }, { rings: 50 }, {}] },
          })
          await clock.advance(at)
          handle.hangup('cancelled')
          await dial.assertNothingLeft()
          const ends = dial.story().filter((word) => word.startsWith('ended'))
          assert.equal(ends.length, 1, `hung up after ${at} ms: ${dial.story()}`)
          assert.equal(dial.story().at(-1), ends[0])
          assert.match(ends[0] ?? '', /ended:(cancelled|completed)/)
        }
      })

      test('both sides hang up at once: one end', async () => {
        for (const at of [198, 199, 200, 201, 202]) {
          const { clock, dial, handle } = await withLeg(set, { lines: { 101: [{ answers: 100, hangsUp: 100 }] } })
          await clock.advance(at)
          handle.hangup('completed')
          await dial.assertNothingLeft()
          assert.deepEqual(dial.story(), ['answered', 'ended:completed'])
        }
      })

      test('an answer in the moment of the ring timeout: one or the other', async () => {
        for (const answers of [998, 999, 1000, 1001]) {
          const { clock, dial, handle } = await withLeg(set, { lines: { 101: [{ rings: 1, answers }] } }, undefined, 1)
          await clock.advance(1500)
          if (dial.story().includes('answered')) handle.hangup('completed')
          await dial.assertNothingLeft()
          assert.match(dial.story().join(), /^ringing,(answered,ended:completed|ended:no-answer)$/)
        }
      })
    })

    describe('bridge', () => {
      const pair = async () => {
        const stage = await set({ lines: { 101: [{ answers: 10 }], 102: [{ answers: 10 }], 103: [{ rings: 10 }] } })
        const [one, other] = [dial2(stage, '101'), dial2(stage, '102')]
        const third = dial2(stage, '103')
        await stage.clock.advance(100)
        return { ...stage, one, other, third }
      }
      const dial2 = (stage: { dial: (more: { destination: DialRequest['destination'] }) => unknown }, number: string) =>
        stage.dial({ destination: line(number) }) as { handle: LegHandle; story: () => string[] }

      test('joins two answered legs, and rejects what is none', async () => {
        const { driver, clock, one, other, third, assertNothingLeft } = await pair()
        await driver.bridge(one.handle, other.handle)
        await assert.rejects(driver.bridge(one.handle, third.handle))
        await assert.rejects(driver.bridge({ ...one.handle } as LegHandle, other.handle))
        one.handle.hangup('completed')
        await assert.rejects(driver.bridge(one.handle, other.handle))
        await assert.rejects(driver.bridge(other.handle, one.handle))
        await clock.advance(100)
        assert.deepEqual(other.story(), ['answered'], 'the other leg is the owner’s affair')
        other.handle.hangup('completed')
        third.handle.hangup('cancelled')
        await assertNothingLeft()
      })

      test('commands to a leg that has ended do nothing', async () => {
        const { clock, one, other, third, assertNothingLeft } = await pair()
        for (const leg of [one, third]) leg.handle.hangup('completed')
        await clock.advance(100)
        for (const { handle } of [one, third]) {
          handle.play({ kind: 'ringback', country: 'AU' })
          handle.stopPlaying()
          handle.hear(other.handle)
          other.handle.hear(handle)
        }
        other.handle.hangup('completed')
        await assertNothingLeft()
      })
    })

    describe('a crash', () => {
      for (const [state, at] of [
        ['while phones ring', 50],
        ['while they talk', 500],
      ] as const) {
        test(`${state}: recovery leaves nobody in a dead call`, async () => {
          const { clock, dial, up, crash } = await withLeg(set, {
            lines: { 101: [{ rings: 10, answers: 100 }, { rings: 10 }] },
          })
          await clock.advance(at)
          const before = dial.story().length
          const next = await crash()
          const recovered = next.recover(dial.recoveries())
          await clock.advance(2000)
          await recovered
          assert.equal(up(), 0)
          assert.equal(dial.story().length, before, 'a dead process tells nothing')
        })
      }

      test("another driver's legs are left alone, and those that are long gone do no harm", async () => {
        const { clock, dial, crash, handle } = await withLeg(set, { lines: { 101: [{ answers: 100 }] } })
        await clock.advance(500)
        handle.hangup('completed')
        await clock.advance(500)
        const next = await crash()
        const recovered = next.recover([...dial.recoveries(), { driver: 'unheard-of', data: { any: 'thing' } }])
        await clock.advance(2000)
        await recovered
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
}

/** A stage with one leg to line 101. */
async function withLeg<
  Stage extends {
    clock: VirtualClock
    dial: (more: Partial<DialRequest> & Pick<DialRequest, 'destination'>) => {
      handle: LegHandle
      recoveries: LegRecovery[]
      story: () => string[]
    }
    assertNothingLeft: () => Promise<void>
  },
>(
  set: (script: StageScript) => Promise<Stage>,
  script: StageScript,
  journal: DialRequest['journal'] = () => Promise.resolve(),
  ringSeconds = 20,
) {
  const stage = await set(script)
  const leg = stage.dial({ destination: line('101'), journal, ringSeconds })
  const { story, handle } = leg
  const { assertNothingLeft } = stage
  return { ...stage, handle, dial: { story, recoveries: () => leg.recoveries, assertNothingLeft } }
}
