import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import type { RunningServer } from '../../src/main.ts'
import { requirePeer } from '../support/peers.ts'
import { api, configText, startTestServer } from '../support/test-server.ts'

const run = promisify(execFile)
const token = 'demo-token-all-0001'
const oneLineToken = 'demo-token-one-0001'

const config = `${configText}
    tokens:
      - { name: web, token: ${token} }
      - { name: alice, token: ${oneLineToken}, lines: ["101"] }
demo: { phones: ["acme/101", "acme/102"], trunk: demo }
`

describe("Spectronics' own examples, by the programs that they are written for", () => {
  let server: RunningServer
  let url: string
  let folder: string
  const cleanUps: (() => Promise<void>)[] = []

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cordboard-webcall-'))
    server = await startTestServer({ after: (cleanUp) => cleanUps.push(cleanUp) }, '', config)
    url = `${server.url}/api/0.9.3/call`
    while (server.counts().registrations < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
    rmSync(folder, { recursive: true, force: true })
  })

  const curl = async (t: TestContext, ...args: readonly string[]): Promise<string | undefined> => {
    const program = requirePeer(t, 'curl')
    return program && (await run(program, ['-sS', '--max-time', '30', ...args])).stdout
  }

  const file = (content: string): string => {
    const path = join(folder, 'webcall')
    writeFileSync(path, content)
    return `@${path}`
  }

  /** The newest call, as the native API shows it, when it has come to its end. */
  async function lastCall() {
    for (const until = Date.now() + 15_000; Date.now() < until; ) {
      const { body } = await api(server, 'GET', '/v1/calls?limit=1')
      if (body.calls[0]?.state === 'ended') return body.calls[0]
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error('the call did not end')
  }

  test('curl -d @file: the extension rings, then the destination', async (t) => {
    const sent = file(`auth=${token}&extension=1234101&destination=0412345486\n`)
    const answer = await curl(t, '-d', sent, url)
    if (answer === undefined) return
    assert.equal(answer, 'OK:Call request sent')
    const call = await lastCall()
    assert.equal(call.dialect, 'spectronics')
    assert.equal(call.first.destination, 'line 101')
    assert.equal(call.second.destination, '+61412345486')
    assert.ok(call.first.answeredAt <= call.second.dialledAt)
    assert.equal(call.end.cause, 'busy')
  })

  test('a client that leaves the newline of the file in its form', async (t) => {
    const sent = file(`auth=${token}&extension=1234101&destination=0412345603\n`)
    const answer = await curl(t, '--data-binary', sent, url)
    if (answer !== undefined) assert.equal(answer, 'OK:Call request sent')
  })

  test("PHP's @file(): one line, which compares as it is", async (t) => {
    const php = requirePeer(t, 'php')
    if (php === undefined) return
    const query = `auth=${token}&extension=1234101&destination=0412345486`
    const script = `echo json_encode(@file("${url}?${query}")); echo json_encode(@file("${url}?auth=wrong"));`
    const { stdout } = await run(php, ['-d', 'allow_url_fopen=1', '-r', script], { timeout: 30_000 })
    assert.equal(stdout, '["OK:Call request sent"]["ERR:Invalid authentication"]')
    assert.equal((await lastCall()).second.end.cause, 'busy')
  })

  test('reverse=1 rings the destination first', async (t) => {
    const answer = await curl(t, '-d', `auth=${oneLineToken}&destination=0412345678&reverse=1&wait=1`, url)
    if (answer === undefined) return
    assert.equal(answer, 'OK:Call answered')
    const { body } = await api(server, 'GET', '/v1/calls?limit=1')
    assert.equal(body.calls[0].first.destination, '+61412345678')
    assert.equal(body.calls[0].second.destination, 'line 101')
    await api(server, 'DELETE', `/v1/calls/${body.calls[0].id}`)
    assert.equal((await lastCall()).id, body.calls[0].id)
  })

  for (const [source, line] of [
    ['0412345678', 'OK:Call answered'],
    ['0412345486', 'ERR:Extension busy'],
    ['0412345603', 'ERR:Extension rejected the call'],
    ['0412345404', 'ERR:Source not allowed'],
  ] as const) {
    test(`wait=1 tells how the first party met the call: ${line}`, async (t) => {
      const form = `auth=${oneLineToken}&source=${source}&destination=0412345486&wait=1`
      const answer = await curl(t, '-d', form, url)
      if (answer === undefined) return
      assert.equal(answer, line)
      assert.equal((await lastCall()).first.destination, `+61${source.slice(1)}`)
    })
  }

  test('an extension without a phone', async (t) => {
    const answer = await curl(t, '-d', `auth=${token}&extension=1234103&destination=102`, url)
    if (answer !== undefined) assert.equal(answer, 'ERR:Extension not registered')
  })

  test('a client that hangs up while it waits does not cancel the call', async (t) => {
    const program = requirePeer(t, 'curl')
    if (program === undefined) return
    // This number answers after eight seconds.
    const form = `auth=${oneLineToken}&source=0412345999&destination=0412345486&wait=1`
    await assert.rejects(run(program, ['-sS', '--max-time', '1', '-d', form, url]))
    const { body } = await api(server, 'GET', '/v1/calls?limit=1')
    assert.equal(body.calls[0].state, 'first-ringing')
    assert.equal((await lastCall()).end.cause, 'busy')
  })
})
