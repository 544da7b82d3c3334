import assert from 'node:assert/strict'
import { it } from 'node:test'
import { destinationFields } from './destination-fields.ts'

for (const [destination, dtype, dnumber] of [
  ['line 101', 'phone', '101'],
  ['line 102 (queue support (day))', 'phone', '102'],
  ['queue support (day)', 'queue', 'support (day)'],
  ['context welcome', '', 'welcome'],
  ['feature code *60', '', '*60'],
  ['+61412345678', 'external', '+61412345678'],
  ['+61412345678 (context welcome)', 'external', '+61412345678'],
  ['000', 'external', '000'],
] as const) {
  it(destination, () => assert.deepEqual(destinationFields({ destination }), { dtype, dnumber }))
}
