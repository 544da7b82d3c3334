import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { testRequest } from '../../../test/support/transaction-bench.ts'
import { systemClock } from '../../clock.ts'
import { silentLog } from '../../log.ts'
import { systemRandom } from '../../random.ts'
import { createResponse } from '../message/create-response.ts'
import { TransactionLayer } from '../transaction/transaction-layer.ts'
import type { ListeningPoint } from './listening-point.ts'
import type { TcpLimits } from './tcp-transport.ts'
import { TransportLayer } from './transport-layer.ts'

const host = '127.0.0.1'
const open: (() => Promise<unknown> | unknown)[] = []

afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

/** A server on both protocols that answers everything with 200. */
const startServer = async (limits: Partial<TcpLimits> = {}) => {
  const transport = new TransportLayer({ clock: systemClock, log: silentLog, limits })
  const udp = await transport.listen({ protocol: 'udp', host, port: 0 })
  const tcp = await transport.listen({ protocol: 'tcp', host, port: 0 })
  const transactions = new TransactionLayer({ transport, clock: systemClock, random: systemRandom, log: silentLog })
  transactions.onRequest = (arrived) =>
    arrived.begin('dialog')?.respond(createResponse(arrived.request, 200, 'OK', { toTag: 'server' }))
  open.push(() => {
    transactions.close()
    return transport.close()
  })
  return { transport, transactions, udp, tcp }
}

let calls = 0

const ask = (transactions: TransactionLayer, point: ListeningPoint, method = 'OPTIONS'): Promise<string> =>
  new Promise((resolve) => {
    const request = testRequest(method)
    request.headers.set('Call-ID', `call-${calls++}`)
    transactions.sendRequest(
      request,
      { protocol: point.protocol, host, port: point.port },
      {
        onResponse: (response) => resolve(String(response.status)),
        onTimeout: () => resolve('timeout'),
        onTransportError: (error) => resolve(error.code),
      },
    )
  })

const connectTo = async (port: number): Promise<Socket> => {
  const socket = connect(port, host)
  socket.on('error', () => {})
  open.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

const receive = async (socket: Socket, until: RegExp): Promise<string> => {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk
    if (until.test(text)) return text
  }
  return text
}

/** Our side of a connection closes a moment after the peer's. */
const released = async (transport: TransportLayer): Promise<void> => {
  for (let tries = 0; tries < 100 && transport.counters().connections > 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.equal(transport.counters().connections, 0)
}

const wireRequest = (branch: string, sentBy = '127.0.0.1:9'): string =>
  [
    'OPTIONS sip:a@b SIP/2.0',
    `Via: SIP/2.0/TCP ${sentBy};branch=${branch};rport`,
    'From: <sip:a@b>;tag=1',
    'To: <sip:c@d>;tag=2',
    'Call-ID: x',
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')

describe('real sockets on loopback', () => {
  it('a request and its response by UDP and by TCP, over one connection', async () => {
    const server = await startServer()
    const client = await startServer()
    assert.equal(await ask(client.transactions, server.udp), '200')
    assert.equal(await ask(client.transactions, server.tcp), '200')
    assert.equal(await ask(client.transactions, server.tcp), '200')
    assert.equal(server.transport.counters().connectionsAccepted, 1)
    assert.equal(client.transport.counters().connectionsOpened, 1)
  })

  it('a port that is taken is refused with its error code', async () => {
    const { transport, udp, tcp } = await startServer()
    await assert.rejects(transport.listen({ protocol: 'udp', host, port: udp.port }), { code: 'EADDRINUSE' })
    await assert.rejects(transport.listen({ protocol: 'tcp', host, port: tcp.port }), { code: 'EADDRINUSE' })
  })

  it('nobody listening is a transport error by TCP', async () => {
    const server = await startServer()
    const client = await startServer()
    await server.transport.close()
    assert.equal(await ask(client.transactions, server.tcp), 'unreachable')
  })

  it('an impossible port is a transport error, and never a throw', async () => {
    const client = await startServer()
    assert.equal(await ask(client.transactions, { protocol: 'tcp', host, port: 70_000 }), 'unreachable')
    assert.equal(await ask(client.transactions, { protocol: 'udp', host, port: 70_000 }), 'unreachable')
  })

  it('what the system refuses to send is a transport error by UDP', async () => {
    const client = await startServer()
    const point: ListeningPoint = { protocol: 'udp', host, port: 0 }
    const errors: string[] = []
    const sent = new Promise<void>((resolve) => {
      client.transport.send(Buffer.alloc(70_000), { ...point, port: 9 }, (error) => {
        errors.push(error.code)
        resolve()
      })
    })
    await sent
    assert.deepEqual(errors, ['unreachable'])
  })

  it('chunked input: two requests cut anywhere, then both responses', async () => {
    const { tcp } = await startServer()
    const socket = await connectTo(tcp.port)
    socket.setNoDelay(true)
    const text = wireRequest('z9hG4bK1') + wireRequest('z9hG4bK2')
    for (let index = 0; index < text.length; index += 97) {
      socket.write(text.slice(index, index + 97))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const answers = await receive(socket, /z9hG4bK2[\s\S]*\r\n\r\n/)
    assert.equal(answers.match(/SIP\/2\.0 200 OK/g)?.length, 2)
    assert.match(answers, new RegExp(`rport=${socket.localPort};received=127\\.0\\.0\\.1`))
  })

  it('RFC 5626 section 3.5.1: ping and pong', async () => {
    const { tcp } = await startServer()
    const socket = await connectTo(tcp.port)
    socket.write('\r\n\r\n')
    assert.equal(await receive(socket, /\r\n/), '\r\n')
  })

  it('half-open: a connection that says nothing is closed, and so is one that stops in the middle', async () => {
    const { transport, tcp } = await startServer({ messageMilliseconds: 60 })
    const silent = await connectTo(tcp.port)
    const half = await connectTo(tcp.port)
    half.write(wireRequest('z9hG4bK1').slice(0, 40))
    silent.resume()
    half.resume()
    await Promise.all([once(silent, 'close'), once(half, 'close')])
    await released(transport)
    assert.equal(transport.counters().connectionsDropped, 2)
  })

  it('half-closed: a peer that ends its side is answered, and let go of', async () => {
    const { transport, tcp } = await startServer()
    const socket = await connectTo(tcp.port)
    socket.end(wireRequest('z9hG4bK1'))
    assert.match(await receive(socket, /never/), /^SIP\/2\.0 200 OK/)
    await released(transport)
  })

  it('RFC 3261 section 18.2.2: where the connection has gone the response goes to the sent-by', async () => {
    const { transactions, tcp } = await startServer()
    const listener = createServer().listen(0, host)
    await once(listener, 'listening')
    open.push(() => listener.close())
    const { port } = listener.address() as { port: number }
    transactions.onRequest = (arrived) => {
      const transaction = arrived.begin('dialog')
      setTimeout(() => transaction?.respond(createResponse(arrived.request, 200, 'OK', { toTag: 'late' })), 50)
    }
    const socket = await connectTo(tcp.port)
    socket.write(wireRequest('z9hG4bK1', `127.0.0.1:${port}`))
    setTimeout(() => socket.resetAndDestroy(), 20)
    const [second] = (await once(listener, 'connection')) as [Socket]
    open.push(() => second.destroy())
    assert.match(await receive(second, /\r\n\r\n/), /^SIP\/2\.0 200 OK/)
  })

  it('a connection that the peer resets fails what was sent over it', async () => {
    const client = await startServer()
    const listener = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.resetAndDestroy())
    }).listen(0, host)
    await once(listener, 'listening')
    open.push(() => listener.close())
    const { port } = listener.address() as { port: number }
    assert.equal(await ask(client.transactions, { protocol: 'tcp', host, port }), 'closed')
  })

  it('UDP: noise, empty datagrams and keep-alives harm nothing', async () => {
    const server = await startServer()
    const client = await startServer()
    const socket = createSocket('udp4')
    open.push(() => socket.close())
    for (const text of [
      '',
      '\r\n\r\n',
      '\0\0\0\0',
      'noise',
      'SIP/2.0 200 OK\r\n\r\n',
      `\u0016\u0003\u0001${'x'.repeat(3000)}`,
    ]) {
      await new Promise((resolve) => socket.send(text, server.udp.port, host, resolve))
    }
    assert.equal(await ask(client.transactions, server.udp), '200')
    assert.equal(server.transport.counters().malformed, 3)
  })
})
