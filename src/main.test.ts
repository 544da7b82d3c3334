import assert from 'node:assert/strict'
import dns from 'node:dns'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { callAccepted } from '../test/support/call-scene.ts'
import { configText, startTestServer } from '../test/support/test-server.ts'
import { startServer } from './main.ts'
import { openStore } from './store/open-store.ts'

test('a start that finds its port taken says so and ends, whatever calls the process before has left', async (t) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'cordboard-'))
  t.after(() => rmSync(dataDirectory, { recursive: true, force: true }))
  const store = await openStore({
    address: 'sqlite:cordboard.db',
    baseDirectory: dataDirectory,
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
