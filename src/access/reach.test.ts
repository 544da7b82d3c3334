import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import fc from 'fast-check'
import { frontRecords } from '../../test/support/http-front.ts'
import type { Call } from '../call/call.ts'
import type { LegTarget } from '../call/call-request.ts'
import { createDirectory } from '../directory/create-directory.ts'
import { resolveLeg } from '../orchestrator/resolve.ts'
import { isOutside, mayPlace, maySeeCall } from './reach.ts'

const directory = createDirectory({
  ...frontRecords,
  trunks: [{ name: 'carrier', address: 'sip:192.0.2.1', format: 'e164', prefixes: [''], priority: 1 }],
})
const caller = { name: 'web', account: 'acme', accounts: ['acme', 'acme-shop'], sharesName: false }
const boundTo = (lines: readonly string[] | undefined) =>
  lines === undefined ? caller : { ...caller, lines: new Set(lines) }
const to = (kind: LegTarget['kind'], value: string): LegTarget => ({ kind, value })
const number = to('dial', '0412345678')

describe('whom a caller may ring first', () => {
  for (const [name, bound, account, kind, value, expected] of [
    ['bound to nothing, a line', undefined, 'acme', 'line', '102', true],
    ['bound to nothing, a number', undefined, 'acme-shop', 'dial', '0412345678', true],
    ['bound to nothing, for an account of somebody else', undefined, 'other', 'line', '101', false],
    ['its line', ['101'], 'acme', 'line', '101', true],
    ['its line by the full number', ['101'], 'acme', 'line', '1234101', true],
    ['one of its lines', ['101', '102'], 'acme', 'line', '102', true],
    ['another line', ['101'], 'acme', 'line', '102', false],
    ['a line that does not exist', ['101'], 'acme', 'line', '999', false],
    ['the line of that number in an account below', ['201'], 'acme-shop', 'line', '201', false],
    ['its line, as a phone would dial it', ['101'], 'acme', 'dial', '101', true],
    ['another line, as a phone would dial it', ['101'], 'acme', 'dial', '102', false],
    ['a number', ['101'], 'acme', 'dial', '0412345678', false],
    ['an outside number that is written as its line', ['101'], 'acme', 'number', '101', false],
    ['the user whose line it is', ['101'], 'acme', 'user', 'alice@acme', true],
    ['another user, or nobody', ['101'], 'acme', 'user', 'office@acme', false],
    ['the user whose line another one is', ['102'], 'acme', 'user', 'alice', false],
    ['a queue', ['101'], 'acme', 'queue', '101', false],
    ['bound to no line at all', [], 'acme', 'line', '101', false],
  ] as const satisfies readonly [string, readonly string[] | undefined, string, LegTarget['kind'], string, boolean][]) {
    it(`${name}: ${expected}`, () => {
      const request = { account, first: { target: to(kind, value) }, second: { target: number } }
      assert.equal(mayPlace(boundTo(bound), { request }, directory), expected)
    })
  }
})

describe('whom who is bound to line 101 may ring first on behalf of a line', () => {
  for (const [name, line, first, second, expected] of [
    ['the line itself', '101', to('line', '101'), number, true],
    ['a number that is then connected to it', '101', number, to('line', '101'), true],
    ['another line that is then connected to it', '101', to('dial', '102'), to('line', '101'), true],
    ['a number in its place', '101', number, number, true],
    ['a number that is dialled as such', '101', to('number', '101'), number, true],
    ['another line in its place', '101', to('dial', '102'), number, false],
    ['another line in its place, by its full number', '101', to('dial', '1234102'), number, false],
    ['another line in its place, as people write it', '101', to('dial', '1-0 2'), number, false],
    ['a queue in its place', '101', to('dial', '600'), number, false],
    ['a feature code in its place', '101', to('dial', '*60'), number, false],
    ['a queue by its name', '101', to('queue', 'support'), number, false],
    ['another user', '101', to('user', '102'), number, false],
    ['a number in the place of another line', '102', number, number, false],
    ['a number that is then connected to another line', '102', number, to('line', '102'), false],
  ] as const) {
    it(`${name}: ${expected}`, () => {
      const request = { account: 'acme', first: { target: first }, second: { target: second } }
      const placement = { request, onBehalfOf: { account: 'acme', number: line } }
      assert.equal(mayPlace(boundTo(['101']), placement, directory), expected)
    })
  }
})

test('what is taken for a number outside never rings inside, however it is written', () => {
  const written = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'01236*#+-. ()/\u2011\u00a0\u200e１０２'), maxLength: 12 }),
    fc
      .tuple(fc.constantFrom('101', '1234102', '600', '*60', 'support'), fc.array(fc.nat({ max: 7 }), { maxLength: 3 }))
      .map(([text, places]) => places.reduce<string>((now, at) => `${now.slice(0, at)}-${now.slice(at)}`, text)),
  )
  let inside = 0
  fc.assert(
    fc.property(written, (value) => {
      const target = to('dial', value)
      const scope = { directory, account: 'acme', pointer: '/first/target', variables: {} }
      const resolution = resolveLeg({ target }, scope)
      if (!('resolved' in resolution) || resolution.resolved.outside.length > 0) return
      inside++
      assert.ok(!isOutside('acme', target, directory))
    }),
    { numRuns: 500 },
  )
  assert.ok(inside > 20)
})

const callOf = (
  account: string,
  [first, second]: readonly [LegTarget, LegTarget],
  origin: Call['request']['origin'],
): Call => {
  const request = { account, first: { target: first }, second: { target: second }, origin }
  return { account, request, acceptedAt: 1000 } as Call
}

describe('a call, for whom no line binds and for who is bound to line 101', () => {
  const byOther = { dialect: 'native', credential: 'crm' }
  const bySelf = { dialect: 'native', credential: 'web' }
  for (const [name, call, unbound, bound] of [
    ['from the line', callOf('acme', [to('line', '101'), number], byOther), true, true],
    ['from the line by its full number', callOf('acme', [to('line', '1234101'), number], byOther), true, true],
    ['to the line', callOf('acme', [number, to('dial', '101')], byOther), true, true],
    ['from the user whose line it is', callOf('acme', [to('user', 'alice'), number], byOther), true, true],
    ['placed by itself', callOf('acme', [number, number], bySelf), true, true],
    ['of another line', callOf('acme', [to('line', '102'), number], byOther), true, false],
    ['of a queue that has the number of the line', callOf('acme', [to('queue', '101'), number], byOther), true, false],
    ['of a line of an account below', callOf('acme-shop', [to('line', '201'), number], byOther), true, false],
    [
      'placed by one of that name from another account',
      callOf('acme', [number, number], { ...bySelf, account: 'top' }),
      true,
      false,
    ],
    ['of an account of somebody else', callOf('other', [to('line', '101'), number], bySelf), false, false],
  ] as const) {
    it(name, () => {
      assert.equal(maySeeCall(caller, call, directory), unbound)
      assert.equal(maySeeCall(boundTo(['101', '201']), call, directory), bound)
    })
  }
  it('placed by a credential of that name that is no more', () => {
    const call = callOf('acme', [number, number], bySelf)
    assert.equal(maySeeCall({ ...boundTo(['101']), madeAt: 1000 }, call, directory), true)
    assert.equal(maySeeCall({ ...boundTo(['101']), madeAt: 1001 }, call, directory), false)
  })
  it('placed by who has the same name as another credential of the account', () => {
    const call = callOf('acme', [number, number], bySelf)
    assert.equal(maySeeCall({ ...boundTo(['101']), sharesName: true }, call, directory), false)
    assert.equal(maySeeCall({ ...caller, sharesName: true }, call, directory), true)
  })
})
