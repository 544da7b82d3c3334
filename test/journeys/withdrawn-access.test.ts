import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { describe, type TestContext, test } from 'node:test'
import type { RunningServer } from '../../src/main.ts'
import { configText, operatorKey, startTestServer, testKey } from '../support/test-server.ts'

const key = 'demo-key-guest-0001'
const token = 'demo-token-guest-01'
const guest = `      - { name: guest, key: ${key}, permissions: [calls:place, calls:read] }`
const rest = `    tokens: [{ name: desk, token: ${token}, lines: all }]
    roles: [{ name: agent, permissions: [calls:place, calls:read] }]
    users: [{ name: alice@acme, password: demo-pass-0001, role: agent, line: "101" }]
`
const config = `${configText}${guest}\n${rest}`

/** Each takes away what the requests of `who` need, and leaves all else. */
const withdrawals: readonly (readonly [what: string, change: (text: string) => string, who: readonly Who[]])[] = [
  ['the key, the token and the user are gone', () => configText, ['key', 'token', 'user']],
  [
    'other secrets',
    (text) =>
      text
        .replace(key, 'another-key-0002')
        .replace(token, 'another-token-02')
        .replace('demo-pass-0001', 'another-pass-2'),
    ['key', 'token', 'user'],
  ],
  [
    'a permission less',
    (text) =>
      text
        .replace(guest, guest.replace('calls:place, calls:read', 'calls:control'))
        .replace('role: agent,', 'role: none,')
        .replace('roles: [', 'roles: [{ name: none, permissions: [calls:control] }, '),
    ['key', 'user'],
  ],
  [
    'only from elsewhere',
    (text) => text.replace('country: AU', 'country: AU\n    networks: ["192.0.2.0/24"]'),
    ['key', 'token', 'user'],
  ],
  [
    'only for another host',
    (text) => text.replace('country: AU', 'country: AU\n    hosts: [voice.example]'),
    ['key', 'token', 'user'],
  ],
  ['nothing that concerns them', (text) => text.replace('name: Carol', 'name: Caroline'), []],
]
type Who = 'key' | 'token' | 'user'

const apply = async (server: RunningServer, yaml: string) => {
  const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/yaml' }
  const applied = await fetch(`${server.url}/v1/directory`, { method: 'PUT', headers, body: yaml })
  assert.equal(applied.status, 200, await applied.text())
}
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

/** A call that waits for its time, by `secret`. */
async function place(server: RunningServer, secret: string, more = {}): Promise<Response> {
  const body = JSON.stringify({ first: { line: '101' }, second: { line: '102' }, delaySeconds: 3600, ...more })
  return fetch(`${server.url}/v1/calls`, { method: 'POST', headers: bearer(secret), body })
}

interface Held {
  readonly what: string
  readonly who: Who
  /** Whether it is still open, and what was told at its end. */
  state: 'open' | string
}

/** A stream and a wait of everybody, each before the change. */
async function holdAll(server: RunningServer): Promise<readonly Held[]> {
  const held: Held[] = []
  const hold = (what: string, who: Who, ended: Promise<string>) => {
    const one: Held = { what, who, state: 'open' }
    held.push(one)
    void ended.then((told) => {
      one.state = told
    })
  }
  for (const [who, secret] of [
    ['key', key],
    ['token', token],
  ] as const) {
    const { id } = (await (await place(server, secret)).json()) as { id: string }
    const headers = { ...bearer(secret), accept: 'text/event-stream' }
    const stream = await fetch(`${server.url}/v1/calls/${id}/events`, { headers })
    hold(
      'stream',
      who,
      stream.text().then(() => 'ended'),
    )
    const wait = place(server, secret, { wait: { for: 'answered', seconds: 100 } })
    hold(
      'wait',
      who,
      wait.then(async (answer) => `${answer.status} ${((await answer.json()) as { type: string }).type}`),
    )
  }
  const made = `auth_username=alice@acme;auth_password=demo-pass-0001;stype=phone;snumber=101;ctype=phone;cnumber=102;delay=100;wait=200`
  const waiting = fetch(`${server.url}/api/json/calls/make?${made}`).then((answer) => answer.text())
  hold('wait', 'user', waiting)
  const calls = async () =>
    (
      (await (await fetch(`${server.url}/v1/calls?state=live`, { headers: bearer(testKey) })).json()) as {
        calls: object[]
      }
    ).calls
  for (const end = Date.now() + 10_000; (await calls()).length < 5; await settle()) {
    assert.ok(Date.now() < end, `not all calls were placed: ${JSON.stringify(held)}`)
  }
  return held
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 300))

describe('streams and waits end with what they needed', () => {
  for (const [what, change, who] of withdrawals) {
    test(what, async (t: TestContext) => {
      const server = await startTestServer(t, '', config)
      const held = await holdAll(server)
      await apply(server, change(config))
      for (const end = Date.now() + 10_000; held.some((one) => who.includes(one.who) && one.state === 'open'); ) {
        assert.ok(Date.now() < end, JSON.stringify(held))
        await settle()
      }
      const told = { stream: 'ended', wait: '401 /problems/authentication-failed' } as Record<string, string>
      for (const one of held) {
        if (!who.includes(one.who)) assert.equal(one.state, 'open', `${one.what} of the ${one.who}`)
        else if (one.who === 'user') assert.match(one.state, /"code":"401"/)
        else assert.equal(one.state, told[one.what], `${one.what} of the ${one.who}`)
      }
    })
  }
})

test('a key that is revoked on the running server ends its stream at once', async (t) => {
  const server = await startTestServer(t, '', config)
  const made = await fetch(`${server.url}/v1/credentials`, {
    method: 'POST',
    headers: bearer(operatorKey),
    body: '{"kind":"token","name":"guest 2","permissions":["calls:place","calls:read"]}',
  })
  const { secret } = (await made.json()) as { secret: string }
  assert.equal(made.status, 201)
  const { id } = (await (await place(server, secret)).json()) as { id: string }
  const headers = { ...bearer(secret), accept: 'text/event-stream' }
  const stream = await fetch(`${server.url}/v1/calls/${id}/events`, { headers })
  const pieces = (stream.body as ReadableStream<Uint8Array>)[Symbol.asyncIterator]()
  // What has happened is told first.
  const told = Buffer.from((await pieces.next()).value ?? []).toString()
  const revoked = await fetch(`${server.url}/v1/credentials/token/acme/guest%202`, {
    method: 'DELETE',
    headers: bearer(operatorKey),
  })
  assert.equal(revoked.status, 204)
  assert.match(told, /^id: \d+\nevent: call\.accepted\n/)
  while ((await pieces.next()).done !== true);
})

test('a key that is revoked while its directory is on its way changes nothing more', async (t) => {
  const server = await startTestServer(t, '', config)
  const made = await fetch(`${server.url}/v1/credentials`, {
    method: 'POST',
    headers: bearer(operatorKey),
    body: '{"kind":"token","name":"thief","permissions":["directory:write"]}',
  })
  const { secret } = (await made.json()) as { secret: string }
  const body = 'accounts: []\n'
  const fields = { ...bearer(secret), 'content-type': 'application/yaml', 'content-length': String(body.length) }
  const applying = request(`${server.url}/v1/directory`, {
    method: 'PUT',
    headers: { ...fields, expect: '100-continue' },
  })
  const answered = once(applying, 'response') as Promise<[IncomingMessage]>
  applying.flushHeaders()
  // Its key was right when the head of the request came.
  await once(applying, 'continue')
  const path = '/v1/credentials/token/acme/thief'
  const revoked = await fetch(server.url + path, { method: 'DELETE', headers: bearer(operatorKey) })
  assert.equal(revoked.status, 204)
  applying.end(body)
  const [{ statusCode }] = await answered
  assert.equal(statusCode, 401)
  const { status } = await fetch(`${server.url}/v1/credentials`, { headers: bearer(operatorKey) })
  assert.equal(status, 200)
})
