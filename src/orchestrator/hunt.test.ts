import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { LegDestination } from '../telephony/driver.ts'
import { type HuntStage, huntRounds, isReachable } from './hunt.ts'
import { LineActivity } from './line-activity.ts'

const line = (number: string): Extract<LegDestination, { kind: 'line' }> => ({
  kind: 'line',
  line: { account: 'acme', number },
})
const outside: LegDestination = { kind: 'trunk', number: '+61412345678', trunks: [] }

/** Only the registered lines' phones are there. */
const phonesOf = (...registered: readonly string[]) => ({
  presence: ({ number }: { readonly number: string }) => ({ reachable: registered.includes(number), contacts: 1 }),
})

const stage = (strategy: HuntStage['strategy'], members: readonly LegDestination[], wrapUpSeconds = 0): HuntStage => ({
  strategy,
  members,
  wrapUpSeconds,
})

function prepare(...registered: readonly string[]) {
  const clock = new VirtualClock()
  const activity = new LineActivity(clock, createSeededRandom(1))
  const phones = phonesOf(...registered)
  const rounds = (...stages: readonly HuntStage[]) =>
    [...huntRounds({ kind: 'hunt', stages }, { phones, activity })].map((round) =>
      round.map((member) => (member.kind === 'line' ? member.line.number : member.number)),
    )
  /** A call of so many milliseconds on a line. */
  const call = async (number: string, milliseconds: number) => {
    const release = activity.occupy(line(number).line)
    await clock.advance(milliseconds)
    release()
  }
  return { clock, activity, phones, rounds, call }
}

const three = [line('101'), line('102'), line('103')]

describe('whom a hunt rings', () => {
  test('only who is registered and in no call', () => {
    const { rounds, activity } = prepare('101', '103')
    assert.deepEqual(rounds(stage('in-order', three)), [['101'], ['103']])
    const release = activity.occupy(line('101').line)
    assert.deepEqual(rounds(stage('in-order', three)), [['103']])
    release()
    assert.deepEqual(rounds(stage('in-order', three)), [['101'], ['103']])
  })

  test('nobody within the wrap-up time after a call', async () => {
    const { rounds, call, clock } = prepare('101')
    await call('101', 1000)
    assert.deepEqual(rounds(stage('in-order', three, 10)), [])
    await clock.advance(10_000)
    assert.deepEqual(rounds(stage('in-order', three, 10)), [['101']])
  })

  test('longest idle first; who had no call yet before all', async () => {
    const { rounds, call } = prepare('101', '102', '103')
    await call('101', 1000)
    await call('103', 1000)
    assert.deepEqual(rounds(stage('longest-idle', three)), [['102'], ['101'], ['103']])
  })

  test('round robin: who was rung last is asked last', async () => {
    const { rounds, activity, clock } = prepare('101', '102', '103')
    const release = activity.occupy(line('101').line)
    await clock.advance(1)
    release()
    assert.deepEqual(rounds(stage('round-robin', three)), [['102'], ['103'], ['101']])
  })

  test('ring all: one round of everybody', () => {
    assert.deepEqual(prepare('101', '102').rounds(stage('ring-all', three)), [['101', '102']])
    assert.deepEqual(prepare().rounds(stage('ring-all', three)), [])
  })

  test('random: everybody once', () => {
    const order = prepare('101', '102', '103').rounds(stage('random', three))
    assert.deepEqual(order.flat().toSorted(), ['101', '102', '103'])
    assert.equal(order.length, 3)
  })

  test('stages follow one another; an outside number is always there', () => {
    const { rounds } = prepare('102')
    assert.deepEqual(rounds(stage('ring-all', three), stage('in-order', [outside])), [['102'], ['+61412345678']])
  })

  test('somebody can be reached who is in a call now, but not who is not registered', () => {
    const { phones, activity } = prepare('101')
    activity.occupy(line('101').line)
    const hunt = (members: readonly LegDestination[]) =>
      ({ kind: 'hunt', stages: [stage('in-order', members)] }) as const
    assert.equal(isReachable(hunt(three), phones), true)
    assert.equal(isReachable(hunt([line('102')]), phones), false)
    assert.equal(isReachable(hunt([outside]), phones), true)
  })
})
