import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { api, startTestServer } from '../support/test-server.ts'

const queues = `
    users: [ { name: bob@acme, password: demo-pass-0002, role: agent, line: "102" } ]
    roles: [ { name: agent, permissions: [calls:place] } ]
    queues:
      - { name: support, number: "600", strategy: in-order, members: ["103", "102"] }
      - { name: everyone, number: "601", strategy: ring-all, members: ["101", "102", "103"] }
      - { name: nobody, members: ["103"] }
    contexts:
      - name: welcome
        steps:
          - { play: "tone:dial", unless: SKIP_WELCOME }
          - { queue: nobody }
          - { queue: support, unless: SKIP_SUPPORT }
          - { dial: "0412345678" }
      - name: announced
        steps: [{ queue: support, unless: SKIP_ENTER_QUEUE }]
    featureCodes: { "*60": { queue: support } }
demo:
  phones: [ "acme/101", "acme/102" ]
  trunk: demo
`

const situation = 'queues, contexts, users and feature codes, with 101 and 102 registered and 103 not'
describe(situation, { timeout: 120_000 }, () => {
  let place: (body: object) => ReturnType<typeof api>
  let server: Awaited<ReturnType<typeof startTestServer>>
  const cleanUps: (() => Promise<void>)[] = []
  before(async () => {
    server = await startTestServer({ after: (cleanUp) => cleanUps.push(cleanUp) }, queues)
    while (server.counts().registrations < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    place = (body) => api(server, 'POST', '/v1/calls', body)
  })
  test.after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  /** Waits until the two talk, tells who they are, and hangs up. */
  async function talk(first: object, second: object, more: object = {}) {
    const { status, body } = await place({ first, second, ...more, wait: { for: 'bridged', seconds: 10 } })
    assert.equal(status, 201, JSON.stringify(body))
    assert.equal(body.state, 'bridged', JSON.stringify(body))
    await api(server, 'DELETE', `/v1/calls/${body.id}`)
    while ((await api(server, 'GET', `/v1/calls/${body.id}`)).body.state !== 'ended') {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    return [body.first.destination, body.second.destination]
  }

  test('a queue rings the member who is there', async () => {
    const outside = { dial: '0412345678' }
    assert.deepEqual(await talk({ queue: 'support' }, outside), ['line 102 (queue support)', '+61412345678'])
    assert.deepEqual(await talk({ queue: '600' }, outside), ['line 102 (queue support)', '+61412345678'])
  })

  test('a queue may be the second party, by name, number or feature code', async () => {
    const first = { line: '101' }
    assert.deepEqual(await talk(first, { queue: 'support' }), ['line 101', 'line 102 (queue support)'])
    assert.deepEqual(await talk(first, { dial: '600' }), ['line 101', 'line 102 (queue support)'])
    assert.deepEqual(await talk(first, { dial: '*60' }), ['line 101', 'line 102 (feature code *60)'])
  })

  test('all at once: one has it, the other stops ringing', async () => {
    const [first] = await talk({ queue: 'everyone' }, { dial: '0412345678' })
    assert.match(first, /^line 10[12] \(queue everyone\)$/)
  })

  test('a context rings one step after the other, and skips what its variables say', async () => {
    const second = { line: '101' }
    assert.deepEqual(await talk({ context: 'welcome' }, second), ['line 102 (context welcome)', 'line 101'])
    const variables = { SKIP_SUPPORT: '1' }
    assert.deepEqual(await talk({ context: 'welcome' }, second, { variables }), [
      '+61412345678 (context welcome)',
      'line 101',
    ])
  })

  test('what skips the announcement before a queue skips no queue', async () => {
    const variables = { SKIP_ENTER_QUEUE: '1' }
    assert.deepEqual(await talk({ context: 'announced' }, { line: '101' }, { variables }), [
      'line 102 (context announced)',
      'line 101',
    ])
  })

  test('an outside number is not rung for a queue of which nobody is there and free', async () => {
    const { status, body } = await place({ first: { number: '0412345678' }, second: { queue: 'nobody' } })
    assert.deepEqual([status, body.type], [409, '/problems/nobody-free'])
    // Its only free member is the other party of this very call.
    const own = await place({ first: { line: '102' }, second: { dial: '*60' } })
    assert.deepEqual([own.status, own.body.type], [409, '/problems/nobody-free'])
  })

  test('a user is rung on their line', async () => {
    assert.deepEqual(await talk({ user: 'bob@acme' }, { line: '101' }), ['line 102', 'line 101'])
  })

  test('who is not there, or not at all, is told before anything rings', async () => {
    const second = { line: '101' }
    for (const [first, status, type] of [
      [{ queue: 'nobody' }, 409, '/problems/unavailable'],
      [{ queue: 'sales' }, 404, '/problems/queue-not-found'],
      [{ context: 'farewell' }, 404, '/problems/context-not-found'],
      [{ user: 'eve@acme' }, 404, '/problems/user-not-found'],
    ] as const) {
      const { status: answered, body } = await place({ first, second })
      assert.deepEqual([answered, body.type], [status, type])
    }
  })

  test('both parties at fault: both are told', async () => {
    const { body } = await place({ first: { queue: 'sales' }, second: { line: '999' } })
    assert.deepEqual(
      body.errors.map(({ pointer }: { pointer: string }) => pointer),
      ['/first', '/second'],
    )
  })
})
