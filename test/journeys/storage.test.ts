import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { claimPorts } from '../support/claim-ports.ts'
import { freePort, freeUdpPort } from '../support/free-port.ts'
import { ServerProcess } from '../support/server-process.ts'

/** A server of its own process. A delayed call is written down at once, and rings nobody. */
async function start(t: TestContext): Promise<ServerProcess> {
  const media = await claimPorts(100)
  const server = new ServerProcess(await freePort(), await freeUdpPort(), `${media}-${media + 99}`, more)
  t.after(() => server.remove())
  await server.start()
  return server
}

const more = `
    tokens: [{ name: web, token: demo-token-0001 }]
    roles: [{ name: agent, permissions: [calls:place, calls:read] }]
    users: [{ name: alice@acme, password: demo-pass-0001, role: agent, line: "101" }]
`

const place = (server: ServerProcess) =>
  fetch(`${server.url}/v1/calls`, {
    method: 'POST',
    headers: { authorization: 'Bearer demo-key-acme-0001' },
    body: '{"first":{"line":"101"},"second":{"line":"102"},"delaySeconds":3600}',
  })
const enswitch =
  '/api/json/calls/make?auth_username=alice@acme;auth_password=demo-pass-0001;stype=phone;snumber=101;ctype=phone;cnumber=102;delay=3600'

const ready = async (server: ServerProcess) => {
  const answer = await fetch(`${server.url}/readyz`)
  return `${answer.status} ${await answer.text()}`
}
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await isSo()); ) {
    assert.ok(Date.now() < end, 'not within 20 s')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const refusesCalls = async (server: ServerProcess, reason: RegExp) => {
  const refused = await place(server)
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('retry-after'), '5')
  assert.match(await refused.text(), /^\{"type":"\/problems\/storage-unavailable",/)
  const vendors = await fetch(`${server.url}${enswitch}`)
  assert.equal(vendors.headers.get('retry-after'), '5')
  assert.match(await vendors.text(), /^\{"responses":\[\{"code":"503"/)
  assert.match(await ready(server), reason)
}

/** The history survives, and what was acknowledged is all in it. */
const takesCallsAgain = async (server: ServerProcess, acknowledged: readonly string[]) => {
  await until(async () => (await ready(server)).startsWith('200'))
  const placed = await place(server)
  assert.equal(placed.status, 201)
  const { id } = (await placed.json()) as { id: string }
  assert.equal(server.logLines('no calls are taken').length, 1)
  assert.equal(server.logLines('calls are taken again').length, 1)
  await server.kill('SIGKILL')
  await server.start()
  for (const call of [...acknowledged, id]) {
    const found = await fetch(`${server.url}/v1/calls/${call}`, {
      headers: { authorization: 'Bearer demo-key-acme-0001' },
    })
    assert.equal(found.status, 200, call)
  }
}

const idOf = async (answer: Response) => ((await answer.json()) as { id: string }).id

describe('a disk that takes no more', () => {
  test('no call is acknowledged, /readyz says why, the log once, and it goes on when there is room', async (t) => {
    const server = await start(t)
    const acknowledged = [await idOf(await place(server))]
    // A process that may not make a file longer meets a full disk wherever it runs, and as whoever.
    const limit = (octets: string) => execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${octets}:`])
    limit(String(statSync(`${server.databaseFile}-wal`).size))
    for (let n = 0; n < 3; n++) await refusesCalls(server, /^503 .*"the database cannot be written"/)
    limit('unlimited')
    await takesCallsAgain(server, acknowledged)
  })
})

describe('a database file that goes while it is open', () => {
  for (const which of ['', '-wal']) {
    test(`${which === '' ? 'the database' : 'its log'} moved away: nothing is acknowledged until it is back`, async (t) => {
      const server = await start(t)
      const acknowledged = [await idOf(await place(server))]
      const file = server.databaseFile + which
      renameSync(file, `${file}.elsewhere`)
      for (let n = 0; n < 3; n++) await refusesCalls(server, /^503 .*"the database was deleted or replaced/)
      renameSync(`${file}.elsewhere`, file)
      await takesCallsAgain(server, acknowledged)
    })
  }

  test('deleted: what is acknowledged ends with it, and a restart begins with what is there', async (t) => {
    const server = await start(t)
    for (const end of ['', '-wal', '-shm']) rmSync(server.databaseFile + end)
    await refusesCalls(server, /^503 .*"the database was deleted or replaced/)
    await server.kill('SIGTERM')
    await server.start()
    assert.equal((await place(server)).status, 201)
  })
})

test('descriptors exhausted: /readyz and the log say so, once, and when it is over', async (t) => {
  const server = await start(t)
  const open = readdirSync(`/proc/${server.pid}/fd`).length
  execFileSync('prlimit', ['--pid', String(server.pid), `--nofile=${open + 4}:`])
  const sockets = Array.from({ length: 10 }, () =>
    connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {}),
  )
  await until(async () => server.logLines('no file descriptors are left').length === 1)
  await until(async () => (await ready(server).catch(() => '')).includes('"no file descriptors are left"'))
  for (const socket of sockets) socket.destroy()
  await until(async () => (await ready(server).catch(() => '')).startsWith('200'))
  assert.equal(server.logLines('no file descriptors are left').length, 1)
  assert.equal(server.logLines('file descriptors are free again').length, 1)
})
