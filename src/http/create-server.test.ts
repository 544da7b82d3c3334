import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { cpuMilliseconds } from '../../test/support/cpu-milliseconds.ts'
import {
  createHttpFront,
  type HttpFront,
  halfClosedMilliseconds,
  keys,
  userPassword,
} from '../../test/support/http-front.ts'
import { hideSecrets } from './hide-secrets.ts'
import { rewriteUrl } from './rewrite-url.ts'

describe('the path as the client meant it', () => {
  const cases = [
    ['/', '/'],
    ['/calls/initiate/', '/calls/initiate'],
    ['//calls///initiate//?a=//b/', '/calls/initiate?a=//b/'],
    ['/a?x=http://y/', '/a?x=http://y/'],
    ['http://host:80/calls/initiate/?a=1', '/calls/initiate?a=1'],
    ['http://host', '/'],
    ['/calls/%zz', '/calls/%25zz'],
    ['/calls/%ff', '/calls/%25ff'],
    ['/calls/%41', '/calls/%41'],
  ] as const
  for (const [sent, meant] of cases) it(sent, () => assert.equal(rewriteUrl(sent), meant))
})

describe('no credential in a log', () => {
  const urls = [
    '/a?key=S',
    '/a?b=1&key=S&c=2',
    '/a?%6bey=S',
    '/a;auth_password=S',
    '/key=S/x',
    '/a?data[key]=S',
    '/a?u=%2Fb%3Fkey%3DS',
    '/a?auth_password=a/S',
    '/a?auth_password=a?b=S;c=1',
    '/a?auth_password=S=#S',
    '/a?b=1#key=S',
    '/a?auth_password=a;S',
    '/a?auth_password=a&S;S&b=1',
    '/a?key%3DS',
    '/a?origin%3d1%26key%3dS',
    '/a?pwd=S',
  ]
  for (const url of urls) it(url, () => assert.doesNotMatch(hideSecrets(url), /S/))
  it('what is no credential stays', () =>
    assert.equal(hideSecrets('/a?origin=101&destination=1'), '/a?origin=101&destination=1'))
  it('what is none stands after one that is, too', () =>
    assert.equal(hideSecrets('/a?key=S&origin=101;destination=1'), '/a?key=***&origin=101;destination=1'))
  for (const [name, part] of Object.entries({
    separators: '&',
    encoded: '%26',
    values: 'a=',
    values2: 'a%3d',
    names: 'a',
  })) {
    it(`64 KB of ${name} take no time`, () => {
      const began = cpuMilliseconds()
      hideSecrets(`/?${part.repeat(65_536 / part.length)}`)
      hideSecrets(`/?a=${part.repeat(65_536 / part.length)}`)
      assert.ok(cpuMilliseconds() - began < 1000)
    })
  }
  it('no control characters', () => assert.equal(hideSecrets('/a\r\nb'), '/a??b'))
})

describe('on a real socket', () => {
  let front: HttpFront
  let port: number
  before(async () => {
    front = await createHttpFront()
    await front.app.listen({ host: '127.0.0.1', port: 0 })
    port = (front.app.server.address() as { port: number }).port
  })
  after(() => front.app.close())

  it('healthz, readyz, metrics', async () => {
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
    assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
    assert.match(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(), /cordboard_http_request_seconds_count/)
  })
  for (const [name, status, sent] of [
    ['garbage', '400 Bad Request', '\x16\x03\x01garbage\r\n\r\n'],
    ['a line that never ends', '431 Request Header Fields Too Large', `GET /${'a'.repeat(65_536)}`],
    [
      'a header of 64 KiB',
      '431 Request Header Fields Too Large',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(65_536)}\r\n\r\n`,
    ],
    ['two lengths', '400 Bad Request', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na'],
    [
      'a length and chunks',
      '400 Bad Request',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a control character in a field', '400 Bad Request', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n'],
  ] as const) {
    it(`${name} gets ${status} as JSON, and the socket is closed`, async () => {
      const [head = '', body = ''] = (await exchange(port, sent)).split('\r\n\r\n')
      assert.deepEqual(head.split('\r\n'), [
        `HTTP/1.1 ${status}`,
        'Content-Type: application/problem+json',
        `Content-Length: ${body.length}`,
        'Connection: close',
      ])
      assert.deepEqual(JSON.parse(body), {
        type: '/problems/malformed-request',
        title: 'The request cannot be read',
        status: Number(status.slice(0, 3)),
      })
    })
  }
  it('is refused once, however many pieces come behind it: Node tells of each', async () => {
    const { server } = front.app
    server.once('clientError', (error, socket) => {
      for (let piece = 0; piece < 20; piece++) server.emit('clientError', error, socket)
    })
    const before = front.log.length
    const received = await exchange(port, 'GET /v1/calls HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n')
    assert.match(received, /^HTTP\/1\.1 400 /)
    assert.match(received, /"status":400[^{}]*\}$/)
    assert.equal(front.log.length - before, 1)
  })
  for (const [path, status, body] of [
    ['/calls/initiate', 400, /^\{"status":0,"request":"calls..initiate","error":"VALIDATION"/],
    ['/calls/other', 400, /^\{"status":0,"request":"calls..other","error":"VALIDATION"/],
    ['/api/json//calls/make/', 200, /^\{"responses":\[\{"code":"400"/],
    ['/local/api/json/calls/make', 200, /^\{"responses":\[\{"code":"400"/],
    ['/api/originate-call', 400, /^\{"has_error":true,"messages":\["Invalid request/],
    ['/api/0.9.3/call', 200, /^ERR:Invalid request$/],
    ['/v1/calls', 400, /^\{"type":"\/problems\/malformed-request"/],
  ] as const) {
    for (const [what, sent] of [
      ['an unknown verb', `FOO ${path}?a=b HTTP/1.1\r\nHost: a\r\n\r\n`],
      ['a URL of 50 kB', `GET ${path}?a=${'b'.repeat(50_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
      [
        'a length and chunks',
        `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      ],
      ['no Host', `GET ${path}?a=b HTTP/1.1\r\nConnection: close\r\n\r\n`],
      ['a field without a colon', `GET ${path} HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n`],
    ] as const) {
      it(`${what} for ${path} is refused in the shape of its dialect, and the socket is closed`, async () => {
        const [head = '', answer = ''] = (await exchange(port, sent)).split('\r\n\r\n')
        assert.equal(Number(head.slice(9, 12)), status)
        assert.match(answer, body)
        assert.match(head, /\r\nConnection: close$/)
        assert.doesNotMatch(head, /unreadable/i)
      })
    }
  }
  describe('the host that is asked for', () => {
    const initiate = `/calls/initiate?key=${keys.all}&origin=101&destination=1`
    for (const [name, expected, head] of [
      ['a name', 200, `GET ${initiate} HTTP/1.1\r\nHost: Voice.Example.:8080`],
      ['an address', 200, `GET ${initiate} HTTP/1.1\r\nHost: [::1]:80`],
      ['nothing', 200, `GET ${initiate} HTTP/1.1\r\nHost:`],
      ['none, in HTTP/1.0', 200, `GET ${initiate} HTTP/1.0`],
      ['none', 400, `GET ${initiate} HTTP/1.1`],
      ['none but in the URL', 400, `GET http://a${initiate} HTTP/1.1\r\nX: y`],
      ['two', 400, `GET ${initiate} HTTP/1.1\r\nHost: a\r\nHost: b`],
      ['a list', 400, `GET ${initiate} HTTP/1.1\r\nHost: a, b`],
      ['a path', 400, `GET ${initiate} HTTP/1.1\r\nHost: a/b`],
      ['a user', 400, `GET ${initiate} HTTP/1.1\r\nHost: me@a`],
      ['that of an absolute URL', 200, `GET http://a:80${initiate} HTTP/1.1\r\nHost: b`],
      ['a user in an absolute URL', 400, `GET http://me@a${initiate} HTTP/1.1\r\nHost: b`],
    ] as const) {
      it(`${name}: ${expected}`, async () => {
        const answer = await exchange(port, `${head}\r\nConnection: close\r\n\r\n`)
        assert.equal(Number(answer.slice(9, 12)), expected, answer)
      })
    }
  })
  for (const [name, path, sent, answer] of [
    ['parameters in the body of a GET', '/calls/initiate', 'GET', /"callstatus":"queued"/],
    ['an expectation that nobody knows', '/calls/initiate', 'POST Expect: 200-ok', /"callstatus":"queued"/],
    ['a compressed body', '/calls/initiate', 'POST Content-Encoding: gzip', /"error":"VALIDATION"/],
    ['a compressed body', '/api/json/calls/make', 'POST Content-Encoding: gzip', /"code":"400"/],
    ['a compressed body', '/api/originate-call', 'POST Content-Encoding: gzip', /"has_error":true/],
    ['a compressed body', '/api/0.9.3/call', 'POST Content-Encoding: br', /^ERR:Invalid request$/],
    ['a compressed body', '/v1/calls', 'POST Content-Encoding: br', /unsupported-media-type/],
  ] as const) {
    it(`${name}: ${path}`, async () => {
      const [, method, field] = /^(\w+) ?(.*)$/.exec(sent) ?? []
      const body = `key=${keys.all}&origin=101&destination=1`
      const fields = `Host: a\r\n${field || 'X: y'}\r\nConnection: close\r\nContent-Length: ${body.length}`
      const received = await exchange(port, `${method} ${path} HTTP/1.1\r\n${fields}\r\n\r\n${body}`)
      assert.match(received.split('\r\n\r\n')[1] ?? '', answer)
    })
  }
  for (const [path, status, shape] of [
    ['/calls/initiate', '404 Not Found', /^\{"status":0,"request":/],
    ['/api/json/calls/make', '200 OK', /^\{"responses":\[\{"code":"405"/],
    ['/api/originate-call', '405 Method Not Allowed', /^\{"has_error":true,/],
    ['/api/0.9.3/call', '200 OK', /^ERR:/],
    ['/v1/calls', '405 Method Not Allowed', /^\{"type":"\/problems\/method-not-allowed"/],
  ] as const) {
    it(`PROPFIND ${path} is refused in the shape of its dialect`, async () => {
      const sent = `PROPFIND ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
      const [head = '', body = ''] = (await exchange(port, sent)).split('\r\n\r\n')
      assert.equal(head.split('\r\n', 1)[0], `HTTP/1.1 ${status}`)
      assert.match(body, shape)
    })
  }
  for (const [name, target] of [
    ['spectronics', `/api/0.9.3/call?auth=${keys.all}&extension=1234101&destination=1&cidname=Zoë Smith`],
    [
      'enswitch',
      `/api/json/calls/make?auth_username=alice@acme;auth_password=${userPassword};snumber=101;stype=phone;cnumber=1;callerid1=Zoë Smith <1>`,
    ],
  ] as const) {
    it(`${name}: a URL that its client did not encode is read as it was meant`, async () => {
      const octets = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      await exchange(port, octets.toString('latin1'))
      assert.equal(front.calls.placed.at(-1)?.first.callerId?.name, 'Zoë Smith')
    })
  }
  it('a client that sends one header field a second is cut off when its ten seconds are over', async () => {
    const began = performance.now()
    const socket = await open(port)
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n')
    const drip = setInterval(() => socket.write('X: y\r\n'), 1000)
    const [answer] = await once(socket, 'data')
    clearInterval(drip)
    assert.match(answer.toString(), /^HTTP\/1\.1 408 Request Timeout\r\n/)
    assert.ok(performance.now() - began < 15_000)
    socket.destroy()
  })
  describe('a client that closes its half of the connection behind its requests', () => {
    const initiate = `GET /calls/initiate?key=${keys.all}&origin=101&destination=1 HTTP/1.1\r\nHost: a\r\n\r\n`
    const wait = `GET /api/0.9.3/call?auth=${keys.all}&extension=1234101&destination=1&wait=1 HTTP/1.1\r\nHost: a\r\n\r\n`
    const halfClosed = (sent: string) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      let received = ''
      socket.on('data', (chunk) => {
        received += chunk
      })
      socket.end(sent)
      return once(socket, 'close').then(() => received)
    }
    it('is answered, and the connection ends', async () => {
      assert.match(await halfClosed(initiate), /^HTTP\/1\.1 200 OK\r\n.*"callstatus":"queued"\}$/s)
    })
    it('gets the answers to all of them', async () => {
      assert.equal((await halfClosed(initiate.repeat(3))).match(/"callstatus":"queued"/g)?.length, 3)
    })
    it('waits for its phone', async () => {
      const answering = halfClosed(initiate + wait)
      while (front.calls.listenerCount === 0) await new Promise((resolve) => setTimeout(resolve, 2))
      const id = `call-${front.calls.placed.length}`
      front.calls.happen(id, { type: 'leg.answered', leg: 'first', recovery: { driver: 'fake', data: null } })
      assert.match(await answering, /OK:Call answered$/)
    })
    it('is given up in the end, because one that has gone looks the same', async () => {
      const began = performance.now()
      assert.equal(await halfClosed(wait), '')
      assert.ok(performance.now() - began >= halfClosedMilliseconds - 5)
      while (front.calls.listenerCount > 0) await new Promise((resolve) => setTimeout(resolve, 2))
    })
    it('in the middle of a request is told that it cannot be read', async () => {
      assert.match(await halfClosed('GET /healthz HTTP/1.1\r\nHo'), /^HTTP\/1\.1 400 Bad Request\r\n/)
    })
  })
  it('a client that goes in the middle of its body leaves nothing', async () => {
    const socket = await open(port)
    socket.write('POST /calls/initiate HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nkey=')
    socket.destroy()
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200)
  })
})

describe('closing', () => {
  const authorization = `Bearer ${keys.all}`
  const body = (wait: object) => JSON.stringify({ first: { line: '101' }, second: { dial: '1' }, ...wait })

  it('answers who waits, ends streams, and is done', async () => {
    const front = await createHttpFront()
    const origin = await front.app.listen({ host: '127.0.0.1', port: 0 })
    const headers = { authorization, 'content-type': 'application/json' }
    const placed = await fetch(`${origin}/v1/calls`, { method: 'POST', headers, body: body({}) })
    const { id } = (await placed.json()) as { id: string }
    const stream = await fetch(`${origin}/v1/calls/${id}/events`, {
      headers: { authorization, accept: 'text/event-stream' },
    })
    assert.equal(stream.headers.get('content-type'), 'text/event-stream')
    const wait = { wait: { for: 'ended', seconds: 100 } }
    const waiting = fetch(`${origin}/v1/calls`, { method: 'POST', headers, body: body(wait) })
    while (front.calls.listenerCount < 2) await new Promise((resolve) => setTimeout(resolve, 5))

    const closed = front.app.close()
    assert.equal((await waiting).status, 201)
    assert.match(await stream.text(), /event: call\.accepted/)
    await closed
    assert.equal(front.calls.listenerCount, 0)
  })

  it('cuts off a client that never finishes', async () => {
    const front = await createHttpFront()
    await front.app.listen({ host: '127.0.0.1', port: 0 })
    const socket = await open((front.app.server.address() as { port: number }).port)
    socket.write('POST /v1/calls HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const began = Date.now()
    await front.app.close()
    assert.ok(Date.now() - began < 5000)
    socket.destroy()
  })
})

describe('the live stream', () => {
  it('sends the past once, then what happens, and ends with the call', async () => {
    const front = await createHttpFront()
    const origin = await front.app.listen({ host: '127.0.0.1', port: 0 })
    const headers = { authorization: `Bearer ${keys.all}`, accept: 'text/event-stream' }
    await front.calls.place({
      account: 'acme',
      first: { target: { kind: 'line', value: '101' } },
      second: { target: { kind: 'dial', value: '1' } },
      delaySeconds: 0,
      variables: {},
      origin: { dialect: 'native', credential: 'crm' },
    })
    const stream = await fetch(`${origin}/v1/calls/call-1/events`, { headers })
    while (front.calls.listenerCount < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    front.calls.happen('call-1', { type: 'leg.ringing', leg: 'first' })
    front.calls.happen('call-1', { type: 'call.ended', cause: 'completed' })
    const types = (text: string) => [...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type)
    assert.deepEqual(types(await stream.text()), ['call.accepted', 'leg.ringing', 'call.ended'])
    const later = await fetch(`${origin}/v1/calls/call-1/events`, { headers: { ...headers, 'last-event-id': '2' } })
    assert.deepEqual(types(await later.text()), ['call.ended'])
    await front.app.close()
    assert.equal(front.calls.listenerCount, 0)
  })

  it('a client that has gone while its call was looked for leaves nothing', async () => {
    const front = await createHttpFront()
    await front.app.listen({ host: '127.0.0.1', port: 0 })
    const { calls, app } = front
    const body = { first: { line: '101' }, second: { dial: '1' } }
    const headers = { authorization: `Bearer ${keys.all}`, 'content-type': 'application/json' }
    const { id } = (await app.inject({ method: 'POST', url: '/v1/calls', headers, payload: body })).json()
    const asked = Promise.withResolvers<void>()
    const found = Promise.withResolvers<void>()
    const call = calls.call.bind(calls)
    calls.call = async (...about) => {
      asked.resolve()
      await found.promise
      return call(...about)
    }
    const socket = await open((app.server.address() as { port: number }).port)
    const accept = `Authorization: Bearer ${keys.all}\r\nAccept: text/event-stream`
    socket.write(`GET /v1/calls/${id}/events HTTP/1.1\r\nHost: a\r\n${accept}\r\n\r\n`)
    await asked.promise
    const count = () => new Promise<number>((resolve) => app.server.getConnections((_, open) => resolve(open)))
    socket.destroy()
    while ((await count()) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    found.resolve()
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.equal(calls.listenerCount, 0)
    await app.close()
  })

  it('writes nothing more once it has ended, though its client has not read the end yet', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const front = await createHttpFront()
    await front.app.listen({ host: '127.0.0.1', port: 0 })
    const payload = { first: { line: '101' }, second: { dial: '1' } }
    const headers = { authorization: `Bearer ${keys.all}`, 'content-type': 'application/json' }
    for (let call = 0; call < 2; call++) {
      await front.app.inject({ method: 'POST', url: '/v1/calls', headers, payload })
    }
    const failures: unknown[] = []
    front.app.server.on('request', (_, response) => response.on('error', (error) => failures.push(error)))
    const socket = await open((front.app.server.address() as { port: number }).port)
    const request = (id: string) =>
      `GET /v1/calls/${id}/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${keys.all}\r\nAccept: text/event-stream\r\n\r\n`
    // The answer to the second waits until the first has ended.
    socket.write(request('call-1') + request('call-2'))
    while (front.calls.listenerCount < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    front.calls.happen('call-2', { type: 'call.ended', cause: 'completed' })
    t.mock.timers.tick(15_000)
    const closed = front.app.close()
    front.calls.happen('call-1', { type: 'leg.ringing', leg: 'first' })
    await closed
    assert.deepEqual(failures, [])
    assert.equal(front.calls.listenerCount, 0)
    socket.destroy()
  })

  it('is left with its connection, also where its answer had to wait for another', async () => {
    const front = await createHttpFront()
    await front.app.listen({ host: '127.0.0.1', port: 0 })
    const payload = { first: { line: '101' }, second: { dial: '1' } }
    const authorization = `Bearer ${keys.all}`
    const headers = { authorization, 'content-type': 'application/json' }
    await front.app.inject({ method: 'POST', url: '/v1/calls', headers, payload })
    const socket = await open((front.app.server.address() as { port: number }).port)
    const events = 'GET /v1/calls/call-1/events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n'
    const wait = JSON.stringify({ ...payload, wait: { for: 'ended', seconds: 60 } })
    const post = `POST /v1/calls HTTP/1.1\r\nHost: a\r\nContent-Length: ${wait.length}\r\n`
    const credential = `Authorization: ${authorization}\r\n\r\n`
    socket.write(`${events}${credential}${events}${credential}${post}${credential}${wait}`)
    while (front.calls.listenerCount < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    socket.destroy()
    while (front.calls.listenerCount > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await front.app.close()
  })
})

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.on('error', reject)
  })

async function exchange(port: number, sent: string): Promise<string> {
  const socket = await open(port)
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
  })
  socket.write(sent, 'latin1')
  await new Promise((resolve) => socket.once('close', resolve))
  return received
}
