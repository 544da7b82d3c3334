import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { takeCarelessTargets } from './take-careless-targets.ts'

describe('connections of clients that encode nothing', () => {
  const requests: string[] = []
  let server: Server
  let endSilent: () => void
  let port = 0
  before(async () => {
    server = createServer((request, response) => {
      requests.push(request.url ?? '')
      request.resume().on('end', () => response.end('ok'))
    })
    endSilent = takeCarelessTargets(server, 200)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as { port: number }).port
  })
  after(() => server.close())

  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return socket.on('error', () => {}).setEncoding('utf8')
  }
  const urlsOf = async (...pieces: readonly string[]): Promise<readonly string[]> => {
    requests.length = 0
    const socket = await open()
    for (const piece of pieces) {
      socket.write(piece)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await once(socket.resume(), 'close')
    return requests
  }
  /** Also by a reset: it may have been sending. */
  const closed = (socket: Socket) => new Promise((resolve) => socket.resume().once('close', resolve))
  const tail = 'Host: a\r\nConnection: close\r\n\r\n'

  it('the target of the first request is encoded', async () => {
    assert.deepEqual(await urlsOf(`GET /a?b=Zoë Smith <1> HTTP/1.1\r\n${tail}`), ['/a?b=Zo%C3%AB%20Smith%20<1>'])
  })
  it('a request in pieces, bodies and requests behind it arrive as they were sent', async () => {
    const post = ['POST /a HTTP/1.1\r\nHost: a\r\nContent-Len', 'gth: 4\r\n\r\na b', `\nGET /b HTTP/1.1\r\n${tail}`]
    assert.deepEqual(await urlsOf(...post), ['/a', '/b'])
    assert.deepEqual(await urlsOf('G', `ET /c HTTP/1.1\r\n${tail}`), ['/c'])
    assert.deepEqual(await urlsOf('GET /a?b=Zo', 'ë S', 'mith HTTP/1.', `1\r\n${tail}`), ['/a?b=Zo%C3%AB%20Smith'])
  })
  it('the targets of later requests of a connection too, bodies between them as they were sent', async () => {
    const pieces = [
      'GET /a?b=c d HTTP/1.1\r\nHost: a\r\n\r\n',
      'POST /b?c=Zoë Smith HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nGET ',
      '/ a b',
      '\r\n',
      'GET /c?',
      `d=e f HTTP/1.1\r\n${tail}`,
    ]
    assert.deepEqual(await urlsOf(...pieces), ['/a?b=c%20d', '/b?c=Zo%C3%AB%20Smith', '/c?d=e%20f'])
  })
  it('who sends the beginning of a later request and no more is cut off', async () => {
    const socket = await open()
    socket.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(socket, 'data')
    socket.write('GET /b')
    const drip = setInterval(() => socket.write('a'), 20)
    await closed(socket)
    clearInterval(drip)
  })
  it('who says nothing is cut off after a while', async () => {
    const began = performance.now()
    const socket = await open()
    await closed(socket)
    assert.ok(performance.now() - began > 150)
  })
  it('who sends no whole line in that time is cut off too, however busy', async () => {
    const socket = await open()
    const drip = setInterval(() => socket.write('a'), 20)
    await closed(socket)
    clearInterval(drip)
    assert.ok(socket.bytesWritten < 50)
  })
  it('a line without an end is refused', async () => {
    const socket = await open()
    socket.write(`GET /${'a'.repeat(70_000)}`)
    const [answer] = await once(socket, 'data')
    assert.match(String(answer), /^HTTP\/1\.1 431 /)
    socket.destroy()
  })
  it('who goes, or resets, without a word leaves nothing', async () => {
    const [ended, reset, waiting] = [await open(), await open(), await open()]
    ended.end()
    reset.resetAndDestroy()
    await once(ended.resume(), 'close')
    endSilent()
    await once(waiting.resume(), 'close')
    assert.equal(await new Promise((resolve) => server.getConnections((_error, count) => resolve(count))), 0)
  })
})
