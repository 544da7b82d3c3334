import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../test/support/seeded-random.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import type { LegEvent, LegHandle } from '../telephony/driver.ts'
import type { LegPlan } from './call-plan.ts'
import { dialLeg } from './dial-leg.ts'
import type { HuntRequest } from './hunt-leg.ts'
import { LineActivity } from './line-activity.ts'

const line = { account: 'acme', number: '102' }
const plan: LegPlan = {
  target: { kind: 'line', value: '102' },
  destination: { kind: 'line', line },
  party: { kind: 'line', number: '102' },
  callerId: {},
  outsideCallerId: {},
  autoAnswer: false,
  ringSeconds: 30,
  memberRingSeconds: 5,
  forwardOn: {},
}
const request: HuntRequest = {
  callId: 'call-1',
  leg: 'second',
  autoAnswer: false,
  ringSeconds: 30,
  journal: () => Promise.resolve(),
}
const phones = { presence: () => ({ reachable: true, contacts: 1 }) }

test('a line is busy from when it is dialled until its leg has ended', () => {
  const activity = new LineActivity(new VirtualClock(), createSeededRandom(1))
  let tell: (event: LegEvent) => void = () => {}
  const dial = (_: unknown, listener: (event: LegEvent) => void) => {
    tell = listener
    return {} as LegHandle
  }
  dialLeg(plan, request, () => {}, { driver: { dial }, phones, activity })
  assert.equal(activity.isIdle(line, 0), false)
  tell({ type: 'answered' })
  assert.equal(activity.isIdle(line, 0), false)
  tell({ type: 'ended', cause: 'completed' })
  assert.equal(activity.isIdle(line, 0), true)
})

test('a line that the driver fails to dial is as free as before', () => {
  const activity = new LineActivity(new VirtualClock(), createSeededRandom(1))
  const dial = () => {
    throw new Error('the driver is broken')
  }
  assert.throws(() => dialLeg(plan, request, () => {}, { driver: { dial }, phones, activity }))
  assert.equal(activity.isIdle(line, 0), true)
})
