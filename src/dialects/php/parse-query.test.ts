import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { textOfBytes } from './byte-string.ts'
import { jsonEncode } from './json-encode.ts'
import { parsePairs, parseQuery } from './parse-query.ts'
import { PhpArray, type PhpValue } from './php-array.ts'

const table = readFileSync(new URL('fixtures/php-tables.txt', import.meta.url), 'utf8')

/** json_encode() with JSON_INVALID_UTF8_SUBSTITUTE, as the table was made. */
function encoded(value: PhpValue): string {
  if (!(value instanceof PhpArray)) return jsonEncode(textOfBytes(String(value)))
  const entries = [...value.entries()]
  if (entries.every(([key], index) => key === String(index)))
    return `[${entries.map(([, inner]) => encoded(inner)).join(',')}]`
  return `{${entries.map(([key, inner]) => `${jsonEncode(textOfBytes(key))}:${encoded(inner)}`).join(',')}}`
}

const parsed = (query: string, separators?: '&' | '&;'): string => {
  const input = parseQuery(query, separators)
  return 'fault' in input ? input.fault : encoded(input.values)
}

describe('a query is read as PHP reads it', () => {
  // Rows of "input, at least one space, JSON" come first, up to the line of ini values.
  const rows = table.slice(0, table.indexOf('\n& 1000')).split('\n')
  for (const row of rows) {
    const [, query = '', expected = ''] = /^(.{26,}?) ([[{].*)$/.exec(row) ?? assert.fail(`unreadable row: ${row}`)
    it(JSON.stringify(query.trimEnd()), () => assert.equal(parsed(query.trimEnd()), expected))
  }
})

describe('an element without a key follows the largest integer so far, be that negative', () => {
  // As PHP 8.2 was seen to answer.
  for (const [query, expected] of [
    ['a[x]=1&a[]=2', '{"a":{"x":"1","0":"2"}}'],
    ['a[-5]=1&a[]=2', '{"a":{"-5":"1","-4":"2"}}'],
    ['a[-5]=1&a[-7]=1&a[]=2', '{"a":{"-5":"1","-7":"1","-4":"2"}}'],
    ['a[-5]=1&a[3]=1&a[]=2', '{"a":{"-5":"1","3":"1","4":"2"}}'],
    ['a[]=1&a[-5]=1&a[]=2', '{"a":{"0":"1","-5":"1","1":"2"}}'],
    ['a[-9223372036854775808]=1&a[]=2', '{"a":{"-9223372036854775808":"1","-9223372036854775807":"2"}}'],
    ['a[9223372036854775807]=1&a[]=2', '{"a":{"9223372036854775807":"1"}}'],
    ['a[9223372036854775808]=1&a[]=2', '{"a":{"9223372036854775808":"1","0":"2"}}'],
  ]) {
    it(query ?? '', () => assert.equal(parsed(query ?? ''), expected))
  }
})

describe('separators', () => {
  it('only & by default', () => assert.equal(parsed('a=1;b=2'), '{"a":"1;b=2"}'))
  it('& and ; mixed where a vendor takes both', () =>
    assert.equal(parsed('a=1;b=2&c=3;;', '&;'), '{"a":"1","b":"2","c":"3"}'))
  it('an encoded ; separates nothing', () => assert.equal(parsed('a=1%3Bb=2', '&;'), '{"a":"1;b=2"}'))
})

describe('pairs that are no longer encoded', () => {
  const pairs = (...list: [string, string][]): string => {
    const input = parsePairs(list)
    return 'fault' in input ? input.fault : encoded(input.values)
  }
  it('nest by their names, and nothing in them is decoded', () =>
    assert.equal(pairs(['a[b]', '1+%41&c=2'], ['a[]', '3']), '{"a":{"b":"1+%41&c=2","0":"3"}}'))
  it('are limited, too', () => assert.equal(pairs(...Array(1001).fill(['a', ''])), 'too-many-parameters'))
})

describe('limits', () => {
  it('1000 parameters are read', () => assert.equal(parseLimits('a[]=1&'.repeat(1000)), 'read'))
  it('1001 parameters are refused', () => assert.equal(parseLimits('a[]=1&'.repeat(1001)), 'too-many-parameters'))
  it('1001 empty separators are no parameters', () => assert.equal(parseLimits('&'.repeat(1001)), 'read'))
  it('64 levels are read', () => assert.equal(parseLimits(`a${'[b]'.repeat(64)}=1`), 'read'))
  it('65 levels are refused', () => assert.equal(parseLimits(`a${'[b]'.repeat(65)}=1`), 'too-deeply-nested'))
  it('64 KiB of brackets do not exhaust the stack', () => assert.equal(parseLimits(`a${'['.repeat(65_000)}`), 'read'))
})

const parseLimits = (query: string): string => {
  const input = parseQuery(query)
  return 'fault' in input ? input.fault : 'read'
}

describe('names that attack', () => {
  it('__proto__ is a key like any other', () => {
    assert.equal(parsed('__proto__[x]=1'), '{"__proto__":{"x":"1"}}')
    assert.equal(({} as Record<string, unknown>)['x'], undefined)
  })
  // As PHP 8.2 was seen to answer.
  for (const [query, expected] of [
    ['..Host-a=1&._Secure-b=2&__Host-c=3', '{"__Host-c":"3"}'],
    ['..Host-a[b]=1&_[Host-x=1', '[]'],
    ['a[__Host-x]=1', '{"a":[]}'],
    ['a[y][__Secure-x]=1', '{"a":{"y":[]}}'],
    ['a[__Host-x][y]=1', '{"a":[]}'],
    ['a[__Host-x=1', '{"a___Host-x":"1"}'],
    ['__Host-a[__Host-x]=1', '{"__Host-a":{"__Host-x":"1"}}'],
    ['__Host-a[__Secure-x]=1', '{"__Host-a":[]}'],
  ]) {
    it(`no key becomes a protected one: ${query}`, () => assert.equal(parsed(query ?? ''), expected))
  }
})
