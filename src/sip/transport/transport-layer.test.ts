import assert from 'node:assert/strict'
import { BlockList } from 'node:net'
import { describe, it } from 'node:test'
import { MemoryNetwork } from '../../../test/support/memory-network.ts'
import { MemorySockets } from '../../../test/support/memory-sockets.ts'
import { MemoryStreams } from '../../../test/support/memory-streams.ts'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { silentLog } from '../../log.ts'
import type { Destination } from './destination.ts'
import { LocalInterfaces } from './local-interfaces.ts'
import type { Sockets } from './sockets.ts'
import { TransportLayer, type TransportLayerOptions } from './transport-layer.ts'

const setUp = (options: Partial<TransportLayerOptions> = {}) => {
  const clock = new VirtualClock()
  const network = new MemoryNetwork(clock)
  const datagrams = new MemorySockets(network)
  const streams = new MemoryStreams()
  const sockets: Sockets = {
    openDatagram: (local, handler) => datagrams.openDatagram(local, handler),
    listenStream: (local, accept) => streams.listenStream(local, accept),
    connectStream: (remote, localHost, handler) => streams.connectStream(remote, localHost, handler),
  }
  const interfaces = {
    addressTowards: (host: string) => (host.startsWith('10.') ? '10.0.0.5' : '192.0.2.5'),
    has: (host: string) => host === '10.0.0.5' || host === '192.0.2.5' || host === '127.0.0.1',
  }
  const random = createSeededRandom(1)
  const transport = new TransportLayer({ clock, random, log: silentLog, sockets, interfaces, ...options })
  return { clock, network, streams, transport }
}

const udp = (host: string, flow?: string) =>
  ({ protocol: 'udp', host, port: 5060, ...(flow !== undefined && { flow }) }) as const

describe('the address under which a peer reaches us', () => {
  it('is where we listen', async () => {
    const { transport } = setUp()
    await transport.listen({ protocol: 'udp', host: '192.0.2.1', port: 5070 })
    assert.deepEqual(transport.localAddress(udp('198.51.100.1')), { host: '192.0.2.1', port: 5070 })
  })

  it('on a socket bound to all addresses, is that of the interface towards the peer', async () => {
    const { transport } = setUp()
    await transport.listen({ protocol: 'udp', host: '0.0.0.0', port: 5060 })
    assert.equal(transport.localAddress(udp('10.0.0.9')).host, '10.0.0.5')
    assert.equal(transport.localAddress(udp('198.51.100.1')).host, '192.0.2.5')
    assert.equal(transport.localAddress(udp('127.0.0.1')).host, '127.0.0.1')
  })

  it('is what is advertised, but not to loopback', async () => {
    const { transport } = setUp({ advertise: { host: '203.0.113.1' } })
    await transport.listen({ protocol: 'udp', host: '0.0.0.0', port: 5060 })
    assert.deepEqual(transport.localAddress(udp('198.51.100.1')), { host: '203.0.113.1', port: 5060 })
    assert.equal(transport.localAddress(udp('127.0.0.1')).host, '127.0.0.1')
  })

  it('of several ports, is that of the flow, the protocol, and the side of the machine', async () => {
    const { transport } = setUp()
    await transport.listen({ protocol: 'udp', host: '127.0.0.1', port: 5060 })
    await transport.listen({ protocol: 'udp', host: '192.0.2.1', port: 5061 })
    await transport.listen({ protocol: 'tcp', host: '192.0.2.1', port: 5062 })
    await transport.listen({ protocol: 'udp', host: '::1', port: 5063 })
    assert.equal(transport.localAddress(udp('127.0.0.9')).port, 5060)
    assert.equal(transport.localAddress(udp('198.51.100.1')).port, 5061)
    assert.equal(transport.localAddress(udp('198.51.100.1', 'udp:127.0.0.1:5060')).port, 5060)
    assert.equal(transport.localAddress({ ...udp('198.51.100.1'), protocol: 'tcp' }).port, 5062)
    assert.equal(transport.localAddress(udp('::1')).port, 5063)
  })

  it('LocalInterfaces: the address in the peer’s subnet, else the first that is not loopback', () => {
    const info = (address: string, cidr: string, internal = false) =>
      ({ address, cidr, internal, family: address.includes(':') ? 'IPv6' : 'IPv4', netmask: '', mac: '' }) as never
    const interfaces = new LocalInterfaces(new VirtualClock(), () => ({
      lo: [info('127.0.0.1', '127.0.0.1/8', true)],
      eth0: [info('192.0.2.5', '192.0.2.5/24'), info('fe80::1', 'fe80::1/64'), info('2001:db8::5', '2001:db8::5/64')],
      eth1: [info('10.0.0.5', '10.0.0.5/8')],
    }))
    assert.equal(interfaces.addressTowards('10.9.9.9'), '10.0.0.5')
    assert.equal(interfaces.addressTowards('198.51.100.1'), '192.0.2.5')
    assert.equal(interfaces.addressTowards('sip.example.com'), '192.0.2.5')
    assert.equal(interfaces.addressTowards('2001:db8::9'), '2001:db8::5')
    const own = ['127.0.0.1', '127.9.9.9', '::1', '192.0.2.5', 'fe80::1', '10.0.0.5']
    for (const host of own) assert.equal(interfaces.has(host), true, host)
    for (const host of ['192.0.2.6', 'fe80::2', 'sip.example.com']) assert.equal(interfaces.has(host), false, host)
  })
})

describe('a name with addresses of both families', () => {
  const v6 = '2001:db8::7'
  const v4 = '198.51.100.7'
  const dns = { services: async () => [], addresses: async () => [v6, v4] }
  for (const [listening, protocol, expected] of [
    ['0.0.0.0', 'udp', v4],
    ['192.0.2.1', 'udp', v4],
    ['192.0.2.1', 'tcp', v4],
    ['2001:db8::1', 'udp', v6],
    ['::', 'udp', v6],
  ] as const) {
    it(`${protocol} from udp:${listening} goes to ${expected}`, async () => {
      const { transport } = setUp({ dns })
      await transport.listen({ protocol: 'udp', host: listening, port: 5060 })
      const found = await transport.resolve({ protocol, host: 'carrier.example', port: 5060 })
      assert.equal(found.host, expected)
    })
  }
})

describe('an address that a peer said', () => {
  const proven = { protocol: 'udp', host: '198.51.100.1', port: 40_000 } as const
  const refusedNetworks = new BlockList()
  refusedNetworks.addSubnet('10.0.0.0', 8, 'ipv4')
  const resolver = (addresses: Readonly<Record<string, string>>) => ({
    resolve: (destination: Destination) =>
      destination.host in addresses
        ? Promise.resolve({ ...destination, host: addresses[destination.host] as string })
        : destination,
  })
  const open = async (more: Partial<TransportLayerOptions> = {}) => {
    const isOwnPort = ({ port }: { port: number }) => port === 8080
    const test = setUp({ targets: { isOwnPort, refusedNetworks }, ...more })
    await test.transport.listen({ protocol: 'udp', host: '0.0.0.0', port: 5060 })
    return test
  }
  const cases: readonly (readonly [string, number, string])[] = [
    ['198.51.100.1', 5070, '198.51.100.1:5070'],
    ['203.0.113.5', 5060, '203.0.113.5:5060'],
    ['192.0.2.5', 5062, '192.0.2.5:5062'],
    ['127.0.0.1', 6379, '198.51.100.1:40000'],
    ['[::1]', 6379, '198.51.100.1:40000'],
    ['169.254.169.254', 80, '198.51.100.1:40000'],
    ['224.0.1.75', 5060, '198.51.100.1:40000'],
    ['0.0.0.0', 5060, '198.51.100.1:40000'],
    ['10.1.2.3', 5060, '198.51.100.1:40000'],
    ['192.0.2.5', 5060, '198.51.100.1:40000'],
    ['203.0.113.5', 8080, '198.51.100.1:40000'],
    ['inside.example', 5060, '198.51.100.1:40000'],
    ['phone.example', 5060, '203.0.113.7:5060'],
  ]
  /** None to refuse, but none that anything can be sent to from here: a phone's own name for itself, an address without a socket. */
  const unreachable = ['nobody.example', '2001:db8::5', 'six.example']
  for (const [host, port, expected] of cases) {
    it(`${host}:${port}: sent to ${expected}`, async () => {
      const { transport } = await open({
        resolver: resolver({ 'inside.example': '127.0.0.1', 'phone.example': '203.0.113.7' }),
      })
      const chosen = await transport.resolve({ protocol: 'udp', host, port, proven })
      assert.equal(`${chosen.host}:${chosen.port}`, expected)
      assert.equal(chosen.proven, undefined)
      assert.equal(transport.counters().targetsRefused, expected.endsWith(':40000') ? 1 : 0)
    })
  }

  for (const host of unreachable) {
    it(`${host}: sent to where the peer is seen`, async () => {
      const { transport } = await open({
        resolver: {
          resolve: (destination) => {
            if (destination.host === 'nobody.example') return Promise.reject(new Error('the name does not exist'))
            return resolver({ 'six.example': '2001:db8::6' }).resolve(destination)
          },
        },
      })
      const chosen = await transport.resolve({ protocol: 'udp', host, port: 5060, proven })
      assert.deepEqual(chosen, proven)
      assert.equal(transport.counters().targetsRefused, 0)
    })
  }

  it('::1, by a peer that is seen on IPv4 loopback, where we listen by IPv4 alone', async () => {
    const { transport } = await open()
    const seen = { protocol: 'udp', host: '127.0.0.1', port: 6000 } as const
    assert.deepEqual(await transport.resolve({ protocol: 'udp', host: '::1', port: 6001, proven: seen }), seen)
  })

  it('an IPv4 address where we listen at :: is reached by that socket', async () => {
    const test = setUp()
    await test.transport.listen({ protocol: 'udp', host: '::', port: 5060 })
    const said = { protocol: 'udp', host: '203.0.113.7', port: 5060 } as const
    assert.deepEqual(await test.transport.resolve({ ...said, proven }), said)
  })

  it('a name that nobody said stays a failure', async () => {
    const { transport } = await open({
      resolver: { resolve: () => Promise.reject(new Error('the name does not exist')) },
    })
    const named = { protocol: 'udp', host: 'nobody.example', port: 5060 } as const
    await assert.rejects(async () => transport.resolve(named), /does not exist/)
  })

  it('loopback, by a peer that was reached under a name for loopback', async () => {
    const { transport } = await open({ resolver: resolver({ 'carrier.example': '127.0.0.1' }) })
    const named = { protocol: 'udp', host: 'carrier.example', port: 6000 } as const
    const chosen = await transport.resolve({ protocol: 'udp', host: '127.0.0.1', port: 6001, proven: named })
    assert.deepEqual(chosen, { protocol: 'udp', host: '127.0.0.1', port: 6001 })
  })

  it('what the configuration names is nobody’s saying', async () => {
    const { transport } = await open()
    const trunk = { protocol: 'udp', host: '10.1.2.3', port: 5060 } as const
    assert.deepEqual(await transport.resolve(trunk), trunk)
  })

  it('an own port that is advertised is an own port', async () => {
    const { transport } = await open({ advertise: { host: '203.0.113.1', port: 5061 } })
    const chosen = await transport.resolve({ protocol: 'udp', host: '203.0.113.1', port: 5061, proven })
    assert.equal(chosen.host, proven.host)
  })

  it('an own port is one in whatever form the configuration writes its address', async () => {
    const { transport } = setUp()
    await transport.listen({ protocol: 'udp', host: '2001:DB8:0:0::1', port: 5060 })
    const chosen = await transport.resolve({ protocol: 'udp', host: '2001:db8::1', port: 5060, proven })
    assert.equal(chosen.host, proven.host)
  })
})

describe('UDP', () => {
  it('a response goes out by the socket that heard the request', async () => {
    const { clock, network, transport } = setUp()
    await transport.listen({ protocol: 'udp', host: '127.0.0.1', port: 5060 })
    await transport.listen({ protocol: 'udp', host: '127.0.0.1', port: 5061 })
    const peer = { host: '127.0.0.1', port: 6000 }
    transport.onMessage = (_message, { protocol, host, port, flow }) =>
      transport.send(Buffer.from('SIP/2.0 200 OK\r\n\r\n'), { protocol, host, port, flow })
    const text =
      'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n'
    network.send(Buffer.from(text), peer, { host: '127.0.0.1', port: 5061 })
    await clock.advance(5)
    assert.equal(network.sent[1]?.from.port, 5061)
    assert.equal(network.sent[1]?.to.port, peer.port)
  })

  it('keep-alives are counted and not answered; noise is counted and dropped; nothing throws', async () => {
    const { clock, network, transport } = setUp()
    await transport.listen({ protocol: 'udp', host: '127.0.0.1', port: 5060 })
    transport.onMessage = () => {
      throw new Error('mistake')
    }
    const from = { host: '127.0.0.1', port: 6000 }
    const texts = ['\r\n\r\n', '', '\0\0\0\0', 'noise noise', 'OPTIONS sip:a@b SIP/2.0\r\n\r\n']
    for (const text of texts) network.send(Buffer.from(text), from, { host: '127.0.0.1', port: 5060 })
    await clock.advance(5)
    assert.equal(network.sent.length, texts.length)
    const { keepAlives, malformed, malformedAnswered } = transport.counters()
    assert.deepEqual(
      { keepAlives, malformed, malformedAnswered },
      { keepAlives: 3, malformed: 2, malformedAnswered: 0 },
    )
  })

  it('without a port it is an error, told later', async () => {
    const { clock, transport } = setUp()
    const errors: string[] = []
    transport.send(Buffer.from('x'), udp('127.0.0.1'), (error) => void errors.push(error.code))
    assert.deepEqual(errors, [])
    await clock.advance(0)
    assert.deepEqual(errors, ['unsupported'])
  })
})

describe('RFC 3261 section 18.1.1: a connection for large requests', () => {
  it('is not tried where no TCP port is open, the peer has a flow, or the configuration says UDP', async () => {
    const { transport } = setUp()
    await transport.listen({ protocol: 'udp', host: '192.0.2.1', port: 5060 })
    assert.equal(transport.reliableAlternative(udp('198.51.100.1')), undefined)
    await transport.listen({ protocol: 'tcp', host: '192.0.2.1', port: 5060 })
    assert.equal(transport.reliableAlternative(udp('198.51.100.1', 'udp:192.0.2.1:5060')), undefined)
    const other = setUp({ largeRequests: 'udp' }).transport
    await other.listen({ protocol: 'tcp', host: '192.0.2.1', port: 5060 })
    assert.equal(other.reliableAlternative(udp('198.51.100.1')), undefined)
  })

  it('is used where the peer accepts one', async () => {
    const { streams, transport } = setUp()
    await transport.listen({ protocol: 'tcp', host: '192.0.2.1', port: 5060 })
    const alternative = transport.reliableAlternative(udp('198.51.100.1'))
    const again = transport.reliableAlternative(udp('198.51.100.1'))
    assert.equal(streams.opened.length, 1)
    streams.opened[0]?.handler?.onConnected()
    const chosen = await alternative
    assert.equal(chosen?.protocol, 'tcp')
    assert.match(chosen.flow ?? '', /^tcp:/)
    assert.deepEqual(await again, chosen)
  })

  it('is not tried again for ten minutes where it is refused', async () => {
    const { clock, streams, transport } = setUp()
    await transport.listen({ protocol: 'tcp', host: '192.0.2.1', port: 5060 })
    const destination = udp('198.51.100.1')
    const alternative = transport.reliableAlternative(destination)
    streams.opened[0]?.break(new Error('ECONNREFUSED'))
    assert.equal(await alternative, destination)
    assert.equal(transport.reliableAlternative(destination), undefined)
    await clock.advance(600_001)
    assert.notEqual(transport.reliableAlternative(destination), undefined)
  })
})
