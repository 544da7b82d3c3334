import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { httpBuildQuery } from './http-build-query.ts'
import { mergeArrays } from './merge-arrays.ts'
import { parseQuery } from './parse-query.ts'
import type { PhpArray } from './php-array.ts'

const read = (query: string): PhpArray => {
  const input = parseQuery(query)
  return 'fault' in input ? assert.fail(input.fault) : input.values
}

describe('$_REQUEST, as PHP 8.2 was seen to make it', () => {
  const rows: [get: string, post: string, request: string][] = [
    ['a=1', 'b=2', 'a=1&b=2'],
    ['a=1&b=2', 'b=3&a=4', 'a=4&b=3'],
    [
      'data[a]=1&data[b]=2&x=q&z=1&data[l][]=q',
      'x=p&data[b]=3&data[c]=4&y=p&data[l][]=p&z[k]=1',
      'data%5Ba%5D=1&data%5Bb%5D=3&data%5Bl%5D%5B0%5D=p&data%5Bc%5D=4&x=p&z%5Bk%5D=1&y=p',
    ],
    ['z[k]=1&data=1', 'data[b]=3&z=2', 'z=2&data%5Bb%5D=3'],
    ['__proto__[x]=1', '__proto__[y]=2', '__proto__%5Bx%5D=1&__proto__%5By%5D=2'],
  ]
  for (const [get, post, request] of rows) {
    it(`${get} and ${post}`, () => assert.equal(httpBuildQuery(mergeArrays(read(get), read(post))), request))
  }

  it('leaves both as they were', () => {
    const get = read('a[x]=1')
    mergeArrays(get, read('a[y]=2'))
    assert.equal(httpBuildQuery(get), 'a%5Bx%5D=1')
  })
})
