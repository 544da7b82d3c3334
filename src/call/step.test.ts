import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { allInputs, exploreCall, tryStep } from '../../scripts/explore-call.ts'
import { callStates, type LegName } from './call.ts'
import type { CallAction } from './call-action.ts'
import { type CallEffect, type CallInput, type CallMachine, newCallMachine, stateOf } from './call-machine.ts'
import { desiredMedia } from './desired-media.ts'
import type { EndCause } from './end-cause.ts'
import { isUp } from './leg-machine.ts'
import { IllegalInputError, step } from './step.ts'

const run = (...inputs: CallInput[]): { call: CallMachine; effects: string[] } => {
  let call = newCallMachine({ country: 'AU', account: 'acme' })
  const effects: string[] = []
  for (const input of inputs) {
    const result = step(call, input)
    call = result.next
    effects.push(...result.effects.map(describeEffect))
  }
  return { call, effects }
}

function describeEffect(effect: CallEffect): string {
  if (effect.type === 'record') {
    const { event } = effect
    const by = 'by' in event ? `by ${event.by}` : ''
    return ['leg' in event ? event.leg : '', event.type, 'cause' in event ? event.cause : by].join(' ').trim()
  }
  if (effect.type !== 'hang-up') return 'leg' in effect ? `${effect.type} ${effect.leg}` : effect.type
  return `hang-up ${effect.leg} ${effect.cause}${effect.told === undefined ? '' : `, told ${effect.told}`}`
}

const third = { kind: 'line', number: '103' } as const
const start: CallInput = { type: 'start' }
const answered = (leg: LegName): CallInput => ({ type: 'leg-answered', leg })
const hears = (leg: LegName): CallInput => ({ type: 'leg-hears', leg })
const ended = (leg: LegName, cause: EndCause): CallInput => ({ type: 'leg-ended', leg, cause })
const cancel: CallInput = { type: 'end', cause: 'cancelled' }
const secondRings: readonly CallInput[] = [start, answered('first')]
const bridged: readonly CallInput[] = [...secondRings, answered('second'), hears('first'), hears('second')]
const redirected: readonly CallInput[] = [...bridged, { type: 'redirect', stays: 'second', destination: third }]

test('a whole call: first leg, second leg ahead, bridge, end', () => {
  const { call, effects } = run(
    start,
    { type: 'leg-recorded', leg: 'first' },
    { type: 'leg-ringing', leg: 'first' },
    { type: 'leg-answering', leg: 'first' },
    { type: 'leg-recorded', leg: 'second' },
    answered('first'),
    { type: 'leg-early-media', leg: 'second' },
    answered('second'),
    hears('first'),
    hears('second'),
    ended('second', 'completed'),
    ended('first', 'completed'),
  )
  assert.deepEqual(effects, [
    'dial first',
    'first leg.ringing',
    'dial-ahead second',
    'release second',
    'call.bridged',
    'arm-limit',
    'second leg.ended completed',
    'call.ending completed',
    'hang-up first completed',
    'first leg.ended completed',
    'disarm-limit',
    'call.ended completed',
  ])
  assert.equal(stateOf(call), 'ended')
  assert.deepEqual(call.intent, { kind: 'end', cause: 'completed', endedBy: 'second' })
})

/** What came first, what brings the end, how it ends, who is hung up as what, and whether it is over at once. */
const endings: readonly [string, readonly CallInput[], object, string[], boolean?][] = [
  ['first leg busy', [start, ended('first', 'busy')], { cause: 'busy', endedBy: 'first' }, [], true],
  [
    'second leg rejects: the first, which was answered, has completed, and is told why there is no call',
    [...secondRings, ended('second', 'rejected')],
    { cause: 'rejected', endedBy: 'second' },
    ['hang-up first completed, told rejected'],
  ],
  [
    'the first party hangs up during ringback: cancelled',
    [...secondRings, ended('first', 'completed')],
    { cause: 'cancelled', endedBy: 'first' },
    ['hang-up second cancelled'],
  ],
  [
    'the first party hangs up before its answer counts: the second is never rung, and the log says so',
    [
      start,
      { type: 'leg-answering', leg: 'first' },
      { type: 'leg-recorded', leg: 'second' },
      ended('first', 'completed'),
    ],
    { cause: 'cancelled', endedBy: 'first' },
    ['bar second', 'second leg.ended cancelled'],
    true,
  ],
  [
    'the same before the log has heard of the second: it never does',
    [start, { type: 'leg-answering', leg: 'first' }, ended('first', 'completed')],
    { cause: 'cancelled', endedBy: 'first' },
    ['bar second'],
    true,
  ],
  [
    'the second is refused by a carrier: with its status',
    [...secondRings, { type: 'leg-ended', leg: 'second', cause: 'carrier-refused', sipStatus: 402 }],
    { cause: 'carrier-refused', sipStatus: 402, endedBy: 'second' },
    ['hang-up first completed, told carrier-refused'],
  ],
  [
    'of any other cause the status is known',
    [...secondRings, { type: 'leg-ended', leg: 'second', cause: 'busy', sipStatus: 486 }],
    { cause: 'busy', endedBy: 'second' },
    ['hang-up first completed, told busy'],
  ],
  [
    'a bridged call whose second party fails: the first has completed',
    [...bridged, ended('second', 'failed')],
    { cause: 'failed', endedBy: 'second' },
    ['hang-up first completed, told failed'],
  ],
  [
    'a bridged call whose first party fails: the second has completed',
    [...bridged, ended('first', 'failed')],
    { cause: 'failed', endedBy: 'first' },
    ['hang-up second completed, told failed'],
  ],
  ['cancel before anything was dialled', [cancel], { cause: 'cancelled' }, [], true],
  ['cancel of a delayed call', [{ type: 'schedule' }, cancel], { cause: 'cancelled' }, ['disarm-delay'], true],
  ['cancel while the first rings', [start, cancel], { cause: 'cancelled' }, ['hang-up first cancelled']],
  [
    'cancel while the second rings',
    [...secondRings, cancel],
    { cause: 'cancelled' },
    ['hang-up first cancelled', 'hang-up second cancelled'],
  ],
  [
    'a bridged call that is hung up by request has completed',
    [...bridged, cancel],
    { cause: 'completed' },
    ['hang-up first completed', 'hang-up second completed'],
  ],
  [
    'no common codec',
    [...secondRings, answered('second'), { type: 'leg-cannot-hear', leg: 'second' }],
    { cause: 'media-failed' },
    ['hang-up first media-failed', 'hang-up second media-failed'],
  ],
  [
    'a redirected call whose new party rings, and who stayed hangs up: the new one has completed nothing',
    [...redirected, ended('first', 'completed'), ended('second', 'completed')],
    { cause: 'completed', endedBy: 'second' },
    ['hang-up first cancelled'],
  ],
  [
    'who stays hangs up while the other is being let go',
    [...redirected, ended('second', 'completed')],
    { cause: 'completed', endedBy: 'second' },
    [],
  ],
]
for (const [name, inputs, verdict, expected, isOver = false] of endings) {
  test(`end: ${name}`, () => {
    const before = run(...inputs.slice(0, -1))
    const { call, effects } = run(...inputs)
    assert.deepEqual(call.intent, { kind: 'end', ...verdict })
    assert.equal(stateOf(call), isOver ? 'ended' : 'ending')
    const done = effects.slice(before.effects.length)
    const own = done.filter((effect) => /^(hang-up|bar|disarm-delay|second leg.ended cancelled)/.test(effect))
    assert.deepEqual(own, expected)
    assert.equal(done.filter((effect) => effect.startsWith('call.ending')).length, isOver ? 0 : 1)
    assert.equal(done.filter((effect) => effect.startsWith('call.ended')).length, isOver ? 1 : 0)
  })
}

test('media that cannot be heard end a call only where the two are to talk', () => {
  const deaf: CallInput = { type: 'leg-cannot-hear', leg: 'first' }
  assert.equal(stateOf(run(...secondRings, { type: 'leg-early-media', leg: 'second' }, deaf).call), 'second-ringing')
  assert.equal(stateOf(run(...secondRings, answered('second'), deaf).call), 'ending')
})

test('early media are over when somebody else is dialled for the leg: ringback, until those are heard', () => {
  const early: CallInput = { type: 'leg-early-media', leg: 'second' }
  const dialledNext: readonly CallInput[] = [...secondRings, early, { type: 'leg-recorded', leg: 'second' }]
  const ringback = { kind: 'tone', tone: 'ringback', country: 'AU' }
  assert.deepEqual(desiredMedia(run(...dialledNext).call).first, ringback)
  assert.equal(desiredMedia(run(...dialledNext, early).call).first?.kind, 'legs')
})

const phoneHolds = (leg: LegName): CallInput => ({ type: 'leg-held', leg })
const phoneResumes = (leg: LegName): CallInput => ({ type: 'leg-resumed', leg })

/** What follows the bridge, and what the log holds of it. */
const phoneHolding: readonly [string, readonly CallInput[], string[]][] = [
  ['one', [phoneHolds('first'), phoneResumes('first')], ['second leg.held by first', 'second leg.resumed']],
  [
    'both',
    [phoneHolds('first'), phoneHolds('second'), phoneResumes('first'), phoneResumes('second')],
    ['second leg.held by first', 'first leg.held by second', 'second leg.resumed', 'first leg.resumed'],
  ],
  ['one, twice over', [phoneHolds('first'), phoneHolds('first')], ['second leg.held by first']],
  [
    'one, and the other party is sent elsewhere',
    [phoneHolds('first'), { type: 'redirect', stays: 'first', destination: third }],
    ['second leg.held by first', 'second call.redirected', 'hang-up second completed'],
  ],
  [
    'one, and it is sent elsewhere: who stays waits for another',
    [phoneHolds('first'), { type: 'redirect', stays: 'second', destination: third }],
    ['second leg.held by first', 'first call.redirected', 'hang-up first completed', 'second leg.resumed'],
  ],
  [
    'one, and the call ends: nobody is resumed',
    [phoneHolds('first'), cancel],
    ['second leg.held by first', 'call.ending completed', 'hang-up first completed', 'hang-up second completed'],
  ],
]
for (const [what, inputs, expected] of phoneHolding) {
  test(`phones that hold: ${what}`, () => {
    assert.deepEqual(run(...bridged, ...inputs).effects.slice(run(...bridged).effects.length), expected)
  })
}

test('a phone that holds before the other party answers: that one is on hold as soon as they are connected', () => {
  const { effects } = run(...secondRings, phoneHolds('first'), answered('second'), hears('first'), hears('second'))
  assert.deepEqual(effects.slice(-3), ['call.bridged', 'arm-limit', 'second leg.held by first'])
})

test('music that cannot be heard is no reason to end a call, nor to keep it from being connected', () => {
  const deaf: CallInput = { type: 'leg-cannot-hear', leg: 'second' }
  assert.equal(stateOf(run(...bridged, phoneHolds('first'), deaf).call), 'bridged')
  const joining = run(...secondRings, phoneHolds('first'), answered('second'), hears('first'), deaf)
  assert.equal(stateOf(joining.call), 'bridged')
  assert.equal(stateOf(run(...bridged, phoneHolds('first'), phoneResumes('first'), deaf).call), 'ending')
})

type Control = Extract<CallAction['action'], 'hold' | 'resume' | 'mute' | 'unmute'>
const ask = (action: Control, leg: LegName): CallInput => ({ type: 'act', action: { action, leg } })
const play = (leg: LegName | 'both', clip = 'goodbye'): CallInput => ({
  type: 'act',
  action: { action: 'play', leg, clip },
})

/** What is asked for once the two talk, and what comes of it. */
const controls: readonly [string, readonly CallInput[], string[]][] = [
  ['hold and resume', [ask('hold', 'first'), ask('resume', 'first')], ['first leg.held', 'first leg.resumed']],
  ['hold twice', [ask('hold', 'first'), ask('hold', 'first')], ['first leg.held']],
  ['resume without a hold', [ask('resume', 'second')], []],
  [
    'hold both',
    [ask('hold', 'first'), ask('hold', 'second'), ask('resume', 'first')],
    ['first leg.held', 'second leg.held', 'first leg.resumed'],
  ],
  [
    'hold who is held by a phone already: until both let go',
    [phoneHolds('first'), ask('hold', 'second'), phoneResumes('first'), ask('resume', 'second')],
    ['second leg.held by first', 'second leg.resumed'],
  ],
  ['mute and unmute', [ask('mute', 'second'), ask('unmute', 'second')], ['second leg.muted', 'second leg.unmuted']],
  ['mute twice', [ask('mute', 'second'), ask('mute', 'second')], ['second leg.muted']],
  ['mute and hold', [ask('mute', 'first'), ask('hold', 'first')], ['first leg.muted', 'first leg.held']],
  [
    'digits',
    [{ type: 'act', action: { action: 'send-digits', leg: 'second', digits: '12w3#' } }],
    ['send-digits second'],
  ],
  ['a clip', [play('both'), { type: 'leg-played', leg: 'first' }], []],
  [
    'hold, and the other party is sent elsewhere: the hold is over',
    [ask('hold', 'first'), { type: 'redirect', stays: 'first', destination: third }],
    ['first leg.held', 'second call.redirected', 'hang-up second completed', 'first leg.resumed'],
  ],
  [
    'hold, and who is on hold is sent elsewhere: its end says all',
    [ask('hold', 'first'), { type: 'redirect', stays: 'second', destination: third }],
    ['first leg.held', 'first call.redirected', 'hang-up first completed'],
  ],
  [
    'mute, and the other party is sent elsewhere: who stays is muted',
    [ask('mute', 'first'), { type: 'redirect', stays: 'first', destination: third }, ended('second', 'completed')],
    [
      'first leg.muted',
      'second call.redirected',
      'hang-up second completed',
      'second leg.ended completed',
      'dial second',
    ],
  ],
  [
    'hold, and who is on hold hangs up',
    [ask('hold', 'first'), ended('first', 'completed')],
    ['first leg.held', 'first leg.ended completed', 'call.ending completed', 'hang-up second completed'],
  ],
]
for (const [what, inputs, expected] of controls) {
  test(`controls: ${what}`, () => {
    assert.deepEqual(run(...bridged, ...inputs).effects.slice(run(...bridged).effects.length), expected)
  })
}

test('a clip is heard until it is over, cannot be heard, or is stopped, and the call goes on', () => {
  const clipOf = (...inputs: CallInput[]) => run(...bridged, ...inputs).call.legs.first.clip
  const stop: CallInput = { type: 'act', action: { action: 'stop-playing', leg: 'both' } }
  const deaf: CallInput = { type: 'leg-cannot-hear', leg: 'first' }
  assert.equal(clipOf(play('first')), 'goodbye')
  assert.equal(clipOf(play('both'), play('first', 'beep')), 'beep')
  assert.equal(clipOf(play('second')), undefined)
  for (const over of [stop, deaf, { type: 'leg-played', leg: 'first' } as const]) {
    assert.equal(clipOf(play('first'), over), undefined)
    assert.equal(stateOf(run(...bridged, play('first'), over).call), 'bridged')
  }
})

test('nothing is asked of a call whose parties are not connected', () => {
  for (const inputs of [[start], secondRings, redirected, [...bridged, cancel]]) {
    assert.throws(() => step(run(...inputs).call, ask('hold', 'first')), IllegalInputError)
  }
})

test('the two may talk so long, from when they first do: a redirect gives them no more', () => {
  const { effects } = run(
    ...redirected,
    ended('first', 'completed'),
    answered('first'),
    hears('first'),
    hears('second'),
  )
  assert.equal(effects.filter((effect) => effect === 'call.bridged').length, 2)
  assert.equal(effects.filter((effect) => effect === 'arm-limit').length, 1)
})

test('an answer that crosses the cancel changes nothing', () => {
  const { call } = run(start, cancel, answered('first'), ended('first', 'completed'))
  assert.deepEqual([stateOf(call), call.intent], ['ended', { kind: 'end', cause: 'cancelled' }])
})

test('the cause is decided once: what follows does not change it', () => {
  const { call } = run(...secondRings, ended('second', 'busy'), cancel, ended('first', 'failed'))
  assert.deepEqual(call.intent, { kind: 'end', cause: 'busy', endedBy: 'second' })
})

test('a forward is followed as long as nobody has answered and the call goes on', () => {
  const forwarded: CallInput = { type: 'leg-ended', leg: 'first', cause: 'busy', forward: third }
  assert.deepEqual(run(start, forwarded).effects, ['dial first', 'first leg.forwarded', 'dial first'])
  const late = run(start, answered('first'), forwarded)
  assert.deepEqual(late.effects.slice(2), ['first leg.ended busy', 'call.ending busy', 'hang-up second busy'])
  assert.deepEqual(run(start, cancel, forwarded).effects.slice(3), ['first leg.ended busy', 'call.ended cancelled'])
})

test('an input that the call does not take throws and names itself', () => {
  const call = newCallMachine({ country: 'AU', account: 'acme' })
  assert.throws(() => step(call, hears('first')), IllegalInputError)
  assert.throws(() => step(call, hears('first')), /accepted cannot take "leg-hears"/)
  assert.throws(() => step(run(cancel).call, start), /ended cannot take "start"/)
  assert.throws(
    () => step(run(...secondRings).call, { type: 'redirect', stays: 'first', destination: third }),
    /redirect/,
  )
})

const legNames = ['first', 'second'] as const

test('property: whatever comes, a call ends once, every leg that is up is told to go, and the cause stays', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(999), { maxLength: 40 }), (choices) => {
      let call = newCallMachine({ country: 'AU', account: 'acme' })
      let ends = 0
      const dialled = new Set<string>()
      for (const choice of choices) {
        const legal = allInputs.filter((input) => tryStep(call, input) !== undefined)
        const input = legal[choice % legal.length]
        if (input === undefined) break
        const before = call
        const { next, effects } = step(call, input)
        call = next
        if (input.type === 'leg-ended') dialled.delete(input.leg)
        for (const effect of effects) {
          if (effect.type === 'dial' || effect.type === 'dial-ahead') {
            assert.ok(!dialled.has(effect.leg), 'a leg is dialled when it is not up')
            dialled.add(effect.leg)
          }
          if (effect.type === 'bar') dialled.delete(effect.leg)
          if (effect.type === 'record' && effect.event.type === 'call.ended') ends += 1
        }
        const isUnderWay = (leg: LegName) => isUp(call.legs[leg]) || call.legs[leg].phase === 'ahead'
        assert.deepEqual(
          legNames.filter(isUnderWay),
          legNames.filter((leg) => dialled.has(leg)),
        )
        if (before.intent.kind === 'end') assert.deepEqual(call.intent, before.intent)
        if (call.intent.kind === 'end') {
          assert.ok(legNames.every((leg) => ['idle', 'leaving', 'ended'].includes(call.legs[leg].phase)))
        }
        assert.equal(ends, stateOf(call) === 'ended' ? 1 : 0)
      }
    }),
    { numRuns: 2000 },
  )
})

test('every call can be ended, from wherever it is', () => {
  for (const { next } of exploreCall()) {
    const taken = tryStep(next, { type: 'end', cause: 'failed' })
    assert.equal(taken?.next.intent.kind, 'end', JSON.stringify(next))
  }
})

test('inputs lead to every state but the one that only the log shows', () => {
  const states = new Set(exploreCall().map(({ from }) => stateOf(from)))
  assert.deepEqual(
    callStates.filter((state) => !states.has(state)),
    ['first-answered'],
  )
})
