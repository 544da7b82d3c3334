import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { type Log, type LogFields, silentLog } from '../log.ts'
import { shareConnections } from './share-connections.ts'

const places = 4

/** Answers `/` at once and everything else never. */
const setUp = async (t: TestContext) => {
  const waiting: ServerResponse[] = []
  const warnings: LogFields[] = []
  const log: Log = { ...silentLog, warn: (fields) => void warnings.push(fields) }
  const server: Server = createServer((request, response) => {
    if (request.url === '/') response.end('here')
    else waiting.push(response)
  })
  shareConnections(server, places, log)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: Socket[] = []
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  /** Opens a connection of a host, sends what is given, and resolves to what comes first: an answer, or the end. */
  const open = async (localAddress: string, sent = ''): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    sockets.push(socket.on('error', () => {}))
    await Promise.all([once(socket, 'connect'), once(server, 'connection')])
    if (sent !== '') socket.write(sent)
    return socket
  }
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`
  const answers = async (socket: Socket): Promise<boolean> => {
    socket.write(get('/'))
    const [first] = await Promise.race([once(socket, 'data'), once(socket, 'close')])
    return String(first).startsWith('HTTP/1.1 200')
  }
  return { server, open, get, answers, waiting, warnings }
}

describe('connections that hosts share', () => {
  it('a stranger who holds all of them keeps nobody out, and the log says so once', async (t) => {
    const { open, answers, warnings } = await setUp(t)
    const held: Socket[] = []
    for (let count = 0; count < places; count++) held.push(await open('127.0.0.2'))
    const closed = once(held[0] as Socket, 'close')
    const newcomer = await open('127.0.0.3')
    assert.equal(await answers(newcomer), true)
    await closed
    assert.equal(await answers(held[1] as Socket), true)
    assert.equal(await answers(await open('127.0.0.4')), true)
    assert.equal(
      held[2]?.destroyed || (await answers(held[2] as Socket)),
      true,
      'the one that was used longest ago went',
    )
    assert.deepEqual(warnings, [{ connections: places, address: '127.0.0.2' }])
  })

  it('a request that is being answered keeps its place; one that never ends does not', async (t) => {
    const { server, open, get, answers, waiting } = await setUp(t)
    const asked = once(server, 'request')
    const patient = await open('127.0.0.2', get('/wait'))
    await asked
    const begun = once(server, 'request')
    const slow = await open('127.0.0.2', 'POST /wait HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nhalf')
    await begun
    const closed = once(slow, 'close')
    const others = [await open('127.0.0.2'), await open('127.0.0.2')]
    assert.equal(await answers(await open('127.0.0.3')), true)
    await closed
    assert.ok(others.every((socket) => !socket.destroyed))
    const told = once(patient, 'data')
    waiting[0]?.end('answered')
    assert.match(String((await told)[0]), /answered/)
  })

  it('where all are being answered, the newcomer is the one that goes', async (t) => {
    const { server, open, get, answers } = await setUp(t)
    for (let count = 0; count < places; count++) {
      const asked = once(server, 'request')
      await open('127.0.0.2', get('/wait'))
      await asked
    }
    assert.equal(await answers(await open('127.0.0.3')), false)
  })
})
