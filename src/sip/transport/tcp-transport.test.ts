import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MemoryStreams } from '../../../test/support/memory-streams.ts'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { testRequest } from '../../../test/support/transaction-bench.ts'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { silentLog } from '../../log.ts'
import type { SipMessage } from '../message/message.ts'
import type { Source } from './destination.ts'
import type { TcpLimits } from './tcp-transport.ts'
import { TransportLayer } from './transport-layer.ts'

const setUp = async (limits: Partial<TcpLimits> = {}) => {
  const clock = new VirtualClock()
  const sockets = new MemoryStreams()
  const random = createSeededRandom(1)
  const transport = new TransportLayer({ clock, random, log: silentLog, sockets, limits })
  await transport.listen({ protocol: 'tcp', host: '192.0.2.1', port: 5060 })
  const received: { message: SipMessage; source: Source }[] = []
  transport.onMessage = (message, source) => void received.push({ message, source })
  const errors: string[] = []
  const send = (port: number, flow?: string): void => {
    const destination = { protocol: 'tcp', host: '192.0.2.2', port, ...(flow !== undefined && { flow }) } as const
    transport.send(ping(), destination, (error) => void errors.push(error.code))
  }
  return { clock, sockets, transport, received, errors, send }
}

const ping = () => testRequest('OPTIONS', [['Via', 'SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKx']])

const wireMessage = (method = 'OPTIONS', via = 'SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bK1'): string =>
  [
    `${method} sip:a@b SIP/2.0`,
    `Via: ${via}`,
    'From: <sip:a@b>;tag=1',
    'To: <sip:c@d>',
    'Call-ID: x',
    `CSeq: 1 ${method}`,
    'Content-Length: 4',
    '',
    'body',
  ].join('\r\n')

describe('RFC 3261 section 18.3: framing', () => {
  it('an octet at a time gives the same messages as all at once', async () => {
    const { sockets, received } = await setUp()
    const text = wireMessage() + wireMessage('INFO')
    sockets.connect(40_000).push(text)
    const slow = sockets.connect(40_001)
    for (const character of text) slow.push(character)
    assert.deepEqual(
      received.map(({ message, source }) => [message.cseq.method, message.body.toString(), source.port]),
      [
        ['OPTIONS', 'body', 40_000],
        ['INFO', 'body', 40_000],
        ['OPTIONS', 'body', 40_001],
        ['INFO', 'body', 40_001],
      ],
    )
  })

  it('a stream without Content-Length cannot go on, and is closed', async () => {
    const { clock, sockets, transport } = await setUp()
    const stream = sockets.connect(40_000)
    stream.push(wireMessage().replace('Content-Length: 4\r\n', ''))
    await clock.advance(0)
    assert.equal(stream.isDestroyed, true)
    assert.equal(transport.counters().connectionsDropped, 1)
    assert.equal(transport.counters().connections, 0)
    assert.equal(clock.pending, 0)
  })

  it('a message that cannot be read is answered 400, and the stream goes on', async () => {
    const { sockets, transport, received } = await setUp()
    const stream = sockets.connect(40_000)
    stream.push(wireMessage().replace('Call-ID: x\r\n', '') + wireMessage())
    assert.match(stream.written, /^SIP\/2\.0 400 Missing call-id\r\n/)
    assert.equal(received.length, 1)
    assert.equal(transport.counters().malformed, 1)
  })
})

describe('RFC 5626 section 3.5.1: keep-alive', () => {
  it('a double CRLF is answered with one', async () => {
    const { sockets, transport } = await setUp()
    const stream = sockets.connect(40_000)
    stream.push(wireMessage())
    stream.push('\r\n\r\n')
    assert.equal(stream.written, '\r\n')
    stream.push('\r\n')
    stream.push('\r\n\r\n')
    assert.equal(stream.written, '\r\n\r\n')
    assert.ok(transport.counters().keepAlives >= 2)
  })

  it('so is one that arrives in pieces', async () => {
    const { sockets } = await setUp()
    const stream = sockets.connect(40_000)
    stream.push(wireMessage())
    for (const pieces of [['\r\n', '\r\n'], ['\r', '\n\r\n'], ['\r\n\r', '\n'], [...'\r\n\r\n']]) {
      const before = stream.written.length
      for (const piece of pieces) stream.push(piece)
      assert.equal(stream.written.slice(before), '\r\n', JSON.stringify(pieces))
    }
  })
})

describe('RFC 3261 section 18: reuse of connections', () => {
  it('by flow, and by the address of the peer', async () => {
    const { sockets, received, send } = await setUp()
    const stream = sockets.connect(40_000)
    stream.push(wireMessage())
    send(5060, received[0]?.source.flow)
    send(40_000)
    assert.equal(stream.written.match(/OPTIONS sip:bob/g)?.length, 2)
    assert.equal(sockets.opened.length, 0)
  })

  it('one connection for all messages to a destination; another where the flow has gone', async () => {
    const { sockets, send, received } = await setUp()
    send(5060)
    send(5060)
    assert.equal(sockets.opened.length, 1)
    const stream = sockets.connect(40_000)
    stream.push(wireMessage())
    stream.break()
    send(6060, received[0]?.source.flow)
    assert.equal(sockets.opened.length, 2)
    assert.deepEqual(sockets.opened[1]?.remote, { host: '192.0.2.2', port: 6060 })
    assert.equal(sockets.opened[1]?.local.host, '192.0.2.1', 'from the address that we listen at')
  })

  it('a flow is never that of another process', async () => {
    const { sockets, received } = await setUp()
    sockets.connect(40_000).push(wireMessage())
    assert.match(received[0]?.source.flow ?? '', /^tcp:[0-9a-f]{12}:0$/)
  })
})

describe('transport errors', () => {
  it('a connection that cannot be had', async () => {
    const { clock, sockets, errors, send } = await setUp()
    send(5060)
    send(5060)
    sockets.opened[0]?.break(new Error('ECONNREFUSED'))
    await clock.advance(0)
    assert.deepEqual(errors, ['unreachable', 'unreachable'])
    assert.equal(clock.pending, 0)
  })

  it('a connection that nobody accepts', async () => {
    const { clock, sockets, transport, errors, send } = await setUp()
    send(5060)
    await clock.advance(3000)
    send(5060)
    await clock.advance(1000)
    assert.deepEqual(errors, ['timeout', 'timeout'])
    assert.equal(sockets.opened[0]?.isDestroyed, true)
    assert.equal(transport.counters().connections, 0)
  })

  it('a connection that is lost before the peer is heard again', async () => {
    const { clock, sockets, errors, send } = await setUp()
    send(5060)
    const [stream] = sockets.opened
    stream?.handler?.onConnected()
    stream?.push('\r\n')
    send(5060)
    stream?.break(new Error('ECONNRESET'))
    await clock.advance(0)
    assert.deepEqual(errors, ['closed'])
  })

  it('a peer that does not read is cut off', async () => {
    const { clock, sockets, errors, send } = await setUp({ backlogOctets: 1000 })
    send(5060)
    const [stream] = sockets.opened
    assert.ok(stream)
    stream.handler?.onConnected()
    stream.backlog = 1001
    send(5060)
    await clock.advance(0)
    assert.equal(stream.isDestroyed, true)
    assert.deepEqual(errors, ['limit', 'limit'])
  })
})

describe('bounds on connections', () => {
  it('a peer that connects and says nothing, or pings only, is dropped', async () => {
    const { clock, sockets, transport } = await setUp()
    const silent = sockets.connect(40_000)
    const pinging = sockets.connect(40_001)
    await clock.advance(5000)
    pinging.push('\r\n\r\n')
    await clock.advance(4999)
    assert.equal(silent.isDestroyed, false)
    await clock.advance(2)
    assert.deepEqual([silent.isDestroyed, pinging.isDestroyed], [true, true])
    assert.equal(transport.counters().connections, 0)
    assert.equal(clock.pending, 0)
  })

  it('slowloris: a message must be whole in time, however its octets come', async () => {
    const { clock, sockets } = await setUp()
    const stream = sockets.connect(40_000)
    stream.push(wireMessage())
    await clock.advance(50_000)
    for (const character of wireMessage().slice(0, 10)) {
      assert.equal(stream.isDestroyed, false)
      stream.push(character)
      await clock.advance(1000)
    }
    assert.equal(stream.isDestroyed, true)
    assert.equal(clock.pending, 0)
  })

  it('a slow message that is whole in time costs nothing', async () => {
    const { clock, sockets, received } = await setUp()
    const stream = sockets.connect(40_000)
    stream.push(wireMessage().slice(0, 50))
    await clock.advance(9000)
    stream.push(wireMessage().slice(50))
    await clock.advance(50_000)
    assert.equal(received.length, 1)
    assert.equal(stream.isDestroyed, false)
  })

  it('an idle connection is closed; a ping, or a message of ours, keeps it', async () => {
    const { clock, sockets, transport, received, send } = await setUp({ idleMilliseconds: 60_000 })
    const stream = sockets.connect(40_000)
    stream.push(wireMessage())
    transport.hold(received[0]?.source.flow ?? '', true)
    await clock.advance(59_000)
    stream.push('\r\n\r\n')
    await clock.advance(59_000)
    send(5060, received[0]?.source.flow)
    await clock.advance(59_000)
    assert.equal(stream.isDestroyed, false)
    await clock.advance(1001)
    assert.equal(stream.isDestroyed, true)
    assert.equal(clock.pending, 0)
  })

  it('one over which nobody registers goes after a minute without a message, pings or none', async () => {
    const { clock, sockets } = await setUp()
    const stream = sockets.connect(40_000)
    await clock.advance(9000)
    stream.push(wireMessage())
    await clock.advance(30_000)
    stream.push('\r\n\r\n')
    await clock.advance(29_999)
    assert.equal(stream.isDestroyed, false)
    await clock.advance(2)
    assert.equal(stream.isDestroyed, true)
    assert.equal(clock.pending, 0)
  })

  it('a phone keeps its place as long as its registration, and a minute more', async () => {
    const { clock, sockets, transport, received } = await setUp()
    const stream = sockets.connect(40_000)
    stream.push(wireMessage())
    transport.hold(received[0]?.source.flow ?? '', true)
    await clock.advance(3_600_000)
    transport.hold(received[0]?.source.flow ?? '', false)
    await clock.advance(59_999)
    assert.equal(stream.isDestroyed, false)
    await clock.advance(2)
    assert.equal(stream.isDestroyed, true)
    assert.equal(clock.pending, 0)
  })

  it('one that unregisters is a stranger again', async () => {
    const { clock, sockets, transport, received } = await setUp()
    const stream = sockets.connect(40_000)
    stream.push(wireMessage())
    transport.hold(received[0]?.source.flow ?? '', true)
    await clock.advance(600_000)
    transport.hold(received[0]?.source.flow ?? '', false)
    await clock.advance(60_001)
    assert.equal(stream.isDestroyed, true)
  })

  it('strangers of one host push out each other, the oldest first, and nobody else', async () => {
    const { clock, sockets, transport, received } = await setUp({ strangersPerHost: 2 })
    const phone = sockets.connect(1)
    phone.push(wireMessage())
    transport.hold(received[0]?.source.flow ?? '', true)
    const neighbour = sockets.connect(1, '192.0.2.3')
    const [oldest, older, newest] = [2, 3, 4].map((port) => sockets.connect(port))
    await clock.advance(0)
    assert.deepEqual(
      [phone, neighbour, oldest, older, newest].map((stream) => stream?.isDestroyed),
      [false, false, true, false, false],
    )
    assert.equal(transport.counters().connectionsDropped, 1)
  })

  it('IPv6: a host is a /64', async () => {
    const { clock, sockets } = await setUp({ strangersPerHost: 1 })
    const [first, second, other] = ['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:db8:0:1::1'].map((host) =>
      sockets.connect(1, host),
    )
    await clock.advance(0)
    assert.deepEqual([first?.isDestroyed, second?.isDestroyed, other?.isDestroyed], [true, false, false])
  })

  it('a thousand hosts of strangers hold no place that a phone needs, and cannot push one out', async () => {
    const { clock, sockets, transport, received, send, errors } = await setUp({ connections: 6, strangers: 3 })
    const phones = [1, 2].map((port) => sockets.connect(port))
    for (const phone of phones) phone.push(wireMessage())
    for (const { source } of received) transport.hold(source.flow, true)
    const strangers = Array.from({ length: 1000 }, (_, index) =>
      sockets.connect(9, `10.0.${index >> 8}.${index & 255}`),
    )
    await clock.advance(0)
    assert.deepEqual(
      phones.map((phone) => phone.isDestroyed),
      [false, false],
    )
    assert.equal(strangers.filter((stranger) => !stranger.isDestroyed).length, 3)
    const third = sockets.connect(3)
    third.push(wireMessage())
    transport.hold(received.at(-1)?.source.flow ?? '', true)
    for (const port of [5060, 5061, 5062]) send(port)
    await clock.advance(0)
    assert.equal(third.isDestroyed, false)
    assert.deepEqual(errors, [])
    assert.equal(strangers.filter((stranger) => !stranger.isDestroyed).length, 0)
    send(5063)
    await clock.advance(0)
    assert.deepEqual(errors, ['limit'], 'nobody is left who could go')
  })

  it('no more than so many with one host, where all of them are known', async () => {
    const { clock, sockets, transport, received } = await setUp({ connectionsPerHost: 2 })
    const phones = [1, 2].map((port) => sockets.connect(port))
    for (const phone of phones) phone.push(wireMessage())
    for (const { source } of received) transport.hold(source.flow, true)
    assert.equal(sockets.connect(3).isDestroyed, true)
    assert.equal(transport.counters().connectionsRefused, 1)
    phones[0]?.break()
    await clock.advance(0)
    assert.equal(sockets.connect(3).isDestroyed, false)
  })

  it('a stranger that does not read, or sends a message without an end, is cut off early', async () => {
    const { clock, sockets, transport, received } = await setUp({ strangerOctets: 1000 })
    const [deaf, endless, phone] = [1, 2, 3].map((port) => sockets.connect(port))
    deaf?.push(wireMessage())
    if (deaf !== undefined) deaf.backlog = 1001
    deaf?.push('\r\n\r\n')
    endless?.push(`OPTIONS sip:a@b SIP/2.0\r\nSubject: ${'x'.repeat(1000)}`)
    phone?.push(wireMessage())
    transport.hold(received.at(-1)?.source.flow ?? '', true)
    phone?.push(`OPTIONS sip:a@b SIP/2.0\r\nSubject: ${'x'.repeat(1000)}`)
    await clock.advance(0)
    assert.deepEqual(
      [deaf, endless, phone].map((stream) => stream?.isDestroyed),
      [true, true, false],
    )
  })

  it('close leaves nothing behind', async () => {
    const { clock, sockets, transport, errors, send } = await setUp()
    sockets.connect(1)
    send(5060)
    await transport.close()
    await clock.advance(0)
    assert.equal(transport.counters().connections, 0)
    assert.equal(clock.pending, 0)
    send(5060)
    await clock.advance(0)
    assert.deepEqual(errors, ['unreachable', 'closed'])
  })
})
