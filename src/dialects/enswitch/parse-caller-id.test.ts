import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parseCallerId } from './parse-caller-id.ts'

const cases: [string, { name?: string; number: string } | undefined][] = [
  ['0255501000', { number: '0255501000' }],
  ['+61 (2) 5550-1000', { number: '+61255501000' }],
  ['Alice <101>', { name: 'Alice', number: '101' }],
  ['Alice<101>', { name: 'Alice', number: '101' }],
  ['"Alice Smith" <+61255501000>', { name: 'Alice Smith', number: '+61255501000' }],
  ['"A \\"B\\"" <1>', { name: 'A "B"', number: '1' }],
  ['A "B" <1>', { name: 'A "B"', number: '1' }],
  ['" <1>', { name: '"', number: '1' }],
  ['"" <1>', { number: '1' }],
  ['<1>', { number: '1' }],
  ['A <b> <1>', { name: 'A <b>', number: '1' }],
  ['Jürgen 😀 <1>', { name: 'Jürgen 😀', number: '1' }],
  ['*60#', { number: '*60#' }],
  ['Alice', undefined],
  ['Alice 101', undefined],
  ['Alice <>', undefined],
  ['Alice <bob>', undefined],
  ['<1> Alice', undefined],
  ['+', undefined],
  ['1+1', undefined],
  ['9'.repeat(33), undefined],
]
for (const [text, expected] of cases) it(text, () => assert.deepEqual(parseCallerId(text), expected))
