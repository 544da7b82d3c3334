import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { LegTarget } from '../call/call-request.ts'
import { mayRingFirst } from './may-ring-first.ts'

const caller = { name: 'web', account: 'acme', accounts: ['acme', 'acme-shop'], permissions: new Set<string>() }
const lines = [
  { account: 'acme', number: '101', fullNumber: '1234101' },
  { account: 'acme', number: '102', fullNumber: '1234102' },
  { account: 'acme-shop', number: '101', fullNumber: '1235101' },
] as const
const directory = {
  line: (account: string, number: string) =>
    lines.find((line) => line.account === account && (line.number === number || line.fullNumber === number)),
  lineOfUser: (account: string, name: string) => (account === 'acme' && name === 'alice' ? lines[0] : undefined),
}

for (const [name, bound, account, kind, value, expected] of [
  ['bound to nothing, a line', undefined, 'acme', 'line', '102', true],
  ['bound to nothing, a number', undefined, 'acme-shop', 'dial', '0412345678', true],
  ['its line', ['101'], 'acme', 'line', '101', true],
  ['its line by the full number', ['101'], 'acme', 'line', '1234101', true],
  ['one of its lines', ['101', '102'], 'acme', 'line', '102', true],
  ['another line', ['101'], 'acme', 'line', '102', false],
  ['a line that does not exist', ['101'], 'acme', 'line', '999', false],
  ['the line of that number in an account below', ['101'], 'acme-shop', 'line', '101', false],
  ['its line, as a phone would dial it', ['101'], 'acme', 'dial', '101', true],
  ['another line, as a phone would dial it', ['101'], 'acme', 'dial', '102', false],
  ['a number', ['101'], 'acme', 'dial', '0412345678', false],
  ['an outside number that is written as its line', ['101'], 'acme', 'number', '101', false],
  ['the user whose line it is', ['101'], 'acme', 'user', 'alice', true],
  ['another user, or nobody', ['101'], 'acme', 'user', 'bob', false],
  ['the user whose line another one is', ['102'], 'acme', 'user', 'alice', false],
  ['a queue', ['101'], 'acme', 'queue', '101', false],
  ['bound to no line at all', [], 'acme', 'line', '101', false],
] as const satisfies readonly [string, readonly string[] | undefined, string, LegTarget['kind'], string, boolean][]) {
  it(`${name}: ${expected}`, () => {
    const who = bound === undefined ? caller : { ...caller, lines: new Set<string>(bound) }
    assert.equal(mayRingFirst(who, { account, first: { target: { kind, value } } }, directory), expected)
  })
}
