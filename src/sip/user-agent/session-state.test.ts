import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IllegalTransitionError } from '../transaction/transition-table.ts'
import {
  type OutgoingInviteEffect,
  type OutgoingInviteInput,
  type OutgoingInviteState,
  stepOutgoingInvite,
} from './outgoing-invite-state.ts'
import { type SessionEffect, type SessionInput, type SessionState, stepSession } from './session-state.ts'

interface Step<State, Effect> {
  readonly next: State
  readonly effects: readonly Effect[]
}

/** Every way through a machine that visits no state twice with the same input, as the effects of its steps in order. */
const walks = <State, Input, Effect>(
  start: State,
  inputs: readonly Input[],
  step: (state: State, input: Input) => Step<State, Effect>,
): { readonly inputs: readonly Input[]; readonly effects: readonly Effect[]; readonly end: State }[] => {
  const found: { inputs: Input[]; effects: Effect[]; end: State }[] = []
  const walk = (state: State, taken: Input[], effects: Effect[], seen: ReadonlySet<string>): void => {
    found.push({ inputs: taken, effects, end: state })
    for (const input of inputs) {
      const edge = `${state} ${input}`
      if (seen.has(edge)) continue
      let taking: Step<State, Effect>
      try {
        taking = step(state, input)
      } catch (error) {
        assert.ok(error instanceof IllegalTransitionError)
        continue
      }
      if (taking.next === state && taking.effects.length === 0) continue
      walk(taking.next, [...taken, input], [...effects, ...taking.effects], new Set([...seen, edge]))
    }
  }
  walk(start, [], [], new Set())
  return found
}

const sessionInputs: readonly SessionInput[] = [
  ...(['answered', 'acknowledge', 'accept', 'ackReceived', 'ackMissing'] as const),
  ...(['bye', 'lost', 'byeReceived', 'byeDone', 'abandon'] as const),
]
const tellings: readonly SessionEffect[] = ['tellLocal', 'tellRemote', 'tellLost', 'tellEarlyEnd']

describe('the states of a session', () => {
  const all = walks<SessionState, SessionInput, SessionEffect>('early', sessionInputs, stepSession)

  it('tell its owner of the end once at most, and exactly once unless it is abandoned', () => {
    assert.ok(all.length > 50)
    for (const { inputs, effects, end } of all) {
      const told = effects.filter((effect) => tellings.includes(effect)).length
      const isAbandoned = inputs.at(-1) === 'abandon'
      if (end === 'over' && !isAbandoned) assert.equal(told, 1, inputs.join())
      else assert.ok(told <= 1, inputs.join())
    }
  })

  it('send one BYE at most, and let go of the session once', () => {
    for (const { inputs, effects, end } of all) {
      assert.ok(effects.filter((effect) => effect === 'sendBye').length <= 1, inputs.join())
      const gone = effects.filter((effect) => ['finish', 'leave', 'tellEarlyEnd'].includes(effect)).length
      assert.equal(gone, end === 'over' ? 1 : 0, inputs.join())
    }
  })

  it('RFC 3261 section 13.2.2.4: acknowledge each 2xx before anything else, unless the process goes', () => {
    for (const { inputs, effects } of all) {
      if (!inputs.includes('answered') || inputs.at(-1) === 'abandon') continue
      const ack = effects.indexOf('sendAck')
      const bye = effects.indexOf('sendBye')
      assert.ok(bye < 0 || (ack >= 0 && ack < bye), inputs.join())
    }
  })

  it('RFC 3261 section 15: send no BYE in an early dialog, and none of our own will before the ACK of our 2xx', () => {
    for (const input of sessionInputs) {
      if (input === 'answered' || input === 'accept') continue
      try {
        assert.ok(!stepSession('early', input).effects.includes('sendBye'))
      } catch (error) {
        assert.ok(error instanceof IllegalTransitionError)
      }
    }
    assert.deepEqual(stepSession('awaits-ack', 'bye'), { next: 'leaving', effects: ['tellLocal'] })
  })

  it('take the end from either side in every state', () => {
    const states: readonly SessionState[] = ['owes-ack', 'awaits-ack', 'confirmed', 'leaving', 'ending', 'over']
    for (const state of states) {
      for (const input of ['bye', 'lost', 'byeReceived', 'acknowledge', 'abandon'] as const) {
        assert.doesNotThrow(() => stepSession(state, input), `${input} in ${state}`)
      }
    }
  })
})

const inviteInputs = ['provisional', 'challenge', 'answer', 'failure', 'cancel', 'abandon'] as const

describe('the states of an INVITE that we sent', () => {
  const all = walks<OutgoingInviteState, OutgoingInviteInput, OutgoingInviteEffect>(
    'calling',
    inviteInputs,
    stepOutgoingInvite,
  )

  it('have an edge for everything, for every input may come at any time', () => {
    const states: readonly OutgoingInviteState[] = [
      ...(['calling', 'cancel-waits', 'proceeding', 'cancelling', 'answered', 'failed'] as const),
    ]
    for (const state of states)
      for (const input of inviteInputs) assert.doesNotThrow(() => stepOutgoingInvite(state, input))
  })

  it('come to one session or to one failure', () => {
    assert.ok(all.length > 20)
    for (const { inputs, effects, end } of all) {
      const outcomes = effects.filter((effect) => ['takeAnswer', 'tellFailed', 'tellCancelled'].includes(effect))
      const isOver = end === 'answered' || end === 'failed'
      if (isOver && !inputs.includes('abandon')) assert.equal(outcomes.length, 1, inputs.join())
      else assert.ok(outcomes.length <= 1, inputs.join())
    }
  })

  it('RFC 3261 section 9.1: send one CANCEL at most, and none before a provisional response', () => {
    for (const { inputs, effects } of all) {
      const cancels = effects.filter((effect) => effect === 'sendCancel').length
      assert.ok(cancels <= 1, inputs.join())
      if (cancels === 1) assert.ok(inputs.includes('provisional'), inputs.join())
    }
  })

  it('once it is given up, no answer makes a session', () => {
    for (const { inputs, effects } of all) {
      const cancel = inputs.indexOf('cancel')
      const answer = inputs.indexOf('answer')
      if (cancel >= 0 && cancel < answer) assert.ok(!effects.includes('takeAnswer'), inputs.join())
    }
  })
})
