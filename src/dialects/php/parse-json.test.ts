import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bytesOfText } from './byte-string.ts'
import { parseJson } from './parse-json.ts'
import { PhpArray, type PhpValue } from './php-array.ts'

const fault = (text: string): string => {
  const input = parseJson(bytesOfText(text))
  return 'fault' in input ? input.fault : 'read'
}

const member = (text: string, key: string): PhpValue | undefined => {
  const input = parseJson(bytesOfText(text))
  return 'fault' in input ? assert.fail(input.fault) : input.values.get(key)
}

describe('what json_decode() refuses', () => {
  const malformed = [
    '',
    ' ',
    '1',
    '"a"',
    '{',
    '[1,]',
    '{"a":1,}',
    '[01]',
    '[1.]',
    '[.5]',
    '[+1]',
    '[TRUE]',
    '{a:1}',
    "['a']",
  ]
  malformed.push(
    '[1] 2',
    '["\u0001"]',
    '["\\x"]',
    '["\\ud800"]',
    '["\\udc00"]',
    '["\\ud800\\u0041"]',
    '\ufeff[]',
    '[1]\0',
  )
  for (const text of malformed) it(JSON.stringify(text), () => assert.equal(fault(text), 'malformed'))

  it('octets that are no UTF-8', () => assert.deepEqual(parseJson('["\xff"]'), { fault: 'malformed' }))
})

describe('values', () => {
  it('64-bit integers are lossless', () => assert.equal(member('{"a":9223372036854775807}', 'a'), 9223372036854775807n))
  it('larger ones are floats', () => assert.equal(member('{"a":9223372036854775808}', 'a'), 2 ** 63))
  it('1.0 is a float', () => assert.equal(member('{"a":1.0}', 'a'), 1))
  it('strings are the octets of their UTF-8', () =>
    assert.equal(member('{"a":"\\u20ac€"}', 'a'), '\xe2\x82\xac'.repeat(2)))
  it('a pair of surrogates is one character', () =>
    assert.equal(member('{"a":"\\ud83d\\ude00"}', 'a'), '\xf0\x9f\x98\x80'))
  it('of a name that comes twice, the last value in the first place', () => {
    const input = parseJson('{"a":1,"b":2,"a":3}')
    assert.ok('values' in input)
    assert.deepEqual(
      [...input.values.entries()],
      [
        ['a', 3n],
        ['b', 2n],
      ],
    )
  })
  it('__proto__ is a name like any other', () =>
    assert.ok(member('{"__proto__":{"x":1}}', '__proto__') instanceof PhpArray))
})

describe('limits', () => {
  it('64 levels are read', () => assert.equal(fault('['.repeat(64) + ']'.repeat(64)), 'read'))
  it('65 levels are refused', () => assert.equal(fault('['.repeat(65) + ']'.repeat(65)), 'too-deeply-nested'))
  it('64 KiB of brackets do not exhaust the stack', () => assert.equal(fault('['.repeat(65_536)), 'too-deeply-nested'))
  it('1000 values are read', () => assert.equal(fault(`[${'1,'.repeat(999)}1]`), 'read'))
  it('1001 values are refused', () => assert.equal(fault(`[${'1,'.repeat(1000)}1]`), 'too-many-parameters'))
})
