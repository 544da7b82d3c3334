import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { callAccepted } from '../../test/support/call-scene.ts'
import {
  completesCall,
  decideAppend,
  decideObstacle,
  decideReplay,
  findAcceptance,
  lastExpiredUse,
} from './log-rules.ts'

const day = 24 * 3600 * 1000
const use = { fingerprint: 'body', callId: 'before', usedAt: 1000 }

describe('an idempotency key', () => {
  for (const [what, fingerprint, now, expected] of [
    ['with the same body: its call', 'body', 1000 + day - 1, { outcome: 'replayed', callId: 'before' }],
    ['with another body: refused', 'other', 1000 + day - 1, { outcome: 'key-reused' }],
    ['after a day: free again', 'body', 1000 + day, undefined],
    ['after a day, with another body: free again', 'other', 1000 + day, undefined],
  ] as const) {
    test(what, () => assert.deepEqual(decideReplay(use, fingerprint, now), expected))
  }
  test('that was never used: free', () => assert.equal(decideReplay(undefined, 'body', 1000), undefined))
  test('is swept when it is free again, and not before', () => {
    assert.equal(use.usedAt <= lastExpiredUse(1000 + day - 1), false)
    assert.equal(use.usedAt <= lastExpiredUse(1000 + day), true)
  })
})

test('a repeated request is told of its own call, not that the call it made carries its external id', () => {
  const replay = { outcome: 'replayed', callId: 'before' } as const
  assert.deepEqual(decideObstacle(replay, 'before'), replay)
  assert.deepEqual(decideObstacle(undefined, 'other'), { outcome: 'external-id-in-use', callId: 'other' })
  assert.equal(decideObstacle(undefined, undefined), undefined)
})

test('what is accepted is one call, and begins with its acceptance', () => {
  const accepted = callAccepted('a')
  const scheduled = { type: 'call.scheduled', callId: 'a', at: 1, dueAt: 2 } as const
  assert.equal(findAcceptance([accepted, scheduled]), accepted)
  for (const events of [[], [scheduled], [scheduled, accepted], [accepted, { ...scheduled, callId: 'b' }]]) {
    assert.equal(findAcceptance(events), undefined)
  }
})

test('appended is to a live call of the own node', () => {
  const live = { node: 1, hasEnded: false }
  assert.deepEqual(decideAppend('a', live, 1), { call: live })
  const faultOf = (...asked: Parameters<typeof decideAppend>) => {
    const decided = decideAppend(...asked)
    return 'fault' in decided ? decided.fault : undefined
  }
  assert.match(faultOf('a', undefined, 1) ?? '', /There is no call a/)
  assert.match(faultOf('a', live, 2) ?? '', /Call a is run by node 1; this one is node 2/)
  assert.match(faultOf('a', { node: 1, hasEnded: true }, 1) ?? '', /Call a has ended/)
})

test('the last event of a call, and no other, makes its CDR', () => {
  assert.equal(completesCall('call.ended'), true)
  assert.equal(completesCall('call.ending'), false)
})
