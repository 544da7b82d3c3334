import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import type { RunningServer } from '../../src/main.ts'
import { api, configText, operatorKey, startTestServer, testKey } from '../support/test-server.ts'

const demo = `
demo:
  phones: [ "acme/101", "acme/102" ]
  trunk: demo
`
const file = `${configText}\n${demo}`

async function apply(server: RunningServer, yaml: string, key: string = operatorKey, type = 'application/yaml') {
  const response = await fetch(new URL('/v1/directory', server.url), {
    method: 'PUT',
    headers: { authorization: `Bearer ${key}`, 'content-type': type },
    body: yaml,
  })
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  return { status: response.status, body: (await response.json()) as any }
}

async function registered(server: RunningServer, count: number): Promise<void> {
  while (server.counts().registrations < count) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('apply', () => {
  test('lines, keys and trunks come and go while the server runs', async (t) => {
    const server = await startTestServer(t, demo)
    assert.deepEqual((await apply(server, file)).body, { added: [], changed: [], removed: [], needRestart: [] })

    const carol = file.replace('name: Carol', 'name: Caroline').replace('demo-key-reader-1', 'demo-key-reader-2')
    const first = await apply(server, `${carol}trunks: [{ name: t1, address: "sip:127.0.0.1:6002" }]\n`)
    assert.deepEqual(first, {
      status: 200,
      body: {
        added: ['trunk t1'],
        changed: ['line acme/103', 'api-key acme/reader'],
        removed: [],
        needRestart: [],
      },
    })
    const asReader = (key: string) =>
      fetch(new URL('/v1/calls', server.url), { headers: { authorization: `Bearer ${key}` } })
    assert.equal((await asReader('demo-key-reader-1')).status, 401)
    assert.equal((await asReader('demo-key-reader-2')).status, 200)

    const second = await apply(server, file.replace(/.*Carol.*\n/, ''))
    assert.deepEqual(second.body.removed.toSorted(), ['line acme/103', 'trunk t1'])
    assert.equal(
      (await api(server, 'POST', '/v1/calls', { first: { line: '103' }, second: { dial: '101' } })).status,
      404,
    )
  })

  test('a faulty file changes nothing and tells every fault with its line', async (t) => {
    const server = await startTestServer(t)
    const { status, body } = await apply(server, configText.replace('country: AU', 'country: ZZ'))
    assert.equal(status, 400)
    const line = configText.split('\n').indexOf('    country: AU') + 1
    assert.deepEqual(body.errors, [
      {
        pointer: '/accounts/0/country',
        detail: `line ${line}, column 14: accounts[0].country must be an ISO 3166 country code of two capitals: AU`,
      },
    ])
    assert.equal((await api(server, 'GET', '/v1/lines')).body.lines.length, 3)
  })

  test('who may not, and what is no YAML', async (t) => {
    const server = await startTestServer(t)
    assert.equal((await apply(server, configText, testKey)).status, 403)
    assert.equal((await apply(server, configText, 'no-such-key')).status, 401)
    assert.equal((await apply(server, configText, operatorKey, 'application/json')).status, 415)
    assert.equal((await apply(server, `# ${'x'.repeat(200_000)}\n${configText}`)).status, 200)
    assert.equal((await apply(server, 'x'.repeat(33 * 1024 * 1024))).status, 413)
  })

  test("the server's own settings wait for a restart, and the answer says so", async (t) => {
    const server = await startTestServer(t)
    const { body } = await apply(server, configText.replace('level: error', 'level: warn'))
    assert.deepEqual(body.needRestart, ['log'])
  })

  test('no secret stands in the database as it is', async (t) => {
    const server = await startTestServer(t)
    const secrets = ['carrier-password-1', 'user-password-1', 's3cret-101', testKey]
    const text = `${configText.replace('    apiKeys:', '    roles: [{ name: r, permissions: [] }]\n    users: [{ name: u, password: user-password-1, role: r }]\n    apiKeys:')}
trunks: [{ name: t, address: "sip:127.0.0.1:6002", username: u, password: carrier-password-1 }]`
    assert.equal((await apply(server, text)).status, 200)
    const folder = dirname(server.configFile)
    const kept = readdirSync(folder).filter((name) => name.startsWith('cordboard.db'))
    assert.ok(kept.includes('cordboard.db.key'))
    for (const name of kept) {
      const content = readFileSync(join(folder, name))
      for (const secret of secrets) assert.equal(content.includes(secret), false, `${secret} in ${name}`)
    }
  })
})

test('a repeated request is answered as before, whatever has changed since', async (t) => {
  const server = await startTestServer(t, demo)
  await registered(server, 2)
  const place = (body: object) =>
    fetch(new URL('/v1/calls', server.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json', 'idempotency-key': 'once' },
      body: JSON.stringify(body),
    })
  const request = { first: { line: '101' }, second: { line: '102' }, wait: { for: 'answered', seconds: 10 } }
  const first = await place(request)
  const answer = await first.text()
  assert.equal(first.status, 201)
  assert.equal(JSON.parse(answer).state, 'first-answered')
  assert.equal((await api(server, 'DELETE', `/v1/calls/${JSON.parse(answer).id}`)).status, 202)
  // Neither line exists any longer: a new request would be refused.
  await apply(server, `${configText.replace(/.*"10[12]".*\n/g, '')}`)
  const again = await place(request)
  assert.equal(await again.text(), answer)
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  assert.equal((await place({ ...request, delaySeconds: 1 })).status, 422)
  assert.equal((await api(server, 'GET', '/v1/calls')).body.calls.length, 1)
})
