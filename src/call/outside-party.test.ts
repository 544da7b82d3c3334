import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Leg } from './call.ts'
import type { Destination } from './destination.ts'
import { findOutsideParty } from './outside-party.ts'

const line: Destination = { kind: 'line', number: '101' }
const number = (digits: string): Destination => ({ kind: 'number', number: digits })
const leg = (name: Leg['name'], destination: Destination, ...released: readonly Destination[]): Leg => ({
  ...{ name, state: 'ended', destination },
  ...(released.length === 0 ? {} : { released }),
})

for (const [what, first, second, expected] of [
  ['two lines', [line], [line], undefined],
  ['a line and a number', [line], [number('+1')], { leg: 'second', number: '+1' }],
  ['a number and a line', [number('+1')], [line], { leg: 'first', number: '+1' }],
  ['two numbers: who was called', [number('+1')], [number('+2')], { leg: 'second', number: '+2' }],
  ['a number that was let go for a line', [line], [line, number('+1')], { leg: 'second', number: '+1' }],
  ['the one who is there, not who was let go', [number('+1')], [line, number('+2')], { leg: 'first', number: '+1' }],
  ['the last of those let go', [line], [line, number('+1'), line, number('+2')], { leg: 'second', number: '+2' }],
  ['the calling one let go', [line, number('+1')], [line], { leg: 'first', number: '+1' }],
] as const satisfies readonly (readonly [string, readonly Destination[], readonly Destination[], unknown])[]) {
  test(`of a call between ${what}`, () => {
    const [called, ...calledBefore] = second
    const [calling, ...callingBefore] = first
    const legs = { first: leg('first', calling, ...callingBefore), second: leg('second', called, ...calledBefore) }
    assert.deepEqual(findOutsideParty({ legs }), expected)
  })
}
