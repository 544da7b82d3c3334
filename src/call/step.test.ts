import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { callStates } from './call.ts'
import type { EndCause } from './end-cause.ts'
import {
  type CallEffect,
  type CallInput,
  type CallMachine,
  callEdges,
  IllegalEdgeError,
  newCallMachine,
  step,
} from './step.ts'

const run = (...inputs: CallInput[]): { machine: CallMachine; effects: string[] } => {
  let machine = newCallMachine
  const effects: string[] = []
  for (const input of inputs) {
    const result = step(machine, input)
    machine = result.next
    effects.push(...result.effects.map(describeEffect))
  }
  return { machine, effects }
}

const describeEffect = (effect: CallEffect): string =>
  effect.type === 'hang-up'
    ? `hang-up ${effect.leg} ${effect.cause}${effect.told === undefined ? '' : `, told ${effect.told}`}`
    : effect.type === 'dial'
      ? `dial ${effect.leg}`
      : effect.type

const start: CallInput = { type: 'start' }
const firstAnswered: CallInput = { type: 'first-answered' }
const secondDialled: CallInput = { type: 'second-dialled' }
const secondAnswered: CallInput = { type: 'second-answered' }
const joined: CallInput = { type: 'media-joined' }
const firstEnded = (cause: EndCause): CallInput => ({ type: 'first-ended', cause })
const secondEnded = (cause: EndCause): CallInput => ({ type: 'second-ended', cause })
const cancel: CallInput = { type: 'end', cause: 'cancelled' }

test('a whole call: first leg, ringback, second leg, bridge, end', () => {
  const { machine, effects } = run(
    start,
    firstAnswered,
    secondDialled,
    { type: 'second-early-media' },
    secondAnswered,
    joined,
    secondEnded('completed'),
    firstEnded('completed'),
  )
  assert.deepEqual(effects, [
    'dial first',
    'play-ringback',
    'dial second',
    'hear-second',
    'join-media',
    'announce-bridged',
    'announce-ending',
    'hang-up first completed',
    'finish',
  ])
  assert.deepEqual(machine, { state: 'ended', up: [], cause: 'completed', endedBy: 'second' })
})

const endings: readonly [string, CallInput[], Partial<CallMachine>, string[]][] = [
  ['first leg busy', [start, firstEnded('busy')], { state: 'ended', cause: 'busy', endedBy: 'first' }, []],
  [
    'second leg rejects: the first, which was answered, has completed, and is told why there is no call',
    [start, firstAnswered, secondDialled, secondEnded('rejected')],
    { state: 'ending', up: ['first'], cause: 'rejected', endedBy: 'second' },
    ['hang-up first completed, told rejected'],
  ],
  [
    'the first party hangs up during ringback: cancelled',
    [start, firstAnswered, secondDialled, firstEnded('completed')],
    { state: 'ending', up: ['second'], cause: 'cancelled', endedBy: 'first' },
    ['hang-up second cancelled'],
  ],
  [
    'the first party hangs up before the second is on the wire',
    [start, firstAnswered, firstEnded('completed')],
    { state: 'ending', up: ['second'], cause: 'cancelled' },
    ['hang-up second cancelled'],
  ],
  [
    'the second is refused by a carrier: with its status',
    [start, firstAnswered, secondDialled, { type: 'second-ended', cause: 'carrier-refused', sipStatus: 402 }],
    { state: 'ending', up: ['first'], cause: 'carrier-refused', sipStatus: 402, endedBy: 'second' },
    ['hang-up first completed, told carrier-refused'],
  ],
  [
    'a bridged call whose second party fails: the first has completed',
    [start, firstAnswered, secondDialled, secondAnswered, joined, secondEnded('failed')],
    { state: 'ending', up: ['first'], cause: 'failed', endedBy: 'second' },
    ['hang-up first completed, told failed'],
  ],
  [
    'a bridged call whose first party fails: the second has completed',
    [start, firstAnswered, secondDialled, secondAnswered, joined, firstEnded('failed')],
    { state: 'ending', up: ['second'], cause: 'failed', endedBy: 'first' },
    ['hang-up second completed, told failed'],
  ],
  ['cancel before anything was dialled', [cancel], { state: 'ended', cause: 'cancelled' }, []],
  ['cancel of a delayed call', [{ type: 'schedule' }, cancel], { state: 'ended', cause: 'cancelled' }, []],
  ['cancel while the first rings', [start, cancel], { state: 'ending', up: ['first'] }, ['hang-up first cancelled']],
  [
    'cancel while the second rings',
    [start, firstAnswered, secondDialled, cancel],
    { state: 'ending', up: ['first', 'second'] },
    ['hang-up first cancelled', 'hang-up second cancelled'],
  ],
  [
    'a bridged call that is hung up by request has completed',
    [start, firstAnswered, secondDialled, secondAnswered, joined, cancel],
    { state: 'ending', cause: 'completed', up: ['first', 'second'] },
    ['hang-up first completed', 'hang-up second completed'],
  ],
  [
    'no common codec',
    [start, firstAnswered, secondDialled, secondAnswered, { type: 'media-refused', cause: 'media-failed' }],
    { state: 'ending', cause: 'media-failed', up: ['first', 'second'] },
    ['hang-up first media-failed', 'hang-up second media-failed'],
  ],
]
for (const [name, inputs, expected, hangUps] of endings) {
  test(`end: ${name}`, () => {
    const { machine, effects } = run(...inputs)
    assert.deepEqual({ ...machine, ...expected }, machine)
    assert.deepEqual(
      effects.filter((effect) => effect.startsWith('hang-up')),
      hangUps,
    )
    assert.equal(effects.filter((effect) => effect === 'finish').length, machine.state === 'ended' ? 1 : 0)
  })
}

test('an answer that crosses the cancel changes nothing', () => {
  const { machine } = run(start, cancel, firstAnswered, firstEnded('completed'))
  assert.deepEqual(machine, { state: 'ended', up: [], cause: 'cancelled' })
})

test('the cause is decided once: what follows does not change it', () => {
  const { machine } = run(start, firstAnswered, secondDialled, secondEnded('busy'), cancel, firstEnded('failed'))
  assert.equal(machine.cause, 'busy')
  assert.equal(machine.endedBy, 'second')
})

test('an edge that the table lacks throws and names itself', () => {
  assert.throws(() => step(newCallMachine, joined), new IllegalEdgeError('accepted', 'media-joined'))
  assert.throws(() => step({ state: 'ended', up: [] }, start), /ended cannot take "start"/)
})

test('no state and input stand in two edges', () => {
  const seen = new Set<string>()
  for (const edge of callEdges) {
    for (const from of edge.from) {
      const key = `${from} ${edge.input}`
      assert.ok(!seen.has(key), `${key} stands twice`)
      seen.add(key)
    }
  }
})

/** What the machine takes now: a leg that is not up cannot end. */
const legalInputs = (machine: CallMachine): readonly CallInput[] =>
  callEdges
    .filter((edge) => edge.from.includes(machine.state))
    .map((edge) => edge.input)
    .filter((type) => type !== 'first-ended' || machine.up.includes('first'))
    .filter((type) => type !== 'second-ended' || machine.up.includes('second'))
    .map((type) => ({ type, cause: 'busy' }) as CallInput)

test('property: whatever legal inputs come, a call finishes at most once, hangs up every leg that is up, and keeps its cause', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(99), { maxLength: 30 }), (choices) => {
      let machine = newCallMachine
      let finished = 0
      const dialled = new Set<string>()
      const ended = new Set<string>()
      for (const choice of choices) {
        const legal = legalInputs(machine)
        const input = legal[choice % legal.length]
        if (input === undefined) break
        const before = machine
        const result = step(machine, input)
        machine = result.next
        if (input.type === 'first-ended') ended.add('first')
        if (input.type === 'second-ended') ended.add('second')
        for (const effect of result.effects) {
          if (effect.type === 'dial') {
            assert.ok(!before.up.includes(effect.leg) || ended.has(effect.leg), 'a leg is dialled when it is not up')
            dialled.add(effect.leg)
            ended.delete(effect.leg)
          }
          if (effect.type === 'finish') finished += 1
        }
        if (before.cause !== undefined) assert.equal(machine.cause, before.cause)
        if (before.cause === undefined && machine.cause !== undefined) {
          const hungUp = result.effects.flatMap((effect) => (effect.type === 'hang-up' ? [effect.leg] : []))
          assert.deepEqual(hungUp, machine.up, 'no leg outlives its call')
        }
      }
      assert.deepEqual([...machine.up].sort(), [...dialled].filter((leg) => !ended.has(leg)).sort())
      assert.equal(finished, machine.state === 'ended' ? 1 : 0)
    }),
    { numRuns: 2000 },
  )
})

test('legal inputs lead to every state', () => {
  const machines = new Map([[JSON.stringify(newCallMachine), newCallMachine]])
  // What is added to a map while it is walked is walked too.
  for (const machine of machines.values()) {
    for (const input of legalInputs(machine)) {
      const { next } = step(machine, input)
      machines.set(JSON.stringify(next), next)
    }
  }
  const states = new Set([...machines.values()].map(({ state }) => state))
  assert.deepEqual([...states].sort(), [...callStates].sort())
})
