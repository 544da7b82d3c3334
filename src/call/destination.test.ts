import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Destination, memberOf, nameOfDestination, renderDestination } from './destination.ts'

const line = { kind: 'line', number: '102' } as const
const cases: readonly (readonly [Destination, text: string, name: string])[] = [
  [line, 'line 102', '102'],
  [{ ...line, via: { queue: 'support (day)' } }, 'line 102 (queue support (day))', '102'],
  [{ kind: 'number', number: '+61412345678' }, '+61412345678', '+61412345678'],
  [{ kind: 'number', number: '000', via: { context: 'welcome' } }, '000 (context welcome)', '000'],
  [{ kind: 'number', number: '000', via: { featureCode: '*60' } }, '000 (feature code *60)', '000'],
  [{ kind: 'queue', name: 'support' }, 'queue support', 'support'],
  [{ kind: 'context', name: 'welcome' }, 'context welcome', 'welcome'],
  [{ kind: 'feature-code', code: '*60' }, 'feature code *60', '*60'],
]

for (const [destination, text, name] of cases) {
  test(`${text}, of which ${name} is the name`, () => {
    assert.equal(renderDestination(destination), text)
    assert.equal(nameOfDestination(destination), name)
  })
}

test('who answered for a group was reached through it', () => {
  assert.deepEqual(memberOf(line, { kind: 'queue', name: 'support' }), { ...line, via: { queue: 'support' } })
  assert.deepEqual(memberOf(line, { kind: 'context', name: 'welcome' }), { ...line, via: { context: 'welcome' } })
  assert.deepEqual(memberOf(line, { kind: 'feature-code', code: '*60' }), { ...line, via: { featureCode: '*60' } })
  assert.deepEqual(memberOf(line, { kind: 'line', number: '600' }), line)
})
