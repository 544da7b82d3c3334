import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { escapeRequestLine } from './escape-request-line.ts'

const escaped = (octets: string): string => escapeRequestLine(Buffer.from(octets, 'latin1')).toString('latin1')

describe('what clients leave unencoded in a request line', () => {
  for (const [sent, read] of [
    ['GET /call?cidname=John Smith HTTP/1.1\r\n', 'GET /call?cidname=John%20Smith HTTP/1.1\r\n'],
    ['GET /call?a=b c  d HTTP/1.0\n', 'GET /call?a=b%20c%20%20d HTTP/1.0\n'],
    ['POST /call?a=M\xc3\xbcller\t HTTP/1.1\r\n', 'POST /call?a=M%C3%BCller%09 HTTP/1.1\r\n'],
    ['GET /call?a=M\xfcller HTTP/1.1\r\n', 'GET /call?a=M%FCller HTTP/1.1\r\n'],
    ['GET /a HTTP/1.1 HTTP/1.1\r\n', 'GET /a%20HTTP/1.1 HTTP/1.1\r\n'],
  ] as const) {
    it(`${JSON.stringify(sent)} is encoded, and nothing behind the line is touched`, () => {
      for (const behind of ['', 'Host: a b c\r\n\r\n\xff \xfe\n']) assert.equal(escaped(sent + behind), read + behind)
    })
  }
  for (const sent of [
    'GET /call?a=%20+b;c=<d>"|^ HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /a b',
    'GET /a b HTTP/1.1',
    'GET /a b HTTP/2.0\r\n\r\n',
    'get /a b HTTP/1.1\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\xfc\x03\n',
    'a b c d\n',
    '\n',
    '',
  ]) {
    it(`${JSON.stringify(sent)} is left to the parser`, () => assert.equal(escaped(sent), sent))
  }
  it('a carriage return or NUL in the target is not smoothed over', () => {
    for (const character of ['\r', '\0']) {
      assert.ok(escaped(`GET /a${character}b c HTTP/1.1\r\n`).includes(character))
    }
  })
})
