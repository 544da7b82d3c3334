import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AddressClass, classifyAddress, isPrivateAddress, shortestAddress } from './ip-address.ts'

const classes: readonly (readonly [string, AddressClass])[] = [
  ['192.0.2.1', 'ordinary'],
  ['10.0.0.1', 'ordinary'],
  ['192.168.1.255', 'ordinary'],
  ['223.255.255.255', 'ordinary'],
  ['2001:db8::1', 'ordinary'],
  ['fd00::1', 'ordinary'],
  ['fec0::1', 'ordinary'],
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['::', 'unspecified'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['169.254.1.1', 'link-local'],
  ['169.254.169.254', 'link-local'],
  ['169.253.1.1', 'ordinary'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['febf::1', 'link-local'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['ff02::1', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['240.0.0.1', 'reserved'],
  // The same addresses written as IPv6.
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['0:0:0:0:0:ffff:127.0.0.1', 'loopback'],
  ['::127.0.0.1', 'loopback'],
  ['64:ff9b::169.254.169.254', 'link-local'],
  ['2002:7f00:1::', 'loopback'],
  ['2002:e000:1::9', 'multicast'],
  ['::ffff:192.0.2.1', 'ordinary'],
  ['[::1]', 'loopback'],
  // Forms that only a resolver understands are names until it has answered.
  ['127.1', 'unknown'],
  ['0x7f000001', 'unknown'],
  ['localhost', 'unknown'],
  ['', 'unknown'],
]

describe('what an address is', () => {
  for (const [host, expected] of classes) {
    it(`${host || 'nothing'} is ${expected}`, () => assert.equal(classifyAddress(host), expected))
  }
})

describe('a private address', () => {
  for (const [host, expected] of [
    ['10.1.2.3', true],
    ['172.15.0.1', false],
    ['172.16.0.1', true],
    ['172.31.255.255', true],
    ['172.32.0.1', false],
    ['192.168.0.1', true],
    ['100.63.255.255', false],
    ['100.64.0.1', true],
    ['100.128.0.1', false],
    ['127.0.0.1', true],
    ['169.254.1.1', true],
    ['0.0.0.0', true],
    ['198.51.100.7', false],
    ['224.0.0.1', false],
    ['[fd00::1]', true],
    ['fc00::1', true],
    ['fe80::1%eth0', true],
    ['::1', true],
    ['2001:db8::1', false],
    ['::ffff:10.0.0.1', true],
    // Names, whatever they begin with.
    ['fcpbx.example.net', false],
    ['fd-gateway.example.net', false],
    ['10.example.net', false],
    ['fe80.example.net', false],
  ] as const) {
    it(`${host}: ${expected}`, () => assert.equal(isPrivateAddress(host), expected))
  }
})

describe('as sockets write it', () => {
  for (const [host, expected] of [
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::FFFF:C000:0201', '::ffff:192.0.2.1'],
    ['192.0.2.1', '192.0.2.1'],
    ['pbx.example.net', 'pbx.example.net'],
  ] as const) {
    it(`${host} is ${expected}`, () => assert.equal(shortestAddress(host), expected))
  }
})
