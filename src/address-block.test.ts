import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressBlock, networkOf } from './address-block.ts'

for (const [address, block] of [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
  ['2001:0DB8:0:1::', '2001:db8:0:1::/64'],
  ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1::8', '1:0:0:0::/64'],
  // IPv4, seen through a translator or written as IPv6: one subscriber has one address of it, and all would be one block.
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['64:ff9b::192.0.2.33', '192.0.2.33'],
  ['1:2:3::192.0.2.33', '1:2:3:0::/64'],
  ['none', 'none'],
] as const) {
  test(`${address} is counted as ${block}`, () => assert.equal(addressBlock(address), block))
}

for (const [address, network] of [
  ['192.0.2.77', '192.0.2.0/24'],
  ['::ffff:192.0.2.77', '192.0.2.0/24'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['none', 'none'],
] as const) {
  test(`${address} is of the network ${network}`, () => assert.equal(networkOf(address), network))
}
