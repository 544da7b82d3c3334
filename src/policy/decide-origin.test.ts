import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseNetwork } from '../directory/network.ts'
import { mayBeUsedFrom } from './decide-origin.ts'

describe('networks', () => {
  const networks = ['192.0.2.0/24', '198.51.100.7', '2001:db8::/32', '203.0.113.128/25']
  for (const [address, expected] of [
    ['192.0.2.1', true],
    ['192.0.3.1', false],
    ['198.51.100.7', true],
    ['198.51.100.8', false],
    ['203.0.113.127', false],
    ['203.0.113.128', true],
    ['::ffff:192.0.2.1', true],
    ['::ffff:192.0.3.1', false],
    ['2001:db8:ffff::1', true],
    ['2001:db9::1', false],
    ['2001:DB8::1', true],
    ['2001:db8::1%eth0', true],
    ['::ffff:c000:201', true],
    ['192.0.2.1:4711', false],
    ['192.0.2.1%eth0', false],
    ['192.0.2.01', false],
    ['[2001:db8::1]', false],
    ['unknown', false],
    ['', false],
  ] as const) {
    test(`${address}: ${expected}`, () =>
      assert.equal(mayBeUsedFrom({ networks }, { address, host: 'any.example' }), expected))
  }
})

describe('host names', () => {
  const hosts = ['voice.example', '[::1]']
  for (const [host, expected] of [
    ['voice.example', true],
    ['VOICE.Example', true],
    ['voice.example.', true],
    ['[::1]', true],
    ['other.example', false],
    ['evil-voice.example', false],
    ['sub.voice.example', false],
    ['', false],
  ] as const) {
    test(`${host || 'none'}: ${expected}`, () =>
      assert.equal(mayBeUsedFrom({ hosts }, { address: '192.0.2.1', host }), expected))
  }
})

test('both must be allowed; what is not named restricts nothing', () => {
  const both = { hosts: ['a.example'], networks: ['192.0.2.0/24'] }
  assert.equal(mayBeUsedFrom(both, { address: '192.0.2.1', host: 'a.example' }), true)
  assert.equal(mayBeUsedFrom(both, { address: '192.0.3.1', host: 'a.example' }), false)
  assert.equal(mayBeUsedFrom(both, { address: '192.0.2.1', host: 'b.example' }), false)
  assert.equal(mayBeUsedFrom({}, { address: 'unknown', host: '' }), true)
})

describe('what is a network', () => {
  for (const text of ['0.0.0.0/0', '::/0', '10.0.0.0/8', '192.0.2.1', '2001:db8::1/128', '::ffff:10.0.0.0/104']) {
    test(text, () => assert.notEqual(parseNetwork(text), undefined))
  }
  for (const text of ['', '/', '10.0.0.0/', '10.0.0.0/33', '::/129', '10.0.0/8', '010.0.0.1', '10.0.0.0/8/8', 'a/8']) {
    test(`not ${text || 'nothing'}`, () => assert.equal(parseNetwork(text), undefined))
  }
  test('not one with a zone', () => assert.equal(parseNetwork('fe80::1%eth0'), undefined))
})
