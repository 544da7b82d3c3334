import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseConfig } from './load-config.ts'
import { readTrunkAddress, unreachableFrom } from './trunk-address.ts'

describe('an address that can be honoured', () => {
  for (const [text, protocol, host] of [
    ['sip:carrier.example', 'udp', 'carrier.example'],
    ['SIP:carrier.example:5080', 'udp', 'carrier.example'],
    ['sip:192.0.2.1:5060;transport=UDP', 'udp', '192.0.2.1'],
    ['sip:[2001:db8::1]:5060;Transport=tcp', 'tcp', '2001:db8::1'],
    ['sip:carrier.example;user=phone', 'udp', 'carrier.example'],
    ['sip:carrier.example;maddr=192.0.2.9;transport=tcp', 'tcp', '192.0.2.9'],
  ] as const) {
    test(text, () => assert.deepEqual(readTrunkAddress(text), { route: { protocol, host } }))
  }
})

describe('one that cannot is refused, with what is wrong', () => {
  for (const [text, expected] of [
    ['sips:carrier.example', /TLS by "sips:"/],
    ['sip:carrier.example;transport=tls', /transport=tls; there are udp and tcp/],
    ['sip:carrier.example;transport=TLS', /transport=tls/],
    ['sip:carrier.example;transport=ws', /transport=ws;/],
    ['sip:carrier.example;transport=wss', /transport=wss/],
    ['sip:carrier.example;transport=sctp', /transport=sctp/],
    ['sip:carrier.example;transport', /asks for transport;/],
    ['sip:carrier.example;transport=udp;transport=tls', /"transport" twice/],
    ['sip:carrier.example;lr', /parameter "lr"/],
    ['sip:carrier.example;ttl=3', /parameter "ttl"/],
    ['sip:carrier.example;method=REGISTER', /parameter "method"/],
    ['sip:carrier.example;ob', /parameter "ob"/],
    ['sip:carrier.example;', /parameter ""/],
    ['sip:carrier.example;user=ip', /user=phone/],
    ['sip:carrier.example;maddr=300.1.1.1', /maddr/],
    ['sip:carrier.example?Subject=x', /headers/],
    ['sip:alice@carrier.example', /user or a password/],
    ['sip:alice:secret@carrier.example', /user or a password/],
    ['sip:300.1.1.1', /must be "sip:"/],
    ['sip:carrier.example:0', /must be "sip:"/],
    ['sip:carrier.example:65536', /must be "sip:"/],
    ['sip:2001:db8::1', /must be "sip:"/],
    ['sip:', /must be "sip:"/],
    ['tel:+61255501000', /must be "sip:"/],
    ['http://carrier.example', /must be "sip:"/],
    ['carrier.example', /must be "sip:"/],
    ['sip:carrier .example', /must be "sip:"/],
  ] as const) {
    test(text, () => {
      const read = readTrunkAddress(text)
      assert.match('fault' in read ? read.fault : 'it is called sound', expected)
      assert.doesNotMatch('fault' in read ? read.fault : '', /secret|alice/)
    })
  }
})

describe('one that no listener leads to', () => {
  for (const [listen, address, expected] of [
    [['udp:127.0.0.1:5060'], 'sip:127.0.0.1:6002', undefined],
    [['udp:127.0.0.1:5060'], 'sip:carrier.example', undefined],
    [['udp:127.0.0.1:5060'], 'sip:192.0.2.1', /loopback addresses only/],
    [['udp:127.0.0.1:5060', 'tcp:192.0.2.7:5060'], 'sip:192.0.2.1', /loopback addresses only/],
    [['udp:127.0.0.1:5060', 'udp:192.0.2.7:5060'], 'sip:192.0.2.1', undefined],
    [['udp:0.0.0.0:5060'], 'sip:192.0.2.1', undefined],
    [['udp:[::]:5060'], 'sip:192.0.2.1', undefined],
    [['udp:0.0.0.0:5060'], 'sip:[2001:db8::1]', /IPv6 address/],
    [['udp:[::1]:5060'], 'sip:[2001:db8::1]', /loopback addresses only/],
    [['udp:[::1]:5060'], 'sip:192.0.2.1', /IPv4 address/],
    [['tcp:0.0.0.0:5060'], 'sip:192.0.2.1', /no udp entry/],
    [['tcp:0.0.0.0:5060'], 'sip:carrier.example', /no udp entry/],
    [['udp:0.0.0.0:5060'], 'sip:192.0.2.1;transport=tcp', undefined],
  ] as const) {
    test(`${listen.join(' ')} and ${address}`, () => {
      const read = readTrunkAddress(address)
      const fault = 'route' in read ? unreachableFrom(listen, read.route) : 'unreadable'
      if (expected === undefined) assert.equal(fault, undefined)
      else assert.match(fault ?? 'it is called sound', expected)
    })
  }
})

test('the configuration is refused with the line of the address', () => {
  const refused = (yaml: string) => {
    try {
      parseConfig(yaml, 'f')
    } catch (error) {
      return (error as Error).message
    }
    return 'it is called sound'
  }
  assert.match(
    refused('trunks:\n  - { name: t, address: "sip:c.example;transport=tls" }'),
    /f:2:25: trunks\[0\]\.address asks for transport=tls/,
  )
  assert.match(
    refused('trunks:\n  - { name: t, address: "sip:192.0.2.1" }'),
    /f:2:25: trunks\[0\]\.address is another machine, but sip\.listen has loopback addresses only/,
  )
})
