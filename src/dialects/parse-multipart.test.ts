import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseMultipart } from './parse-multipart.ts'

const part = (disposition: string, value: string): string =>
  `--B\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${value}\r\n`
const parsed = (body: string, contentType = 'multipart/form-data; boundary=B') => parseMultipart(body, contentType)

describe('a multipart form', () => {
  it('gives its fields in order', () =>
    assert.deepEqual(parsed(`${part('name="b"', '1')}${part('name=a', '2\r\n')}--B--\r\n`), [
      ['b', '1'],
      ['a', '2\r\n'],
    ]))
  it('may quote its boundary', () =>
    assert.deepEqual(parsed(`${part('name="a"', '1')}--B--`, 'multipart/form-data; boundary="B"'), [['a', '1']]))
  it('passes over files, preamble and nameless parts', () =>
    assert.deepEqual(parsed(`x\r\n${part('name="f"; filename="a"', '1')}${part('nothing', '2')}--B--`), []))
  it('may have quotes and backslashes in its names', () =>
    assert.deepEqual(parsed(`${part('name="a\\"b"', '1')}${part('name="c\\\\d\\e"', '2')}--B--`), [
      ['a"b', '1'],
      ['c\\d\\e', '2'],
    ]))
  it('without a boundary is none', () => assert.equal(parsed('--B--', 'multipart/form-data'), undefined))
  it('without an end is none', () => assert.equal(parsed(part('name="a"', '1')), undefined))
  it('of 64 KiB of delimiters takes no time', () => assert.deepEqual(parsed(`${'\r\n--B'.repeat(13_000)}--`), []))
})
