import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { describe, it } from 'node:test'
import { decideTarget, type TargetRefusal, type TargetRules } from './decide-target.ts'

const refusedNetworks = new BlockList()
refusedNetworks.addSubnet('10.0.0.0', 8, 'ipv4')
refusedNetworks.addSubnet('2001:db8:bad::', 48, 'ipv6')

const rules: TargetRules = {
  isOwnPort: ({ host, port }) => (host === '127.0.0.1' || host === '192.0.2.1') && (port === 5060 || port === 8080),
  refusedNetworks,
}

interface Case {
  readonly told: readonly [string, number]
  readonly seenFrom?: readonly [string, number]
  readonly verdict: TargetRefusal | undefined
}

const cases: readonly Case[] = [
  { told: ['198.51.100.7', 5062], seenFrom: ['198.51.100.7', 40_000], verdict: undefined },
  { told: ['203.0.113.9', 5060], seenFrom: ['198.51.100.7', 5060], verdict: undefined },
  { told: ['203.0.113.9', 5060], verdict: undefined },
  { told: ['192.168.1.20', 5060], seenFrom: ['198.51.100.7', 5060], verdict: undefined },
  { told: ['127.0.0.1', 6379], seenFrom: ['198.51.100.7', 5060], verdict: 'loopback' },
  { told: ['127.0.0.1', 6379], verdict: 'loopback' },
  { told: ['127.0.0.1', 5062], seenFrom: ['127.0.0.1', 5070], verdict: undefined },
  { told: ['127.0.0.2', 5062], seenFrom: ['127.0.0.1', 5070], verdict: undefined },
  { told: ['::1', 5062], seenFrom: ['127.0.0.1', 5070], verdict: undefined },
  { told: ['::ffff:127.0.0.1', 6379], seenFrom: ['198.51.100.7', 5060], verdict: 'loopback' },
  { told: ['169.254.169.254', 80], seenFrom: ['198.51.100.7', 5060], verdict: 'link-local' },
  { told: ['169.254.169.254', 80], seenFrom: ['169.254.1.1', 5060], verdict: 'link-local' },
  { told: ['169.254.1.1', 5062], seenFrom: ['169.254.1.1', 5060], verdict: undefined },
  { told: ['fe80::1', 5062], seenFrom: ['fe80::1%eth0', 5060], verdict: undefined },
  { told: ['224.0.1.75', 5060], seenFrom: ['198.51.100.7', 5060], verdict: 'multicast' },
  // No packet comes from there, whatever its header says.
  { told: ['224.0.1.75', 5060], seenFrom: ['224.0.1.75', 5060], verdict: 'multicast' },
  { told: ['255.255.255.255', 5060], seenFrom: ['192.0.2.9', 5060], verdict: 'broadcast' },
  { told: ['0.0.0.0', 5060], seenFrom: ['127.0.0.1', 5070], verdict: 'unspecified' },
  { told: ['240.1.1.1', 5060], seenFrom: ['192.0.2.9', 5060], verdict: 'reserved' },
  { told: ['phone.example', 5060], seenFrom: ['192.0.2.9', 5060], verdict: 'unknown' },
  { told: ['10.1.2.3', 5060], seenFrom: ['198.51.100.7', 5060], verdict: 'refused-network' },
  { told: ['::ffff:10.1.2.3', 5060], seenFrom: ['198.51.100.7', 5060], verdict: 'refused-network' },
  { told: ['10.1.2.3', 5060], seenFrom: ['10.1.2.4', 5060], verdict: 'refused-network' },
  { told: ['10.1.2.3', 5062], seenFrom: ['10.1.2.3', 5060], verdict: undefined },
  { told: ['2001:db8:bad::7', 5060], seenFrom: ['2001:db8::1', 5060], verdict: 'refused-network' },
  { told: ['2001:db8:bad::7', 5060], seenFrom: ['2001:db8:bad:0::7', 5060], verdict: undefined },
  { told: ['127.0.0.1', 5060], seenFrom: ['127.0.0.1', 5070], verdict: 'own-port' },
  { told: ['::ffff:127.0.0.1', 5060], seenFrom: ['127.0.0.1', 5070], verdict: 'own-port' },
  { told: ['192.0.2.1', 8080], seenFrom: ['192.0.2.1', 5070], verdict: 'own-port' },
  // This server calls itself, over a trunk that the configuration names.
  { told: ['127.0.0.1', 5060], seenFrom: ['127.0.0.1', 5060], verdict: undefined },
  { told: ['192.0.2.1', 5062], seenFrom: ['192.0.2.1', 5070], verdict: undefined },
]

describe('an address that a peer told us', () => {
  for (const { told, seenFrom, verdict } of cases) {
    const [host, port] = told
    const from = seenFrom === undefined ? 'somebody unseen' : `${seenFrom[0]}:${seenFrom[1]}`
    it(`${host}:${port}, told from ${from}: ${verdict ?? 'sent to'}`, () => {
      const seen = seenFrom && { host: seenFrom[0], port: seenFrom[1] }
      assert.equal(decideTarget({ host, port }, seen, rules), verdict)
    })
  }
})
