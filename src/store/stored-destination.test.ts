import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Destination } from '../call/destination.ts'
import { fromDestinationColumn, fromStoredDestination, toStoredDestination } from './stored-destination.ts'

/** Every destination that there is, as rows hold it now, and as older releases held it. */
const cases: readonly (readonly [Destination, stored: object, label: string])[] = [
  [{ kind: 'line', number: '101' }, { line: '101' }, 'line 101'],
  [
    { kind: 'line', number: '102', via: { queue: 'support (day)' } },
    { line: '102', queue: 'support (day)' },
    'line 102 (queue support (day))',
  ],
  [
    { kind: 'line', number: '102', via: { featureCode: '*60' } },
    { line: '102', featureCode: '*60' },
    'line 102 (feature code *60)',
  ],
  [{ kind: 'number', number: '+61412345678' }, { number: '+61412345678' }, '+61412345678'],
  [{ kind: 'number', number: '000' }, { number: '000' }, '000'],
  [
    { kind: 'number', number: '+61412345678', via: { context: 'welcome' } },
    { number: '+61412345678', context: 'welcome' },
    '+61412345678 (context welcome)',
  ],
  [{ kind: 'queue', name: 'support (day)' }, { queue: 'support (day)' }, 'queue support (day)'],
  [{ kind: 'queue', name: 'line 101\n{' }, { queue: 'line 101\n{' }, 'queue line 101\n{'],
  [{ kind: 'context', name: 'welcome' }, { context: 'welcome' }, 'context welcome'],
  [{ kind: 'feature-code', code: '*60' }, { featureCode: '*60' }, 'feature code *60'],
]

for (const [destination, stored, label] of cases) {
  test(`${JSON.stringify(stored)}, once ${JSON.stringify(label)}`, () => {
    assert.deepEqual(toStoredDestination(destination), stored)
    assert.deepEqual(fromStoredDestination(stored), destination)
    assert.deepEqual(fromStoredDestination(label), destination)
    assert.deepEqual(fromDestinationColumn(JSON.stringify(stored)), destination)
    assert.deepEqual(fromDestinationColumn(label), destination)
  })
}
