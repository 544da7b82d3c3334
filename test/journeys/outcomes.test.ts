import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { RunningServer } from '../../src/main.ts'
import { api, startTestServer, testKey } from '../support/test-server.ts'

const demo = `
demo:
  phones: [ "acme/101", "acme/102" ]
  trunk: demo
`

describe('calls between demo phones and the simulated carrier', () => {
  let server: RunningServer
  const cleanUps: (() => Promise<void> | void)[] = []

  before(async () => {
    server = await startTestServer({ after: (cleanUp) => cleanUps.push(cleanUp) }, demo)
    for (let phones = 0; phones < 2; phones = (await api(server, 'GET', '/v1/phones')).body.phones.length) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  after(async () => {
    const { legs, dialogs, outgoingInvites, media, liveCalls } = server.counts()
    for (const cleanUp of cleanUps) await cleanUp()
    assert.deepEqual(
      { legs, dialogs, outgoingInvites, endpoints: media.endpoints, liveCalls },
      { legs: 0, dialogs: 0, outgoingInvites: 0, endpoints: 0, liveCalls: 0 },
    )
  })

  const place = (body: object) => api(server, 'POST', '/v1/calls', body)

  for (const [dial, cause] of [
    ['0412345486', 'busy'],
    ['0412345603', 'rejected'],
    ['0412345404', 'invalid-number'],
    ['0412345503', 'congestion'],
  ] as const) {
    test(`the second party: ${dial} ends as ${cause}`, async () => {
      const wait = { for: 'ended', seconds: 20 }
      const { status, body } = await place({ first: { line: '101' }, second: { dial }, wait })
      assert.equal(status, 201)
      assert.equal(body.end.cause, cause)
      assert.equal(body.endedBy, 'second')
      assert.equal(body.second.destination, `+61${dial.slice(1)}`)
      assert.equal(body.first.end.cause, 'completed')
    })
  }

  test('a second party that never answers: no-answer after its ring time', async () => {
    const second = { dial: '0412345480', ringSeconds: 1 }
    const { body } = await place({ first: { line: '101' }, second, wait: { for: 'ended', seconds: 20 } })
    assert.equal(body.end.cause, 'no-answer')
  })

  test('cancelled while the first rings: nobody else is rung', async () => {
    const { body } = await place({
      first: { number: '0412345480' },
      second: { line: '101' },
      wait: { for: 'ringing', seconds: 5 },
    })
    assert.equal((await api(server, 'DELETE', `/v1/calls/${body.id}`)).status, 202)
    const ended = await ending(body.id)
    assert.equal(ended.end.cause, 'cancelled')
    assert.equal(ended.second.state, 'idle')
  })

  test('cancelled while the second rings: both are let go', async () => {
    const { body } = await place({
      first: { line: '101' },
      second: { dial: '0412345480' },
      wait: { for: 'answered', seconds: 5 },
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    await api(server, 'DELETE', `/v1/calls/${body.id}`)
    const ended = await ending(body.id)
    assert.equal(ended.end.cause, 'cancelled')
    assert.equal(ended.first.end.cause, 'cancelled')
  })

  test('hung up by request when both talk: completed; the CDR has what was heard', async () => {
    const { body } = await place({
      first: { line: '101' },
      second: { dial: '102' },
      wait: { for: 'bridged', seconds: 10 },
    })
    assert.equal(body.state, 'bridged')
    await new Promise((resolve) => setTimeout(resolve, 500))
    await api(server, 'DELETE', `/v1/calls/${body.id}`)
    const ended = await ending(body.id)
    assert.equal(ended.end.cause, 'completed')
    assert.ok(ended.first.media.packetsReceived > 20)
    assert.ok(ended.talkSeconds >= 0.4)
  })

  test('a first party without a registered phone is refused at once', async () => {
    const { status, body } = await place({ first: { line: '103' }, second: { dial: '101' } })
    assert.equal(status, 409)
    assert.equal(body.type, '/problems/unavailable')
  })

  test('a delayed call waits, and can be cancelled before anyone rings', async () => {
    const { body } = await place({ first: { line: '101' }, second: { dial: '102' }, delaySeconds: 600 })
    assert.equal(body.state, 'scheduled')
    await api(server, 'DELETE', `/v1/calls/${body.id}`)
    assert.equal((await ending(body.id)).end.cause, 'cancelled')
  })

  test('the same idempotency key: the same answer, one call; another body: 422', async () => {
    const send = (second: string) =>
      fetch(new URL('/v1/calls', server.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json', 'idempotency-key': 'once' },
        body: JSON.stringify({ first: { line: '101' }, second: { dial: second } }),
      })
    const [one, other] = await Promise.all([send('0412345486'), send('0412345486')])
    assert.equal(await one.text(), await other.text())
    assert.deepEqual(
      [one, other].map(({ headers }) => headers.get('idempotent-replayed')).sort(),
      ['true', null].sort(),
    )
    assert.equal((await send('0412345603')).status, 422)
  })

  test('Initiate Call: the vendor answer, and a call that the native API shows', async () => {
    const query = `key=${testKey}&origin=101&destination=0412345486&autoAnswer=1`
    const response = await fetch(new URL(`/calls/initiate/?${query}`, server.url))
    assert.equal(await response.text(), '{"status":1,"request":"calls\\/initiate","callstatus":"queued"}')
    const { body } = await api(server, 'GET', '/v1/calls?limit=1')
    assert.equal(body.calls[0].dialect, 'myapi')
    assert.equal((await ending(body.calls[0].id)).end.cause, 'busy')
  })

  async function ending(id: string) {
    for (const until = Date.now() + 10_000; Date.now() < until; ) {
      const { body } = await api(server, 'GET', `/v1/calls/${id}`)
      if (body.state === 'ended') return body
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`call ${id} did not end`)
  }
})
