import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningServer } from '../../src/main.ts'
import { heapUsed } from '../support/heap-used.ts'
import { api, startTestServer, testKey } from '../support/test-server.ts'

const waiting = 2000
const goneClients = 1000
const others = 50
/** What a round may leave on the heap: 500 octets for each request that waited would be found. */
const heapTolerance = 1_000_000

/** A client that has sent its request and waits for the answer. */
interface Client {
  readonly socket: Socket
  received: string
}

// The call is due in an hour, and its request waits until then, or for as long as it may.
const body = JSON.stringify({
  first: { line: '101' },
  second: { line: '102' },
  delaySeconds: 3600,
  wait: { for: 'answered', seconds: 120 },
})
const request =
  `POST /v1/calls HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${testKey}\r\nContent-Type: application/json\r\n` +
  `Content-Length: ${body.length}\r\n\r\n${body}`

function openClient(port: number, octets = request): Client {
  const client: Client = { socket: connect(port, '127.0.0.1'), received: '' }
  client.socket.on('data', (chunk) => {
    client.received += chunk.toString()
  })
  client.socket.write(octets)
  return client
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !condition(); await sleep(5)) {
    assert.ok(Date.now() < end, `in vain: ${what}`)
  }
}

async function hangUpAll(server: RunningServer): Promise<void> {
  for (let calls = [{ id: '' }]; calls.length > 0; ) {
    calls = (await api(server, 'GET', '/v1/calls?state=live&limit=1000')).body.calls
    await Promise.all(calls.map(({ id }) => api(server, 'DELETE', `/v1/calls/${id}`)))
  }
}

const timers = (): number => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length

test('2,000 requests wait at once; others are served meanwhile, and nothing of them is left', async (t) => {
  const server = await startTestServer(t, 'limits: { requestsPerSecond: 1000000, burst: 1000000 }')
  const port = Number(new URL(server.url).port)
  const idle = server.counts().listeners

  const round = async (): Promise<void> => {
    const clients = Array.from({ length: waiting }, () => openClient(port))
    await until('everyone waits', () => server.counts().listeners === idle + waiting)

    // Others are served, at no more cost than if nobody waited.
    const began = process.cpuUsage()
    for (let index = 0; index < others; index++) {
      assert.equal((await api(server, 'GET', '/v1/calls?limit=1')).body.calls[0].state, 'scheduled')
    }
    const { user, system } = process.cpuUsage(began)
    const milliseconds = (user + system) / 1000 / others
    assert.ok(milliseconds < 50, `a request took ${milliseconds} ms of CPU time`)
    assert.equal(server.counts().liveCalls, waiting)

    // Who goes ends his wait, and leaves his call alone. (Who closes his half alone may be listening: a minute more for him.)
    for (const { socket } of clients.slice(0, goneClients)) socket.resetAndDestroy()
    await until('half of them have gone', () => server.counts().listeners === idle + waiting - goneClients)
    assert.equal(server.counts().liveCalls, waiting)
    const stayed = clients.slice(goneClients)
    assert.ok(stayed.every(({ received }) => received === ''))

    await hangUpAll(server)
    await until('the others are answered', () => stayed.every(({ received }) => received.endsWith('}')))
    for (const { received, socket } of stayed) {
      assert.match(received, /^HTTP\/1\.1 201 Created\r\n.*"state":"ended".*"cause":"cancelled"/s)
      socket.destroy()
    }
    assert.equal(server.counts().listeners, idle)
    await until('every call is forgotten', () => server.counts().liveCalls === 0)
  }

  await round()
  const [heap, pending] = [await heapUsed(), timers()]
  await round()
  const grown = (await heapUsed(heap + heapTolerance)) - heap
  assert.ok(grown < heapTolerance, `${grown} octets more`)
  assert.ok(timers() <= pending + 5, `${timers()} timers after, ${pending} before`)
})

// A number of the demo carrier that rings for ever.
const silent = '0412345480'
const contexts = `
    contexts: [{ name: nobody, steps: [{ dial: "${silent}" }] }]
demo: { phones: [], trunk: demo }
limits: { requestsPerSecond: 1000000, burst: 1000000 }
`
const ofEach = 50

test('the waits of other APIs are as light: each is answered in its own words when its first party has gone', async (t) => {
  const server = await startTestServer(t, contexts)
  const port = Number(new URL(server.url).port)
  const while1 = (index: number) =>
    `data[project_id]=1&data[type]=context&data[destination]=nobody&data[caller_id]=102&data[caller_id_name]=J&data[async]=0&data[external_id]=${index}`
  const clients = Array.from({ length: ofEach }, (_, index) => [
    openClient(
      port,
      `GET /api/0.9.3/call?auth=${testKey}&extension=1234101&destination=1&source=${silent}&wait=1 HTTP/1.0\r\n\r\n`,
    ),
    openClient(port, `GET /api/originate-call?${while1(index)} HTTP/1.0\r\nAuthorization: Bearer ${testKey}\r\n\r\n`),
  ]).flat()
  await until('everyone rings', () => server.counts().liveCalls === clients.length)
  for (let index = 0; index < others; index++) assert.equal((await api(server, 'GET', '/v1/calls?limit=1')).status, 200)
  assert.ok(clients.every(({ received }) => received === ''))
  const gone = clients.splice(0, ofEach)
  for (const { socket } of gone) socket.resetAndDestroy()
  await sleep(100)
  assert.equal(server.counts().liveCalls, 2 * ofEach)

  await hangUpAll(server)
  await until('the others are answered', () => clients.every(({ received }) => /\r\n\r\n./.test(received)))
  const answers = Map.groupBy(clients, ({ received }) => received.split('\r\n\r\n')[1])
  assert.deepEqual(
    [...answers].map(([answer, those]) => [answer, those.length]),
    [
      ['ERR:No answer', ofEach / 2],
      [
        '{"has_error":true,"messages":["Call cancelled. Check who hung it up before user answered"],"results":[]}',
        ofEach / 2,
      ],
    ],
  )
  await until('every call is forgotten', () => server.counts().liveCalls === 0)
})
