import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import {
  answer,
  createTestEngine,
  ringing,
  testDescription,
  testTrunk,
  trunkDestination,
  within,
} from '../../../test/support/test-engine.ts'

const carrierHost = '198.51.100.7'

/** A carrier beyond this host, whose SDP names `host` and these ports. */
const described = (host: string, port = 41_000, rtcp = port + 1): string =>
  testDescription(port, '8', [`a=rtcp:${rtcp}`]).replace('c=IN IP4 127.0.0.1', `c=IN IP4 ${host}`)

const dialled = async () => {
  const isOwnPort = ({ host, port }: { host: string; port: number }) => host === '192.0.2.1' && port === 8080
  const { BlockList } = await import('node:net')
  const refusedNetworks = new BlockList()
  refusedNetworks.addSubnet('10.0.0.0', 8)
  const engine = await createTestEngine([], { targets: { isOwnPort, refusedNetworks } })
  const carrier = ringing(new ScriptedPeer(engine.network, 7001, carrierHost))
  const leg = engine.dial({
    destination: trunkDestination(testTrunk(7001, { address: `sip:${carrierHost}:7001` })),
  })
  await engine.clock.advance(10)
  const remotes = () =>
    engine.media.commands.flatMap((command) => (command.op === 'remote' ? [command.media.remote.host] : []))
  return { ...engine, carrier, leg, remotes }
}

const aims = [
  ['our loopback', described('127.0.0.1')],
  ['our loopback, written otherwise', described('127.99.0.1')],
  ['this network', described('0.1.2.3')],
  ['a link-local address', described('169.254.169.254')],
  ['a group', described('224.0.1.75')],
  ['everybody', described('255.255.255.255')],
  ['a reserved address', described('240.1.1.1')],
  ['a network that the configuration refuses', described('10.1.2.3')],
  ['a port of ours', described('192.0.2.1', 8080)],
  ['a port of ours, by RTCP', described('192.0.2.1', 41_000, 8080)],
] as const

describe('SDP that aims our media at somebody who cannot want it', () => {
  for (const [name, body] of aims) {
    test(`${name}: an answer is no media, early or final`, async () => {
      const { carrier, leg, clock, remotes, assertClean } = await dialled()
      carrier.respond(carrier.last('INVITE'), 183, 'Session Progress', { toTag: 'tag-7001', body })
      await clock.advance(10)
      answer(carrier, body)
      await clock.advance(10)
      assert.deepEqual(remotes(), [])
      await assertClean()
      assert.deepEqual(leg.story, ['ringing', 'ended:media-failed'])
    })

    test(`${name}: an offer gets 488, and the call goes on as it was`, async () => {
      const { carrier, leg, clock, remotes, assertClean } = await dialled()
      answer(carrier, described(carrierHost))
      await clock.advance(10)
      within(carrier, 'UPDATE', 1, body)
      await clock.advance(10)
      assert.equal(carrier.received.at(-1)?.status, 488)
      assert.deepEqual(remotes(), [carrierHost])
      leg.handle.hangup('completed')
      await assertClean()
      assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:completed'])
    })
  }

  for (const host of [carrierHost, '203.0.113.9', '192.168.1.20', '0.0.0.0']) {
    test(`${host} is nobody's inner address: taken`, async () => {
      const { carrier, leg, clock, remotes, assertClean } = await dialled()
      answer(carrier, described(host))
      await clock.advance(10)
      assert.deepEqual(remotes(), [host])
      leg.handle.hangup('completed')
      await assertClean()
    })
  }
})
