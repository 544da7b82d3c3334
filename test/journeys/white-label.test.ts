import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import type { RunningServer } from '../../src/main.ts'
import { exchangeOctets } from '../support/exchange-octets.ts'
import { configText, operatorKey, startTestServer, testKey } from '../support/test-server.ts'

const resellerKey = 'demo-key-reseller-1'
const clerkKey = 'demo-key-clerk-0001'
const more = `
  - name: reseller
    hosts: [voice.reseller.example]
    networks: ["127.0.0.0/8", "2001:db8::/32"]
    apiKeys: [{ name: web, key: ${resellerKey}, permissions: [calls:read, calls:place] }]
  - name: shop
    parent: reseller
    apiKeys: [{ name: clerk, key: ${clerkKey}, permissions: [calls:read] }]
dialects:
  while1: { enabled: false }
  spectronics: { hosts: [Voip.Example, "[::1]"] }
  myapi: { networks: ["192.0.2.0/24"] }
`

interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: NodeJS.Dict<string | string[]>
}

/** `fetch` sets Host by itself; a test of host names may not leave that to it. */
async function ask(server: RunningServer, path: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const asking = request(new URL(path, server.url), { headers, agent: false }).end()
  const [response] = await once(asking, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, body: Buffer.concat(chunks).toString(), headers: response.headers }
}

const withoutInstance = ({ status, body }: Answer) => ({ status, body: body.replace(/"instance":"[^"]+"/, '') })

describe('a dialect where it is not served', () => {
  test('is a path that never was; elsewhere it answers', async (t) => {
    const server = await startTestServer(t, '', `${configText}${more}`)
    const nothing = withoutInstance(await ask(server, '/never/was', { host: 'voip.example' }))
    assert.equal(nothing.status, 404)
    for (const [path, host] of [
      ['/api/originate-call?external_id=1', 'voip.example'],
      ['/api/0.9.3/call', 'other.example'],
      ['/api/0.9.3/anything', 'voip.example.evil.example'],
      ['/api/0.9.3/call', ''],
      ['/calls/initiate', 'voip.example'],
    ] as const) {
      assert.deepEqual(withoutInstance(await ask(server, path, { host })), nothing, `${path} at ${host}`)
    }
    for (const host of ['voip.example', 'VOIP.example:8080', '[::1]:8080']) {
      assert.equal((await ask(server, '/api/0.9.3/call', { host })).body, 'ERR:Invalid authentication', host)
    }
    // The host of an absolute URL stands above the field (RFC 9112 section 3.2.2); who names two is believed neither.
    const port = Number(new URL(server.url).port)
    const lineOf = async (target: string, ...hosts: readonly string[]) => {
      const fields = hosts.map((host) => `Host: ${host}\r\n`).join('')
      return (await exchangeOctets(port, `GET ${target} HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`)).split(
        '\r\n',
        1,
      )[0]
    }
    assert.equal(await lineOf('http://voip.example/api/0.9.3/call', 'other.example'), 'HTTP/1.1 200 OK')
    assert.equal(await lineOf('http://other.example/api/0.9.3/call', 'voip.example'), 'HTTP/1.1 404 Not Found')
    assert.equal(await lineOf('/v1/calls', 'voip.example', 'other.example'), 'HTTP/1.1 400 Bad Request')
    assert.equal(await lineOf('/calls/initiate', 'voip.example', 'other.example'), 'HTTP/1.1 404 Not Found')
    // Nobody believes a stranger who he is.
    const forged = { host: 'a.example', 'x-forwarded-for': '192.0.2.1', 'x-forwarded-host': 'voip.example' }
    assert.equal((await ask(server, '/calls/initiate', forged)).status, 404)
    assert.equal((await ask(server, '/api/0.9.3/call', forged)).status, 404)
  })

  test('through a trusted proxy the client counts, not the proxy', async (t) => {
    const text = configText.replace(
      'http: { port: 0 }',
      'http: { port: 0, trustedProxies: ["127.0.0.1", "10.0.0.0/8"] }',
    )
    const server = await startTestServer(t, '', `${text}${more}`)
    const from = (client: string, host = 'proxy.internal') =>
      ask(server, '/calls/initiate', { host, 'x-forwarded-for': client })
    assert.equal((await from('192.0.2.1')).status, 401)
    assert.equal((await from('192.0.2.1, 10.1.2.3')).status, 401)
    assert.equal((await from('192.0.3.1')).status, 404)
    // What a client writes into the field itself stands before what the proxy adds.
    assert.equal((await from('192.0.2.1, 203.0.113.9')).status, 404)
    assert.equal((await from('192.0.2.1, unknown')).status, 404)
    const throughProxy = { host: 'proxy.internal', 'x-forwarded-host': 'voip.example' }
    assert.equal((await ask(server, '/api/0.9.3/call', throughProxy)).status, 200)
    assert.equal((await ask(server, '/api/0.9.3/call', { host: 'proxy.internal' })).status, 404)
  })
})

describe('an account that is restricted', () => {
  test('its credentials work from its places only, whatever the dialect', async (t) => {
    const server = await startTestServer(t, '', `${configText}${more}`)
    const list = (key: string, host: string) => ask(server, '/v1/calls', { host, authorization: `Bearer ${key}` })
    assert.equal((await list(resellerKey, 'voice.reseller.example')).status, 200)
    const refused = await list(resellerKey, 'voice.example')
    assert.equal(refused.status, 403)
    assert.match(refused.body, /permission-missing/)
    assert.equal((await list(testKey, 'voice.example')).status, 200)
    // An account below says for itself.
    assert.equal((await list(clerkKey, 'voice.example')).status, 200)
    const form = `/api/0.9.3/call?auth=${resellerKey}&extension=101&destination=1`
    assert.equal((await ask(server, form, { host: 'voip.example' })).body, 'ERR:Invalid authentication')
  })
})

describe('limits', () => {
  const limited = `${configText}
  - name: small
    limits: { requestsPerSecond: 3, simultaneousCalls: 2 }
    lines: [{ number: "201", secret: s3cret-201 }]
    apiKeys:
      - { name: a, key: demo-key-small-a, permissions: [calls:place, calls:read], limits: { callsPerMinute: 1 } }
      - { name: b, key: demo-key-small-b, permissions: [calls:place, calls:read] }
      - { name: slow, key: demo-key-small-s, permissions: [calls:read], limits: { requestsPerSecond: 0.5 } }
`
  // A delayed call rings nobody, and is live all the same.
  const delayed = JSON.stringify({ first: { line: '201' }, second: { line: '201' }, delaySeconds: 600 })
  const place = (server: RunningServer, key: string) =>
    fetch(new URL('/v1/calls', server.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: delayed,
    })
  const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

  test('calls of a key and of an account: 429, with when to try again', async (t) => {
    const server = await startTestServer(t, '', limited)
    assert.equal((await place(server, 'demo-key-small-a')).status, 201)
    const again = await place(server, 'demo-key-small-a')
    assert.equal(again.status, 429)
    assert.equal(again.headers.get('retry-after'), '60')
    assert.match(await again.text(), /This credential is at its limit \(callsPerMinute: 1\)/)
    assert.equal((await place(server, 'demo-key-small-b')).status, 201)
    await pause(1000)
    const third = await place(server, 'demo-key-small-b')
    assert.equal(third.status, 429)
    assert.equal(third.headers.get('retry-after'), '5')
    assert.match(await third.text(), /The account is at its limit \(simultaneousCalls: 2\)/)
  })

  test('what apply says of limits and places holds at once, for calls that are up too', async (t) => {
    const server = await startTestServer(t, '', limited)
    const apply = async (text: string) => {
      const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/yaml' }
      const response = await fetch(new URL('/v1/directory', server.url), { method: 'PUT', headers, body: text })
      assert.equal(response.status, 200, await response.text())
    }
    assert.equal((await place(server, 'demo-key-small-b')).status, 201)
    await apply(limited.replace('requestsPerSecond: 3, simultaneousCalls: 2', 'simultaneousCalls: 1'))
    assert.equal((await place(server, 'demo-key-small-b')).status, 429)
    await apply(limited.replace('requestsPerSecond: 3, simultaneousCalls: 2', 'callsPerMinute: 100'))
    assert.equal((await place(server, 'demo-key-small-b')).status, 201)
    await apply(limited.replace('name: small', 'name: small\n    networks: ["192.0.2.0/24"]'))
    assert.equal((await place(server, 'demo-key-small-b')).status, 403)
  })

  test('requests: each key its own, the account for all of them', async (t) => {
    const server = await startTestServer(t, '', limited)
    const list = async (key: string) =>
      (await fetch(new URL('/v1/calls', server.url), { headers: { authorization: `Bearer ${key}` } })).status
    assert.deepEqual([await list('demo-key-small-s'), await list('demo-key-small-s')], [200, 429])
    // Of the account's three in the first second one is gone; what its key was refused did not count.
    const burst = await Promise.all(Array.from({ length: 10 }, () => list('demo-key-small-b')))
    const served = burst.filter((status) => status === 200).length
    assert.ok(served >= 2 && served < 10, `${served} of 10`)
    assert.equal(await list(testKey), 200)
  })
})
