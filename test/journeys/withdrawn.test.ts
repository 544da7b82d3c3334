import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type RunningServer, startServer } from '../../src/main.ts'
import { Baresip } from '../peers/baresip.ts'
import { requirePeer } from '../support/peers.ts'
import { api, configText, operatorKey, sipPort } from '../support/test-server.ts'

const withSecret = (secret: string): string => configText.replace('s3cret-102', secret)
const withoutLine = configText.replace(/.*number: "102".*\n/, '')

async function apply(server: RunningServer, yaml: string): Promise<void> {
  const response = await fetch(new URL('/v1/directory', server.url), {
    method: 'PUT',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/yaml' },
    body: yaml,
  })
  assert.equal(response.status, 200, await response.text())
}

const registeredLines = async (server: RunningServer): Promise<string[]> =>
  (await api(server, 'GET', '/v1/phones')).body.phones.map(({ line }: { line: string }) => line).sort()

/** Line 102 is called first: refused before anyone rings where it has no phone. */
async function assertUnavailable(server: RunningServer, status: number): Promise<void> {
  const placed = await api(server, 'POST', '/v1/calls', { first: { line: '102' }, second: { line: '101' } })
  assert.equal(placed.status, status)
}

test('a phone whose line got another secret, or is gone, is called no more: at once, when the line comes back, and after a restart', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const directory = mkdtempSync(join(tmpdir(), 'cordboard-'))
  const configFile = join(directory, 'cordboard.yaml')
  let server: RunningServer | undefined
  const start = async (yaml: string): Promise<RunningServer> => {
    await server?.stop()
    writeFileSync(configFile, yaml)
    server = await startServer({ configFile, dataDirectory: directory })
    return server
  }
  t.after(async () => {
    await server?.stop()
    rmSync(directory, { recursive: true, force: true })
  })
  const phoneOf = async (number: string, secret = `s3cret-${number}`): Promise<Baresip> => {
    const registrarPort = sipPort(server as RunningServer)
    const phone = await Baresip.start({ number, secret, registrarPort, frequency: 600 })
    t.after(() => phone.stop())
    await phone.registers()
    return phone
  }
  let running = await start(configText)
  await phoneOf('101')
  const phone = await phoneOf('102')
  assert.deepEqual(await registeredLines(running), ['101', '102'])
  phone.output = ''

  await apply(running, withSecret('an0ther-secret'))
  assert.deepEqual(await registeredLines(running), ['101'])
  await assertUnavailable(running, 409)
  await apply(running, configText)
  assert.deepEqual(await registeredLines(running), ['101'], 'the old secret is back, the old contact is not')

  // It registers anew (baresip does so every minute; a second phone of the line need not wait for that).
  await phone.stop()
  const second = await phoneOf('102')
  assert.deepEqual(await registeredLines(running), ['101', '102'])
  await apply(running, withoutLine)
  assert.deepEqual(await registeredLines(running), ['101'])
  await assertUnavailable(running, 404)
  await apply(running, configText)
  assert.deepEqual(await registeredLines(running), ['101'])
  await assertUnavailable(running, 409)

  // The file changes while nothing runs.
  await second.stop()
  const third = await phoneOf('102')
  assert.deepEqual(await registeredLines(running), ['101', '102'])
  running = await start(withSecret('an0ther-secret'))
  assert.deepEqual(await registeredLines(running), ['101'])
  running = await start(configText)
  assert.deepEqual(await registeredLines(running), ['101'])
  for (const { output } of [phone, second, third]) assert.doesNotMatch(output, /Incoming call/)
})
