import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ProgramEffect, ProgramInput, ProgramState } from './program.ts'
import { screening, spellCaller } from './screening.ts'
import { newProgramState, stepProgram } from './step-program.ts'

const begin: ProgramInput = { type: 'begin' }
const played: ProgramInput = { type: 'played' }
const timeout: ProgramInput = { type: 'timeout' }
const key = (digit: string): ProgramInput => ({ type: 'digit', digit })

const describeEffect = (effect: ProgramEffect): string =>
  effect.type === 'play'
    ? `play ${effect.clips.join(' ')}`
    : effect.type === 'arm-timer'
      ? `wait ${effect.milliseconds}`
      : effect.type === 'hang-up'
        ? effect.cause
        : effect.type

function run(...inputs: readonly ProgramInput[]): { effects: string[]; state: ProgramState } {
  let state = newProgramState(screening({ number: '102' }))
  const effects: string[] = []
  for (const input of inputs) {
    const turn = stepProgram(state, input)
    state = turn.next
    effects.push(...turn.effects.map(describeEffect))
  }
  return { effects, state }
}

const asked = 'play call-from digit-1 digit-0 digit-2 press-1-to-accept'
const table: readonly [what: string, inputs: readonly ProgramInput[], effects: readonly string[], isOver: boolean][] = [
  ['who is calling is said first', [begin], [asked], false],
  ['then an answer is waited for', [begin, played], [asked, 'wait 20000'], false],
  ['1 accepts', [begin, played, key('1')], [asked, 'wait 20000', 'disarm-timer', 'connect'], true],
  ['2 refuses', [begin, played, key('2')], [asked, 'wait 20000', 'disarm-timer', 'screened-out'], true],
  ['nothing refuses', [begin, played, timeout], [asked, 'wait 20000', 'screened-out'], true],
  ['another key is nothing', [begin, played, key('5'), timeout], [asked, 'wait 20000', 'screened-out'], true],
  [
    'who knows it already need not listen',
    [begin, key('1')],
    [asked, 'stop', 'wait 20000', 'disarm-timer', 'connect'],
    true,
  ],
  [
    'another key ends the question, and the answer is waited for',
    [begin, key('5')],
    [asked, 'stop', 'wait 20000'],
    false,
  ],
  [
    'what was overtaken changes nothing',
    [begin, key('2'), played, key('1'), timeout],
    run(begin, key('2')).effects,
    true,
  ],
  ['nothing happens before it has begun', [played, key('1'), timeout], [], false],
  ['it begins once', [begin, begin], [asked], false],
]
describe('screening', () => {
  for (const [what, inputs, effects, isOver] of table) {
    test(what, () => {
      const ran = run(...inputs)
      assert.deepEqual(ran.effects, effects)
      assert.equal(ran.state.isOver, isOver)
    })
  }

  test('property: whatever comes, it comes to one outcome at most, and connects by 1 alone', () => {
    const input = fc.constantFrom(begin, played, timeout, key('1'), key('2'), key('9'))
    fc.assert(
      fc.property(fc.array(input, { maxLength: 12 }), (inputs) => {
        const { effects, state } = run(...inputs)
        const outcomes = effects.filter((effect) => effect === 'connect' || effect === 'screened-out')
        assert.equal(outcomes.length, state.isOver ? 1 : 0)
        assert.ok(outcomes[0] !== 'connect' || inputs.some((each) => each.type === 'digit' && each.digit === '1'))
        const armed = effects.filter((effect) => effect.startsWith('wait')).length
        const isTimedOut = outcomes[0] === 'screened-out' && !effects.includes('disarm-timer')
        const disarmed = effects.filter((effect) => effect === 'disarm-timer').length
        assert.equal(armed, disarmed + (state.isOver && isTimedOut ? 1 : 0) + (armed > 0 && !state.isOver ? 1 : 0))
      }),
    )
  })
})

describe('a key that is pressed while clips are heard', () => {
  const play = (...next: readonly string[]) =>
    Object.fromEntries(
      next.map((name, index) => [`clip-${index}`, { kind: 'play', clips: [`${index}`], next: name }] as const),
    )
  const choice = { kind: 'choose', choices: { 1: 'through' }, milliseconds: 10, otherwise: 'clip-0' } as const
  const through = { kind: 'connect' } as const
  for (const [what, clips, effects] of [
    [
      'clips behind them',
      play('clip-1', 'choice'),
      ['play 0', 'stop', 'play 1', 'stop', 'wait 10', 'disarm-timer', 'connect'],
    ],
    ['one that is repeated', play('clip-0'), ['play 0', 'stop', 'play 0']],
    ['several that go round in a circle', play('clip-1', 'clip-0'), ['play 0', 'stop', 'play 1', 'stop', 'play 0']],
  ] as const) {
    test(`ends ${what}`, () => {
      const began = stepProgram(newProgramState({ begin: 'clip-0', steps: { ...clips, choice, through } }), begin)
      const typed = stepProgram(began.next, key('1'))
      assert.deepEqual([...began.effects, ...typed.effects].map(describeEffect), effects)
    })
  }
})

describe('who is calling', () => {
  for (const [number, clips] of [
    ['+61 412', ['call-from', 'plus', 'digit-6', 'digit-1', 'digit-4', 'digit-1', 'digit-2']],
    ['Bob#*', ['call-from', 'letter-b', 'letter-o', 'letter-b', 'hash', 'star']],
    ['', ['call-from', 'number-withheld']],
    [undefined, ['call-from', 'number-withheld']],
    ['…', ['call-from', 'number-withheld']],
  ] as const) {
    test(`${number}`, () => assert.deepEqual(spellCaller(number === undefined ? {} : { number }), clips))
  }

  test('is said with clips that ship with the server, and not for ever', () => {
    const shipped = new Set(readdirSync(new URL('../../media/prompts/en', import.meta.url)))
    const everything = '+*#0123456789abcdefghijklmnopqrstuvwxyz'
    for (const character of everything) {
      for (const clip of spellCaller({ number: character })) assert.ok(shipped.has(`${clip}.wav`), clip)
    }
    assert.ok(shipped.has('press-1-to-accept.wav') && shipped.has('number-withheld.wav'))
    assert.equal(spellCaller({ number: '1'.repeat(10_000) }).length, 21)
  })

  test('may be said by a clip of the account', () => {
    const { ask } = screening({ number: '102' }, { prompt: 'front-door', seconds: 5 }).steps
    assert.deepEqual(ask, { kind: 'play', clips: ['front-door', 'press-1-to-accept'], next: 'decide' })
  })
})
