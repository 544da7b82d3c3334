import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork, recordInvite, testInvite } from '../../../test/support/test-agent.ts'

const carrierHost = '198.51.100.7'

const tricks: readonly (readonly [string, { readonly contact?: string; readonly headers?: readonly string[] }])[] = [
  ['a Contact on our loopback', { contact: '<sip:x@127.0.0.1:6379>' }],
  ['a Contact on our loopback, as IPv6', { contact: '<sip:x@[::ffff:127.0.0.1]:6379>' }],
  ['a Contact with a maddr on our loopback', { contact: `<sip:x@${carrierHost}:6000;maddr=127.0.0.1>` }],
  ['a link-local Contact', { contact: '<sip:x@169.254.169.254:80>' }],
  ['a multicast Contact', { contact: '<sip:x@224.0.1.75>' }],
  ['our own port as the Contact', { contact: '<sip:x@127.0.0.1:5060>' }],
  ['a Record-Route on our loopback', { headers: ['Record-Route: <sip:127.0.0.1:6379;lr>'] }],
  ['a strict Record-Route on our loopback', { headers: ['Record-Route: <sip:127.0.0.1:6379>'] }],
  ['a Record-Route that is broadcast', { headers: ['Record-Route: <sip:255.255.255.255;lr>'] }],
]

describe('a carrier that aims our requests elsewhere', () => {
  for (const [name, parts] of tricks) {
    it(`${name}: ACK and BYE go to where it is`, async () => {
      const test = createTestNetwork()
      const { agent } = await test.createAgent(5060)
      const carrier = new ScriptedPeer(test.network, 6000, carrierHost)
      carrier.onMessage = (message) => {
        if (message.method === 'BYE') carrier.respond(message, 200, 'OK')
      }
      const record = recordInvite()
      const destination = { protocol: 'udp', host: carrierHost, port: 6000 } as const
      const invite = agent.invite(testInvite(6000, { uri: `sip:bob@${carrierHost}:6000`, destination }), record.handler)
      await test.clock.advance(10)
      carrier.respond(carrier.last('INVITE'), 200, 'OK', { toTag: 'a', ...parts })
      await test.clock.advance(10)
      invite.acknowledge(record.dialog)
      await test.clock.advance(10)
      void invite.bye()
      await test.clock.advance(10)
      const ours = test.network.sent.filter(({ from }) => from.port === 5060)
      assert.deepEqual(new Set(ours.map(({ to }) => `${to.host}:${to.port}`)), new Set([`${carrierHost}:6000`]))
      assert.deepEqual(carrier.heard, ['INVITE', 'ACK', 'BYE'])
      await test.assertClean()
    })
  }

  // RFC 3261 section 26.2.2 and RFC 5630: neither address may be sent to in the clear.
  for (const [name, parts] of [
    ['a sips Contact', { contact: `<sips:x@${carrierHost}:5061>` }],
    ['a sips Contact of another host', { contact: '<sips:x@203.0.113.9>' }],
    ['a Contact over TLS', { contact: `<sip:x@${carrierHost}:5061;transport=tls>` }],
    ['a Contact over TLS, in capitals', { contact: '<sip:x@203.0.113.9;transport=TLS>' }],
    ['a Contact over WebSocket', { contact: '<sip:x@192.0.2.9;transport=ws>' }],
    ['a sips Record-Route', { headers: ['Record-Route: <sips:203.0.113.9;lr>'] }],
    ['a Record-Route over TLS', { headers: ['Record-Route: <sip:203.0.113.9:5061;transport=tls;lr>'] }],
    ['a strict Record-Route over SCTP', { headers: ['Record-Route: <sip:203.0.113.9;transport=sctp>'] }],
  ] as const) {
    it(`${name}: the call goes on the way that the carrier was reached`, async () => {
      const test = createTestNetwork()
      const { agent } = await test.createAgent(5060)
      const carrier = new ScriptedPeer(test.network, 6000, carrierHost)
      carrier.onMessage = (message) => {
        if (message.method === 'BYE') carrier.respond(message, 200, 'OK')
      }
      const record = recordInvite()
      const destination = { protocol: 'udp', host: carrierHost, port: 6000 } as const
      const invite = agent.invite(testInvite(6000, { uri: `sip:bob@${carrierHost}:6000`, destination }), record.handler)
      await test.clock.advance(10)
      carrier.respond(carrier.last('INVITE'), 200, 'OK', { toTag: 'a', ...parts })
      await test.clock.advance(10)
      invite.acknowledge(record.dialog)
      void invite.bye()
      await test.clock.advance(10)
      const ours = test.network.sent.filter(({ from }) => from.port === 5060)
      assert.deepEqual(new Set(ours.map(({ to }) => `${to.host}:${to.port}`)), new Set([`${carrierHost}:6000`]))
      assert.deepEqual(carrier.heard, ['INVITE', 'ACK', 'BYE'])
      await test.assertClean()
    })
  }

  it('a caller’s Contact: our BYE goes to where its INVITE came from', async () => {
    const test = createTestNetwork()
    const { agent } = await test.createAgent(5060)
    const caller = new ScriptedPeer(test.network, 6000, carrierHost)
    caller.onMessage = (message) => {
      if (message.method === 'BYE') caller.respond(message, 200, 'OK')
    }
    agent.onInvite = (invite) => invite.accept({ type: 'application/sdp', content: 'answer' }, [], {})
    caller.request(
      'INVITE sip:alice@127.0.0.1:5060',
      [
        'From: <sip:x@example.com>;tag=x',
        'To: <sip:alice@example.com>',
        'Call-ID: c',
        'CSeq: 1 INVITE',
        'Contact: <sip:x@127.0.0.1:6379>',
        'Record-Route: <sip:127.0.0.1:8080;lr>',
      ],
      { host: '127.0.0.1', port: 5060 },
      'offer',
    )
    // Nobody acknowledges the 200: the session ends by BYE.
    await test.clock.advance(40_000)
    const targets = test.network.sent.filter(({ from }) => from.port === 5060).map(({ to }) => to.host)
    assert.deepEqual(new Set(targets), new Set([carrierHost]))
    assert.ok(caller.heard.includes('BYE'))
    await test.assertClean()
  })
})
