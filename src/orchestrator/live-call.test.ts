import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { FakeDriver } from '../../test/doubles/fake-driver.ts'
import { FakeNetwork } from '../../test/doubles/fake-network.ts'
import type { PhoneScript } from '../../test/doubles/phone-script.ts'
import { MemoryCallStore } from '../../test/support/memory-call-store.ts'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { LegName } from '../call/call.ts'
import type { CallEvent } from '../call/call-event.ts'
import { type EndCause, endCauses } from '../call/end-cause.ts'
import { CallLog } from '../events/call-log.ts'
import { silentLog } from '../log.ts'
import type { Hunt } from './hunt.ts'
import { LineActivity } from './line-activity.ts'
import { type CallPlan, LiveCall } from './live-call.ts'

interface Scene {
  /** Phones of line 101, the first party, and of 102 and 103. */
  readonly first: readonly PhoneScript[]
  readonly second: readonly PhoneScript[]
  readonly third?: readonly PhoneScript[]
  /** The second party is a queue of lines 102 and 103. */
  readonly queue?: Hunt['stages'][number]['strategy']
  readonly writeMilliseconds?: number
  readonly bridgeMilliseconds?: number
  readonly farewellMilliseconds?: number
  readonly failsAt?: CallEvent['type']
}

const lineOf = (number: string) => ({ kind: 'line', line: { account: 'acme', number } }) as const

const setUp = async (scene: Scene) => {
  const clock = new VirtualClock()
  const network = new FakeNetwork(clock)
  const phones = [
    network.setLine({ account: 'acme', number: '101' }, scene.first),
    network.setLine({ account: 'acme', number: '102' }, scene.second),
    network.setLine({ account: 'acme', number: '103' }, scene.third ?? []),
  ]
  const { bridgeMilliseconds = 0, farewellMilliseconds = 0 } = scene
  const driver = new FakeDriver({ network, clock, bridgeMilliseconds, farewellMilliseconds })
  const refusedWrites: unknown[] = []
  const dial = driver.dial.bind(driver)
  driver.dial = (request, listener) => {
    const journal: typeof request.journal = (moment, recovery) =>
      request.journal(moment, recovery).catch((error: unknown) => {
        refusedWrites.push(error)
        throw error
      })
    return dial({ ...request, journal }, listener)
  }
  const store = new MemoryCallStore(clock)
  const callLog = new CallLog(store)
  const target = { kind: 'line', value: '101' } as const
  const shown = { callerId: {}, outsideCallerId: {} }
  const leg = {
    target,
    ...shown,
    autoAnswer: false,
    ringSeconds: 30,
    memberRingSeconds: 5,
    forwardOn: {},
  }
  const members = [lineOf('102'), lineOf('103')]
  const queue = (strategy: NonNullable<Scene['queue']>): Hunt => ({
    kind: 'hunt',
    stages: [{ strategy, wrapUpSeconds: 0, members }],
  })
  const plan: CallPlan = {
    id: 'call-1',
    account: 'acme',
    country: 'AU',
    longestSeconds: 3600,
    legs: {
      first: { ...leg, party: { kind: 'line', number: '101' }, destination: lineOf('101') },
      second: {
        ...leg,
        party: scene.queue === undefined ? { kind: 'line', number: '102' } : { kind: 'queue', name: 'the queue' },
        destination: scene.queue === undefined ? lineOf('102') : queue(scene.queue),
      },
    },
  }
  const accepted: CallEvent = {
    type: 'call.accepted',
    callId: plan.id,
    at: clock.now(),
    request: {
      account: 'acme',
      first: { target: { kind: 'line', value: '101' } },
      second: { target: { kind: 'line', value: '102' } },
      delaySeconds: 0,
      variables: {},
      origin: { dialect: 'native', credential: 'crm' },
    },
    destinations: { first: { kind: 'line', number: '101' }, second: { kind: 'line', number: '102' } },
  }
  await callLog.accept([accepted])
  store.writeMilliseconds = scene.writeMilliseconds ?? 0
  store.failsAt = scene.failsAt
  const ended: number[] = []
  const call = new LiveCall(plan, {
    driver,
    phones: network,
    activity: new LineActivity(clock, createSeededRandom(1)),
    callLog,
    clock,
    log: silentLog,
    onEnded: () => void ended.push(clock.now()),
  })
  const events = () => store.written(plan.id)
  const story = () =>
    events()
      .slice(1)
      .map((event) => ('leg' in event ? `${event.leg}:${event.type.slice(4)}` : event.type.slice(5)))
  const verdict = () => {
    const last = events().at(-1)
    return last?.type === 'call.ended'
      ? `${last.cause}${last.endedBy === undefined ? '' : ` by ${last.endedBy}`}`
      : undefined
  }
  /** Whatever happened: the call has ended once, with one cause, each of its legs has too, and nobody rings or talks. */
  const assertOver = (): void => {
    assert.equal(ended.length, 1, 'onEnded')
    assert.equal(driver.legs.size, 0, 'legs of the driver')
    for (const phone of phones.flat()) assert.equal(phone.calls.size, 0, `a phone that was told ${phone.heard}`)
    assert.equal(clock.pending, 0, 'timers')
  }
  const assertLogged = (): void => {
    const types = events().map(({ type }) => type)
    assert.equal(types.filter((type) => type === 'call.ended').length, 1, types.join())
    assert.equal(types.at(-1), 'call.ended')
    assert.deepEqual(refusedWrites, [], 'the store took everything: so must the call')
    for (const name of ['first', 'second'] as const satisfies readonly LegName[]) {
      const own = events().filter((event) => 'leg' in event && event.leg === name)
      const ends = own.filter(({ type }) => type === 'leg.ended')
      assert.equal(ends.length, own.length > 0 ? 1 : 0, `${name}: ${own.map(({ type }) => type)}`)
      if (ends.length > 0) assert.equal(own.at(-1)?.type, 'leg.ended')
    }
  }
  return { clock, driver, store, call, events, story, verdict, ended, phones, assertOver, assertLogged }
}

const quick: PhoneScript = { rings: 10, answers: 100 }

describe('a call from its first ring to its end', () => {
  test('tells its story in order', async () => {
    const { clock, call, story, verdict, assertOver, assertLogged } = await setUp({
      first: [quick],
      second: [{ ...quick, hangsUp: 1000 }],
      writeMilliseconds: 3,
    })
    call.start()
    await clock.advance(10_000)
    assert.deepEqual(story(), [
      'first:dialled',
      'first:ringing',
      'first:answered',
      'second:dialled',
      'second:ringing',
      'second:answered',
      'bridged',
      'second:ended',
      'ending',
      'first:ended',
      'ended',
    ])
    assert.equal(verdict(), 'completed by second')
    assertOver()
    assertLogged()
  })

  for (const [what, scene, expected] of [
    ['the first party is busy', { first: [{ refuses: { after: 10, as: 'busy' } }], second: [quick] }, 'busy by first'],
    [
      'the second rejects',
      { first: [quick], second: [{ refuses: { after: 10, as: 'rejected' } }] },
      'rejected by second',
    ],
    ['the first does not answer', { first: [{ rings: 10 }], second: [quick] }, 'no-answer by first'],
    ['the second does not answer', { first: [quick], second: [{ rings: 10 }] }, 'no-answer by second'],
    ['the second has no phone any more', { first: [quick], second: [] }, 'unavailable by second'],
    [
      'the first hangs up while the second rings',
      { first: [{ answers: 10, hangsUp: 500 }], second: [{ rings: 10 }] },
      'cancelled by first',
    ],
    ['a queue that nobody is free in', { first: [quick], second: [], queue: 'ring-all' }, 'unavailable by second'],
  ] as const) {
    test(`${what}: ${expected}`, async () => {
      const { clock, call, verdict, assertOver, assertLogged } = await setUp(scene)
      call.start()
      await clock.advance(100_000)
      assert.equal(verdict(), expected)
      assertOver()
      assertLogged()
    })
  }
})

describe('the second party, whose record goes with the answer of the first', () => {
  const slow = { first: [{ rings: 10, answers: 100 }], second: [{ rings: 10 }], writeMilliseconds: 50 } as const
  for (const queue of [undefined, 'ring-all'] as const) {
    test(`is rung one write after the answer, not two${queue === undefined ? '' : ', of a queue too'}`, async () => {
      const { clock, call, phones, story } = await setUp({ ...slow, ...(queue === undefined ? {} : { queue }) })
      const [, second] = phones.flat()
      call.start()
      await clock.advance(50 + 100 + 49)
      assert.deepEqual([second?.heard, story()], [[], ['first:dialled', 'first:ringing']])
      await clock.advance(1)
      assert.deepEqual(second?.heard, ['invite'])
      assert.deepEqual(story().slice(2), ['first:answered', 'second:dialled'])
      call.end('cancelled')
      await clock.advance(1000)
    })
  }
  for (const [who, first, end] of [
    ['the first party hangs up', { ...slow.first[0], hangsUp: 20 }, false],
    ['the client cancels', slow.first[0], true],
  ] as const) {
    test(`is never rung where ${who} before the answer is on disk`, async () => {
      const { clock, call, phones, story, assertOver, assertLogged } = await setUp({ ...slow, first: [first] })
      const [, second] = phones.flat()
      call.start()
      await clock.advance(50 + 100 + 25)
      if (end) call.end('cancelled')
      await clock.advance(10_000)
      assert.deepEqual(second?.heard, [])
      assert.deepEqual(
        story().filter((event) => event.startsWith('second')),
        ['second:dialled', 'second:ended'],
      )
      assertOver()
      assertLogged()
    })
  }
})

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

test('a call that everybody forgot ends in time', async () => {
  const { clock, call, verdict, assertOver } = await setUp({ first: [quick], second: [quick] })
  call.start()
  await clock.advance(3_599_000)
  assert.equal(verdict(), undefined)
  await clock.advance(2000)
  assert.equal(verdict(), 'completed')
  assertOver()
})

describe('a store that fails', () => {
  for (const failsAt of [
    'leg.dialled',
    'leg.ringing',
    'leg.answered',
    'call.bridged',
    'call.ending',
    'leg.ended',
    'call.ended',
  ] as const satisfies readonly CallEvent['type'][]) {
    for (const writeMilliseconds of [0, 5]) {
      test(`at ${failsAt}, after ${writeMilliseconds} ms: the phones are let go, and the call is forgotten once`, async () => {
        const { clock, call, assertOver } = await setUp({
          first: [quick],
          second: [{ ...quick, hangsUp: 1000 }],
          failsAt,
          writeMilliseconds,
        })
        call.start()
        await clock.advance(100_000)
        assertOver()
      })
    }
  }
})

describe('a delayed call', () => {
  const month = 30 * 24 * 3600 * 1000

  test('waits, also for longer than a timer can', async () => {
    const { clock, call, story, phones } = await setUp({ first: [quick], second: [quick] })
    call.startAt(clock.now() + month)
    await clock.advance(month - 1)
    assert.deepEqual(phones[0]?.[0]?.heard, [])
    await clock.advance(10)
    assert.deepEqual(story().slice(0, 1), ['first:dialled'])
    call.end('cancelled')
    await clock.advance(1000)
  })

  test('is not dialled before the wall clock says so, not by a millisecond', async () => {
    const { clock, call, story } = await setUp({ first: [quick], second: [quick] })
    call.startAt(clock.now() + 60_000)
    // To the timer it looks as if it had fired early.
    clock.setWallClock(-1)
    await clock.advance(60_000)
    assert.deepEqual(story(), [])
    await clock.advance(1)
    assert.deepEqual(story(), ['first:dialled'])
    call.end('cancelled')
    await clock.advance(1000)
  })

  test('that is cancelled before rings nobody', async () => {
    const { clock, call, story, verdict, assertOver } = await setUp({ first: [quick], second: [quick] })
    call.startAt(clock.now() + 60_000)
    await clock.advance(30_000)
    call.end('cancelled')
    await clock.advance(60_000)
    assert.deepEqual(story(), ['ended'])
    assert.equal(verdict(), 'cancelled')
    assertOver()
  })

  test('is left to the next start when the server stops; one that rings is not', async () => {
    const { clock, call, ended } = await setUp({ first: [quick], second: [quick] })
    call.startAt(clock.now() + 60_000)
    assert.equal(call.suspend(), true)
    await clock.advance(120_000)
    assert.deepEqual(ended, [])
    assert.equal(clock.pending, 0)
    const other = await setUp({ first: [quick], second: [quick] })
    other.call.start()
    assert.equal(other.call.suspend(), false)
    other.call.end('interrupted')
    await other.clock.advance(1000)
    other.assertOver()
  })

  test('that is due already starts at once', async () => {
    const { clock, call, story } = await setUp({ first: [quick], second: [quick] })
    call.startAt(clock.now() - 5000)
    await clock.advance(20)
    assert.equal(story()[0], 'first:dialled')
    call.end('cancelled')
    await clock.advance(1000)
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
