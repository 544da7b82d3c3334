import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CallRequest, LegRequest } from '../call/call-request.ts'
import { createDirectory } from '../directory/create-directory.ts'
import { phoneNumberOf } from '../directory/parse-dialled-number.ts'
import type { AccountRecord, TrunkRecord } from '../directory/records.ts'
import { decideCall } from '../policy/decide-call.ts'
import { outsideCallerId } from '../policy/decide-caller-id.ts'
import { planCall } from './plan-call.ts'

const account: AccountRecord = {
  ...{ id: 1, name: 'acme', country: 'AU', domain: 'cordboard', emergencyCalls: false },
  ...{ queues: [], contexts: [], featureCodes: {}, webhooks: [], roles: [] },
  callerIds: ['+61255501000', '+61255501001'],
  recordGroups: [{ id: 1, name: 'all' }],
  cards: [{ number: '9001', balance: 10 }],
}
const trunk = (name: string): TrunkRecord => ({
  ...{ name, address: `sip:${name}.example`, format: 'e164', prefixes: [''], priority: 1 },
})
const directory = createDirectory({
  accounts: [account],
  lines: [
    { account: 'acme', number: '101', name: 'Alice', ha1: [] },
    { account: 'acme', number: '102', ha1: [] },
  ],
  ...{ credentials: [], trunks: [trunk('one'), trunk('two')], ratePlans: [] },
})

const numbers = {
  isLine: (number: string) => directory.findLine('acme', number) !== undefined,
  canonicalOf: (number: string) => phoneNumberOf(directory.parseNumber('acme', number))?.canonical ?? number,
}

const plan = (more: Partial<CallRequest>) =>
  planCall(
    {
      account: 'acme',
      first: { target: { kind: 'line', value: '101' } },
      second: { target: { kind: 'dial', value: '0412345678' } },
      delaySeconds: 0,
      variables: {},
      origin: { dialect: 'native', credential: 'crm' },
      ...more,
    },
    {
      directory,
      policy: {
        decide: (request, legs) => decideCall({ request, account, ratePlan: undefined, numbers, ...legs }),
        outsideCallerId: () => outsideCallerId(account),
        countedFor: () => [],
      },
      phones: { presence: () => ({ reachable: true, contacts: 1 }) },
      ...{ defaultRingSeconds: 30, memberRingSeconds: 15, longestSeconds: 3600 },
    },
  )
const legsOf = (more: Partial<CallRequest>) => {
  const planned = plan(more)
  if ('refusals' in planned) throw new Error(JSON.stringify(planned.refusals))
  return planned.legs
}
const refusalsOf = (more: Partial<CallRequest>) => {
  const planned = plan(more)
  return 'refusals' in planned ? planned.refusals.map(({ code, pointer }) => `${code} ${pointer}`) : []
}
const outside = (more: Partial<LegRequest>): Partial<CallRequest> => ({
  second: { target: { kind: 'dial', value: '0412345678' }, ...more },
})

describe('who is shown what', () => {
  test('each party the other; an outside number a number of the account', () => {
    const { first, second } = legsOf({})
    assert.deepEqual(first.callerId, { number: '+61412345678' })
    assert.deepEqual(second.outsideCallerId, { number: '+61255501000' })
    assert.deepEqual(legsOf({ second: { target: { kind: 'line', value: '102' } } }).second.callerId, {
      ...{ number: '101', name: 'Alice' },
    })
  })
  test('a name of the request stands beside the number that is shown anyway', () => {
    const first: LegRequest = { target: { kind: 'line', value: '101' }, callerId: { name: 'John' } }
    assert.deepEqual(legsOf({ first }).first.callerId, { name: 'John', number: '+61412345678' })
  })
  for (const number of ['+61255501001', '61255501001', '0255501001', '(02) 5550 1001']) {
    test(`"${number}" is a number of the account, and leaves the house as an international one`, () => {
      assert.deepEqual(legsOf(outside({ callerId: { number } })).second.outsideCallerId, { number: '+61255501001' })
    })
  }
  test("somebody else's number is refused, however it is written", () => {
    for (const number of ['+61255501002', '0255501002', '000', 'anonymous']) {
      assert.deepEqual(refusalsOf(outside({ callerId: { number } })), ['caller-id-not-allowed /second/callerId'])
    }
  })
})

describe('what is dialled', () => {
  const legs = (value: string) => legsOf({ second: { target: { kind: 'dial', value } } }).second.party
  for (const value of ['102', '1 0 2', '\u200e102', '１０２', 'tel:102', '1\u20110\u20112']) {
    test(`${JSON.stringify(value)} is line 102`, () => assert.deepEqual(legs(value), { kind: 'line', number: '102' }))
  }
  for (const value of [
    '0412\u2011345\u2011678',
    '\u202a0412 345 678\u202c',
    'tel:+61-412-345-678',
    'callto:0412345678',
  ]) {
    test(`${JSON.stringify(value)} is +61412345678`, () =>
      assert.deepEqual(legs(value), { kind: 'number', number: '+61412345678' }))
  }
  const faults: readonly (readonly [value: string, fault: string])[] = [
    ['04123', 'too-short'],
    ['041234567', 'too-short'],
    ['5550 1000', 'no-area-code'],
    ['0061255501000', 'wrong-prefix'],
    ['02 5550 1000 x9', 'extension'],
  ]
  for (const [value, fault] of faults) {
    for (const kind of ['dial', 'number'] as const) {
      test(`${kind} ${value}: ${fault}`, () => {
        const planned = plan({ second: { target: { kind, value } } })
        assert.ok('refusals' in planned)
        assert.equal(planned.refusals.length, 1)
        assert.partialDeepStrictEqual(planned.refusals, [
          { code: 'invalid-number', pointer: '/second', numberFault: fault },
        ])
      })
    }
  }
})

describe('a caller id of who is trusted', () => {
  const origin = { dialect: 'native', credential: 'crm', trustsCallerIds: true } as const
  const second = (number: string): LegRequest => ({
    target: { kind: 'dial', value: '0412345678' },
    callerId: { number },
  })
  test("is shown as asked, somebody else's too", () => {
    const shown = legsOf({ second: second('02 5550 9999'), origin }).second.outsideCallerId
    assert.deepEqual(shown, { number: '+61255509999' })
    assert.deepEqual(refusalsOf({ second: second('0255509999') }), ['caller-id-not-allowed /second/callerId'])
  })
  test('is no number that cannot exist', () => {
    assert.deepEqual(refusalsOf({ second: second('041234567'), origin }), ['invalid-number /second/callerId'])
  })
})

describe('a caller id that must be the own one', () => {
  for (const [number, expected] of [
    ['+61255501001', []],
    ['02 5550 1001', []],
    ['102', []],
    ['0412345678', []],
    ['+61412345678', []],
    ['0255501002', ['caller-id-not-allowed /first/callerId']],
    ['0412345679', ['caller-id-not-allowed /first/callerId']],
    ['103', ['caller-id-not-allowed /first/callerId']],
  ] as const) {
    test(`${number} to a line that is connected with 0412345678: ${expected.length === 0 ? 'shown' : 'refused'}`, () => {
      const first: LegRequest = { target: { kind: 'line', value: '101' }, callerId: { number } }
      assert.deepEqual(refusalsOf({ first: { ...first, ownCallerId: true } }), expected)
      assert.deepEqual(refusalsOf({ first }), [], 'otherwise a party inside is shown anything')
    })
  }
})

describe('a phone that names somebody in its place', () => {
  const asked: Partial<CallRequest> = {
    first: { target: { kind: 'line', value: '101' }, autoAnswer: true, callerId: { number: '555' }, ringSeconds: 7 },
    second: { target: { kind: 'line', value: '102' } },
  }
  test('outside, its owner is rung as any outside number is: with a number of the account, and as long', () => {
    const plan = legsOf(asked).first.forward?.('0412345678') ?? assert.fail()
    if ('refusal' in plan) return assert.fail(plan.refusal.message)
    const { party, outsideCallerId, autoAnswer, ringSeconds } = plan
    assert.deepEqual(
      { party, outsideCallerId, autoAnswer, ringSeconds },
      {
        party: { kind: 'number', number: '+61412345678' },
        outsideCallerId: { number: '+61255501000' },
        autoAnswer: false,
        ringSeconds: 7,
      },
    )
    assert.equal(plan.forward, undefined, 'a carrier names nobody')
  })
  test('whom it may not call, it may not be forwarded to', () => {
    for (const [dialled, code] of [
      ['000', 'barred'],
      ['alice', 'invalid-number'],
      ['sip:a@b\r\nX: y', 'invalid-number'],
    ] as const) {
      const plan = legsOf(asked).first.forward?.(dialled)
      assert.equal(plan !== undefined && 'refusal' in plan && plan.refusal.code, code)
    }
  })
  test('nobody else is rung where the client says so', () => {
    assert.equal(legsOf({ ...asked, noForwards: true }).first.forward, undefined)
  })
})

describe('what the request names beside its parties', () => {
  test('a trunk by name, of those that the account may use', () => {
    const { destination } = legsOf(outside({ trunk: 'two' })).second
    assert.deepEqual(destination.kind === 'trunk' && destination.trunks.map(({ name }) => name), ['two'])
    assert.deepEqual(refusalsOf(outside({ trunk: 'three' })), ['trunk-not-found /second/trunk'])
  })
  test('cards and record groups must exist, and everything that is wrong is told at once', () => {
    assert.deepEqual(refusalsOf({ card: '9001' }), [])
    assert.deepEqual(refusalsOf({ card: '9002', recordGroup: 7, first: { target: { kind: 'line', value: '999' } } }), [
      'line-not-found /first',
      'card-not-found /card',
      'record-group-not-found /recordGroup',
    ])
  })
  test('what is asked for in so many words and cannot be done is refused; a default is not', () => {
    const asked = outside({ screen: 'required', warnBeforeCutOff: 'required' })
    assert.deepEqual(refusalsOf({ ...asked, recordGroup: 1 }), [
      ...['not-supported /recordGroup', 'not-supported /second/screen', 'not-supported /second/warnBeforeCutOff'],
    ])
    assert.deepEqual(refusalsOf(outside({ screen: 'preferred', warnBeforeCutOff: 'preferred' })), [])
  })
})
