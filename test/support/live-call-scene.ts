import assert from 'node:assert/strict'
import type { LegName } from '../../src/call/call.ts'
import type { CallEvent } from '../../src/call/call-event.ts'
import { CallLog } from '../../src/events/call-log.ts'
import type { CallPlan } from '../../src/orchestrator/call-plan.ts'
import type { Hunt } from '../../src/orchestrator/hunt.ts'
import { LineActivity } from '../../src/orchestrator/line-activity.ts'
import { LiveCall } from '../../src/orchestrator/live-call.ts'
import { FakeDriver } from '../doubles/fake-driver.ts'
import { FakeNetwork } from '../doubles/fake-network.ts'
import type { PhoneScript } from '../doubles/phone-script.ts'
import { callAccepted } from './call-scene.ts'
import { createFaultLog } from './fault-log.ts'
import { MemoryCallStore } from './memory-call-store.ts'
import { createSeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface Scene {
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

/** One call of line 101 to line 102, or to a queue, over scripted phones. */
export const openLiveCall = async (scene: Scene) => {
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
  const { log, faults } = createFaultLog()
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
  await callLog.accept([callAccepted(plan.id, clock.now())])
  store.writeMilliseconds = scene.writeMilliseconds ?? 0
  store.failsAt = scene.failsAt
  const ended: number[] = []
  const call = new LiveCall(plan, {
    driver,
    phones: network,
    activity: new LineActivity(clock, createSeededRandom(1)),
    callLog,
    clock,
    log,
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
  /** What the machine did not take, or the driver did not do. */
  const supervised = () => faults.filter(({ input }) => input !== undefined)
  /** Whatever happened: the call has ended once, with one cause, each of its legs has too, and nobody rings or talks. */
  const assertOver = (known: readonly unknown[] = []): void => {
    assert.equal(ended.length, 1, 'onEnded')
    assert.equal(driver.legs.size, 0, 'legs of the driver')
    for (const phone of phones.flat()) assert.equal(phone.calls.size, 0, `a phone that was told ${phone.heard}`)
    assert.equal(clock.pending, 0, 'timers')
    assert.deepEqual(supervised(), known, 'inputs that the machine did not take')
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
  return {
    clock,
    network,
    driver,
    store,
    call,
    events,
    story,
    verdict,
    ended,
    supervised,
    phones,
    assertOver,
    assertLogged,
  }
}

/** A phone that is picked up. */
export const quick: PhoneScript = { rings: 10, answers: 100 }
