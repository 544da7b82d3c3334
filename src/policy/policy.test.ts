import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { CallRequest } from '../call/call-request.ts'
import type { Account, PhoneNumber, RatePlan } from '../directory/directory.ts'
import { decideBarred, findRate } from './decide-barred.ts'
import { decideCall } from './decide-call.ts'
import { decideCallerId, outsideCallerId } from './decide-caller-id.ts'
import { decideEmergency } from './decide-emergency.ts'

const outside = (canonical: string, emergency: PhoneNumber['emergency'] = false): PhoneNumber => ({
  canonical,
  emergency,
})
const reasonOf = (decision: { decision: string; reason?: string }) => decision.reason ?? decision.decision

describe('emergency', () => {
  for (const [emergency, emergencyCalls, expected] of [
    ['plain', false, 'barred'],
    ['plain', true, 'allow'],
    ['disguised', false, 'barred'],
    ['disguised', true, 'allow'],
    [false, false, 'allow'],
    [false, true, 'allow'],
  ] as const) {
    test(`emergency number ${emergency}, account allows ${emergencyCalls}: ${expected}`, () =>
      assert.equal(reasonOf(decideEmergency(outside('000', emergency), { emergencyCalls })), expected))
  }
})

describe('barred: the longest prefix decides', () => {
  const plan: RatePlan = {
    name: 'standard',
    currency: 'AUD',
    rates: [
      { prefix: '+61', perMinute: 0.05 },
      { prefix: '+6119', barred: true },
      { prefix: '+611900', perMinute: 5 },
      { prefix: '+1900', barred: true },
      { prefix: '', perMinute: 1 },
    ],
  }
  for (const [number, expected] of [
    ['+61412345678', 'allow'],
    ['+61190123456', 'barred'],
    ['+61190012345', 'allow'],
    ['+19005550123', 'barred'],
    ['+12015550123', 'allow'],
    ['+61', 'allow'],
    ['1234', 'allow'],
  ] as const) {
    test(`${number}: ${expected}`, () => assert.equal(reasonOf(decideBarred(outside(number), plan)), expected))
  }
  test('no plan, an empty plan, and emergency numbers: allow', () => {
    const everything: RatePlan = { name: 'none', currency: 'AUD', rates: [{ prefix: '', barred: true }] }
    assert.equal(reasonOf(decideBarred(outside('+19005550123'), undefined)), 'allow')
    assert.equal(reasonOf(decideBarred(outside('+19005550123'), { ...everything, rates: [] })), 'allow')
    assert.equal(reasonOf(decideBarred(outside('+19005550123'), everything)), 'barred')
    assert.equal(reasonOf(decideBarred(outside('000', 'plain'), everything)), 'allow')
    assert.equal(reasonOf(decideBarred(outside('118999', 'disguised'), everything)), 'barred')
  })
  test('whatever the order of the rates', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...plan.rates], { minLength: plan.rates.length }), (rates) => {
        assert.deepEqual(findRate('+61190012345', { ...plan, rates }), { prefix: '+611900', perMinute: 5 })
      }),
    )
  })
})

describe('caller id', () => {
  const account = { callerIds: ['+61255501000', '+61255501001'] }
  for (const [name, shown, expected] of [
    ['none is asked for', undefined, 'allow'],
    ['a name alone', { name: 'Acme' }, 'allow'],
    ['a number of the account', { number: '+61255501001' }, 'allow'],
    ['the same without its plus', { number: '61255501001' }, 'allow'],
    ['a number of somebody else', { number: '+61255501002' }, 'caller-id-not-allowed'],
    ['a part of a number', { number: '+6125550100' }, 'caller-id-not-allowed'],
    ['an empty number', { number: '' }, 'caller-id-not-allowed'],
  ] as const) {
    test(`${name}: ${expected}`, () => assert.equal(reasonOf(decideCallerId(shown, account)), expected))
  }
  test("an outside party sees the line's number, else the account's first, else none", () => {
    assert.deepEqual(outsideCallerId(account, { callerId: '+61255501009' }), { number: '+61255501009' })
    assert.deepEqual(outsideCallerId(account, {}), { number: '+61255501000' })
    assert.deepEqual(outsideCallerId({ callerIds: [] }), {})
  })
})

test('a call: the first reason in order, with the part of the request at fault; inside legs are nobody’s business', () => {
  const account = { emergencyCalls: false, callerIds: [] } as unknown as Account
  const ratePlan: RatePlan = { name: 'p', currency: 'AUD', rates: [{ prefix: '+1900', barred: true }] }
  const leg = { target: { kind: 'dial', value: 'x' }, callerId: { number: '+1' } } as const
  const origin = { dialect: 'native', credential: 'crm' }
  const request = { first: leg, second: leg, origin } as unknown as CallRequest
  const pointerOf = (first: PhoneNumber[], second: PhoneNumber[]) => {
    const numbers = { isLine: () => false, canonicalOf: (number: string) => number }
    const [refusal] = decideCall({
      request,
      account,
      ratePlan,
      first: { outside: first, identity: {} },
      second: { outside: second, identity: {} },
      numbers,
    })
    return refusal && `${refusal.code} ${refusal.pointer}`
  }
  assert.equal(pointerOf([], []), undefined)
  assert.equal(pointerOf([], [outside('000', 'plain')]), 'barred /second')
  assert.equal(pointerOf([outside('+19001')], [outside('000', 'plain')]), 'barred /first')
  assert.equal(pointerOf([], [outside('+612')]), 'caller-id-not-allowed /second/callerId')
})
