import assert from 'node:assert/strict'
import dns from 'node:dns'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { callAccepted } from '../test/support/call-scene.ts'
import { api, configText, startTestServer } from '../test/support/test-server.ts'
import { startServer } from './main.ts'
import { openStore } from './store/open-store.ts'

test('a start that finds its port taken says so and ends, whatever calls the process before has left', async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'cordboard-'))
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }))
  const store = await openStore({
    address: 'sqlite:cordboard.db',
    baseDirectory: dataDirectory,
    node: 1,
    onBroken: assert.fail,
  })
  await store.calls.accept([callAccepted('left', Date.now())])
  await store.close()

  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const { port } = other.address() as { port: number }
  const configFile = join(dataDirectory, 'cordboard.yaml')
  writeFileSync(configFile, configText.replace('http: { port: 0 }', `http: { port: ${port} }`))
  await assert.rejects(startServer({ configFile, dataDirectory }), new RegExp(`^Error: Port ${port} is in use`))
  // A promise that nobody waits for would fail the test here.
  await new Promise((resolve) => setTimeout(resolve, 200))
})

test('a start ends and resumes the calls of its own node; those of another it shows', async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'cordboard-'))
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }))
  const openAs = (node: number) =>
    openStore({ address: 'sqlite:cordboard.db', baseDirectory: dataDirectory, node, onBroken: assert.fail })
  const now = Date.now()
  for (const node of [1, 2]) {
    const store = await openAs(node)
    await store.calls.accept([callAccepted(`${node}-up`, now)])
    const callId = `${node}-delayed`
    await store.calls.accept([callAccepted(callId, now), { type: 'call.scheduled', callId, at: now, dueAt: now + 6e5 }])
    await store.close()
  }
  const configFile = join(dataDirectory, 'cordboard.yaml')
  writeFileSync(configFile, `${configText}\nnode: { number: 2 }\n`)
  const server = await startServer({ configFile, dataDirectory })
  const states = async () =>
    Object.fromEntries(
      (await api(server, 'GET', '/v1/calls')).body.calls.map((call: { id: string; state: string }) => [
        call.id,
        call.state,
      ]),
    )
  try {
    assert.deepEqual(await states(), {
      ...{ '1-up': 'accepted', '1-delayed': 'scheduled', '2-up': 'ended', '2-delayed': 'scheduled' },
    })
    assert.equal(server.counts().liveCalls, 1)
    assert.equal((await api(server, 'GET', '/v1/calls/2-up')).body.end.cause, 'interrupted')
  } finally {
    await server.stop()
  }
  // What node 1 left is as it was, for its own next start.
  const store = await openAs(1)
  const unfinished = await store.calls.unfinished()
  assert.deepEqual(
    unfinished.map(({ call }) => [call.id, call.state]),
    [
      ['1-delayed', 'scheduled'],
      ['1-up', 'accepted'],
    ],
  )
  assert.deepEqual(await store.calls.liveElsewhere(), [{ node: 2, calls: 1 }])
  await store.close()
})

const ipv4 = { address: '127.0.0.1', family: 4 }
const ipv6 = { address: '::1', family: 6 }
for (const addresses of [
  [ipv4, ipv6],
  [ipv6, ipv4],
]) {
  const order = addresses.map(({ address }) => address).join(' and ')
  test(`a host name with the addresses ${order}: one server, at that of IPv4`, async (t) => {
    t.mock.method(dns.promises, 'lookup', async () => addresses)
    const server = await startTestServer(t, '', configText.replace('http: { port', 'http: { host: localhost, port'))
    assert.equal(new URL(server.url).hostname, '127.0.0.1')
    const socket = connect({ host: '::1', port: Number(new URL(server.url).port) })
    const outcome = await new Promise((resolve) => socket.on('connect', () => resolve('open')).on('error', resolve))
    socket.destroy()
    assert.match(String(outcome), /ECONNREFUSED|EADDRNOTAVAIL/)
  })
}

test('a host name that has no address of IPv4: the first that it has', async (t) => {
  t.mock.method(dns.promises, 'lookup', async () => [{ address: '127.0.0.2', family: 6 }, ipv6])
  const server = await startTestServer(t, '', configText.replace('http: { port', 'http: { host: voice.test, port'))
  assert.equal(new URL(server.url).hostname, '127.0.0.2')
})
