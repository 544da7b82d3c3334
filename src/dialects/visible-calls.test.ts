import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call } from '../call/call.ts'
import type { LegTarget } from '../call/call-request.ts'
import type { CallFilter, CallService } from '../call/call-service.ts'
import type { Caller } from './dialect.ts'
import { listVisibleCalls, maySeeCall } from './visible-calls.ts'

const caller: Caller = { name: 'desk', account: 'acme', accounts: ['acme', 'shop'], permissions: new Set() }
const line = (account: string, number: string) =>
  ['101', '102'].includes(number.slice(-3)) ? { account, number: number.slice(-3) } : undefined
const directory = { line, lineOfUser: (account: string) => line(account, '101') }

const callOf = (
  account: string,
  [first, second]: readonly [LegTarget, LegTarget],
  origin: Call['request']['origin'],
): Call => ({ account, request: { account, first: { target: first }, second: { target: second }, origin } }) as Call

const number: LegTarget = { kind: 'dial', value: '0412345678' }
const of = (kind: LegTarget['kind'], value: string): LegTarget => ({ kind, value })
const byOther = { dialect: 'native', credential: 'crm' }
const bySelf = { dialect: 'native', credential: 'desk' }

describe('a call, for whom no line binds and for who is bound to line 101', () => {
  for (const [name, call, unbound, bound] of [
    ['from the line', callOf('acme', [of('line', '101'), number], byOther), true, true],
    ['from the line by its full number', callOf('acme', [of('line', '1234101'), number], byOther), true, true],
    ['to the line', callOf('acme', [number, of('dial', '101')], byOther), true, true],
    ['from the user whose line it is', callOf('acme', [of('user', 'alice'), number], byOther), true, true],
    ['placed by itself', callOf('acme', [number, number], bySelf), true, true],
    ['of another line', callOf('acme', [of('line', '102'), number], byOther), true, false],
    ['of a queue that has the number of the line', callOf('acme', [of('queue', '101'), number], byOther), true, false],
    [
      'of the line of that number in an account below',
      callOf('shop', [of('line', '101'), number], byOther),
      true,
      false,
    ],
    [
      'placed by one of that name from another account',
      callOf('acme', [number, number], { ...bySelf, account: 'top' }),
      true,
      false,
    ],
    ['of an account of somebody else', callOf('other', [of('line', '101'), number], bySelf), false, false],
  ] as const) {
    it(name, () => {
      assert.equal(maySeeCall(caller, call, directory), unbound)
      assert.equal(maySeeCall({ ...caller, lines: new Set(['101']) }, call, directory), bound)
    })
  }
})

describe('a list', () => {
  const [own, others] = [callOf('acme', [number, number], bySelf), callOf('acme', [number, number], byOther)]
  const bound = { ...caller, lines: new Set(['101']) }
  const listOf = (pages: readonly (readonly Call[])[]) => {
    const asked: (string | undefined)[] = []
    const calls = {
      async calls(_accounts: readonly string[], { cursor }: CallFilter) {
        asked.push(cursor)
        const next = Number(cursor ?? 0) + 1
        return { calls: pages[next - 1] ?? [], ...(next < pages.length ? { cursor: String(next) } : {}) }
      },
    } as CallService
    return { asked, list: () => listVisibleCalls(bound, ['acme'], { limit: 2 }, { calls, ...directory }) }
  }
  it('goes on to the first page that holds a call', async () => {
    const { list, asked } = listOf([[others, others], [others, own], [own]])
    assert.deepEqual(await list(), { calls: [own], cursor: '2' })
    assert.deepEqual(asked, [undefined, '1'])
  })
  it('ends where there are no more', async () => {
    assert.deepEqual(await listOf([[others], [others]]).list(), { calls: [] })
  })
  it('does not read all of a long history for one request', async () => {
    const { list, asked } = listOf(Array.from({ length: 100 }, () => [others]))
    assert.deepEqual(await list(), { calls: [], cursor: '20' })
    assert.equal(asked.length, 20)
  })
})
