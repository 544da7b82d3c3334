import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseReplaces, serializeReplaces } from './replaces.ts'

describe('RFC 3891 section 6.1: the Replaces header', () => {
  for (const [text, expected] of [
    ['98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff', ['98732@sip.example.com', 'ff87ff', 'r33th4x0r', false]],
    ['12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only', ['12adf2f34456gs5', '12345', '54321', true]],
    ['87134@192.0.2.23; to-tag=24796 ;from-tag=0', ['87134@192.0.2.23', '24796', '', false]],
    ['a;TO-TAG=b;From-Tag=c', ['a', 'b', 'c', false]],
  ] as const) {
    it(text, () => {
      const [callId, toTag, fromTag, earlyOnly] = expected
      const replaces = parseReplaces(text)
      assert.deepEqual(replaces, { callId, toTag, fromTag, earlyOnly })
      assert.deepEqual(parseReplaces(serializeReplaces(replaces)), replaces)
    })
  }

  for (const text of ['', 'a', 'a;', 'a;to-tag=b', 'a;from-tag=b', ';to-tag=a;from-tag=b', 'a b;to-tag=c;from-tag=d']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseReplaces(text), undefined))
  }

  it('refuses what could make one key of a table out of two', () => {
    assert.equal(parseReplaces('a;to-tag="b c";from-tag=d'), undefined)
    assert.equal(parseReplaces('a;to-tag=;from-tag=d'), undefined)
    assert.equal(parseReplaces('a;to-tag="unfinished;from-tag=d'), undefined)
  })
})
