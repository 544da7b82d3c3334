import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import type { RunningServer } from '../../src/main.ts'
import { askEnswitch, decodeEnvelope, type Envelope, verdictsOf as verdicts } from '../support/enswitch-client.ts'
import { startFormReceiver } from '../support/form-receiver.ts'
import { requirePeer } from '../support/peers.ts'
import { api, startTestServer } from '../support/test-server.ts'

/** Continues the account of the test server's configuration, and adds another below it and one beside. */
const more = (eventsUrl: string): string => `
    users:
      - { name: alice@acme, password: demo-pass-0001, role: agent, line: "101" }
      - { name: rita@acme, password: demo-pass-0002, role: reader }
    roles:
      - { name: agent, permissions: [calls:place, calls:read, calls:control] }
      - { name: reader, permissions: [calls:read] }
    queues:
      - { name: support, number: "600", members: ["102"] }
    recordGroups: [{ id: 1, name: all }]
    cards: [{ number: "9001", balance: 10.00 }]
    ratePlan: standard
    callerIds: ["+61255501000"]
    webhooks: [{ url: "${eventsUrl}", format: enswitch }]
  - { name: shop, parent: acme, id: 20, cards: [{ number: "9020", balance: 1.00 }] }
  - name: rival
    id: 30
    lines: [{ number: "301", fullNumber: "7654301", secret: s3cret-301 }]
    users: [{ name: eve@rival, password: demo-pass-0003, role: agent }]
    roles: [{ name: agent, permissions: [calls:place, calls:read, calls:control] }]
    cards: [{ number: "9030", balance: 1.00 }]
ratePlans:
  - { name: standard, currency: AUD, rates: [{ prefix: "+611900", barred: true }] }
demo:
  phones: ["acme/101", "acme/102"]
  trunk: demo
`

const alice = 'auth_username=alice@acme;auth_password=demo-pass-0001'
const eve = 'auth_username=eve@rival;auth_password=demo-pass-0003'

describe('clients of Enswitch, with real calls behind', () => {
  let server: RunningServer
  const cleanUps: (() => Promise<void> | void)[] = []
  const posted: URLSearchParams[] = []
  let events: Awaited<ReturnType<typeof startFormReceiver>>

  before(async () => {
    events = await startFormReceiver((form) => posted.push(form))
    const context = { after: (cleanUp: () => Promise<void>) => cleanUps.push(cleanUp) }
    server = await startTestServer(context, more(`${events.url}/events?key=x`))
    await until(async () => (await api(server, 'GET', '/v1/phones')).body.phones.length === 2)
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
    events.stop()
  })

  const ask = (path: string, parameters: string) => askEnswitch(server, path, parameters)
  const make = (parameters: string) => ask('calls/make', `${alice};stype=phone;snumber=101;${parameters}`)

  async function ending(id: string) {
    await until(async () => (await api(server, 'GET', `/v1/calls/${id}`)).body.state === 'ended')
    return (await api(server, 'GET', `/v1/calls/${id}`)).body
  }

  test('over a socket, unencoded, with wait=5: the call has its identifiers, and can be hung up', async () => {
    const target = `/local/api/json//calls/make/?${alice}&stype=phone;snumber=101;cnumber=102;callerid2=Alice"<101>;wait=5`
    const made = await overSocket(server, target)
    assert.deepEqual(verdicts(made), ['200'])
    assert.deepEqual([made.data.machine, made.data.server, typeof made.data.callid], [1, 'cordboard', 'string'])
    const id = made.data.callid
    const { body } = await api(server, 'GET', `/v1/calls/${id}`)
    assert.equal(body.dialect, 'enswitch')
    assert.equal(body.first.line, '101')
    assert.deepEqual(verdicts(await ask('calls/hangup', `${eve};callid=${id}`)), ['404 callid'])
    assert.deepEqual(verdicts(await ask('calls/hangup', `${alice};callid=${id}`)), ['204'])
    assert.equal((await ending(id)).end.cause, 'cancelled')
    assert.deepEqual(verdicts(await ask('calls/hangup', `${alice};callid=${id}`)), ['404 callid'])
  })

  test('curl, by GET and by a form', async (t) => {
    const curl = requirePeer(t, 'curl')
    if (curl === undefined) return
    const run = async (...more: string[]) => {
      const { stdout } = await promisify(execFile)(curl, ['-sS', '-w', '\n%{http_code}', ...more], { timeout: 10_000 })
      const [body = '', status] = stdout.split('\n')
      return decodeEnvelope(Number(status), body)
    }
    const url = `${server.url}/api/json/calls/make`
    const parameters = `${alice};stype=phone;snumber=101;cnumber=102`
    const got = await run(`${url}/?${parameters};wait=5`)
    const form = await run(url, '-d', `${parameters.replaceAll(';', '&')}&wait=5`)
    const multipart = await run(url, ...`${parameters};wait=5`.split(';').flatMap((pair) => ['-F', pair]))
    for (const made of [got, form, multipart]) {
      assert.deepEqual(verdicts(made), ['200'])
      await ask('calls/hangup', `${alice};uniqueid=${made.data.callid}.2`)
      await ending(made.data.callid)
    }
  })

  test("a tracking client's whole way: login, make, list, talk, redirect, hang up, CDR, events", async () => {
    const { data: user } = await ask('user/login', alice)
    assert.equal(user.username, 'alice@acme')
    const { data: call } = await make(`cnumber=0412345678;customer=${user.customer};callerid2=+61255501000;wait=5`)
    const list = () => ask('calls/active/list', `${alice};callid=${call.callid}`)
    await until(async () => (await list()).data.filter(({ status }: Row) => status === 'Answer').length === 2)
    const rows: readonly Row[] = (await list()).data
    assert.deepEqual(
      rows.map(({ uniqueid, dtype, dnumber, callerid_external }) => [uniqueid, dtype, dnumber, callerid_external]),
      [
        [call.callid, 'phone', '101', '+61412345678'],
        [`${call.callid}.2`, 'external', '+61412345678', '+61412345678'],
      ],
    )
    assert.deepEqual((await ask('calls/active/list', `${eve};callid=${call.callid}`)).data, [])

    const second = `${alice};uniqueid=${rows[1]?.uniqueid}`
    assert.deepEqual(verdicts(await ask('calls/redirect', `${second};cnumber=102;channel=1`)), ['204'])
    await until(async () =>
      (await list()).data.some(({ dnumber, status }: Row) => dnumber === '102' && status === 'Answer'),
    )
    await new Promise((resolve) => setTimeout(resolve, 1000))
    assert.deepEqual(verdicts(await ask('calls/hangup', second)), ['204'])
    const ended = await ending(call.callid)
    assert.equal(ended.end.cause, 'completed')

    const period = `start=${Math.floor(Date.parse(ended.acceptedAt) / 1000)};end=${Math.ceil(Date.parse(ended.endedAt) / 1000)}`
    const cdrs = await ask('cdrs/list', `${alice};${period};customer=recursive;detail=call`)
    const cdr = cdrs.data.find(({ callid }: Row) => callid === call.callid)
    assert.equal(cdr.status, 'answer')
    assert.ok(cdr.talktime >= 1 && cdr.totaltime >= cdr.talktime && cdr.end >= cdr.answered, JSON.stringify(cdr))
    const legs = (await ask('cdrs/list', `${alice};callid=${call.callid}`)).data
    assert.deepEqual(
      legs.map(({ uniqueid }: Row) => uniqueid),
      rows.map(({ uniqueid }) => uniqueid),
    )
    assert.deepEqual((await ask('cdrs/list', `${alice};start=0;end=1`)).data, [])
    // Redirected to a line, it is no call to the number any more; the leg to the number was let go.
    for (const [filter, count] of [
      ['called_number=0412 345 678', 2],
      ['called_number=61412345678;dtype=phone', 2],
      ['called_number=0412345679', 0],
      ['phone=1234101', 2],
      ['caller_number=103', 0],
    ] as const) {
      const found = (await ask('cdrs/list', `${alice};callid=${call.callid};${filter}`)).data
      assert.equal(found.length, count, filter)
    }

    const told = () => posted.filter((form) => form.get('callid') === call.callid)
    await until(async () => told().length >= 9)
    const names = told().map((form) => `${form.get('event')} ${form.get('uniqueid')?.slice(call.callid.length)}`.trim())
    assert.deepEqual(names.slice(0, 4), ['start', 'answer', 'start .2', 'answer .2'])
    assert.deepEqual(names.slice(4, 7), ['end .2', 'start .2', 'answer .2'])
    // Both legs are hung up at once.
    assert.deepEqual(names.slice(7).toSorted(), ['end', 'end .2'])
    assert.ok(told().every((form) => form.get('class') === 'call' && form.get('snumber') === '101'))
    assert.ok(Number(told().at(-1)?.get('talktime')) >= 1)
  })

  test('CDRs of many calls come the oldest first', async () => {
    const { data } = await ask('cdrs/list', `${alice};detail=call`)
    assert.ok(data.length >= 2)
    const starts = data.map(({ start }: Row) => start)
    assert.deepEqual(starts, starts.toSorted())
    const newest = await ask('cdrs/list', `${alice};detail=call;descending=1;limit=1`)
    assert.deepEqual(newest.data, data.slice(-1))
  })

  test('a delayed call is known when it is made, and not before', async () => {
    const begun = performance.now()
    const [known, unknown] = await Promise.all([make('cnumber=102;delay=1;wait=4'), make('cnumber=102;delay=30')])
    assert.deepEqual(verdicts(known), ['200'])
    assert.ok(performance.now() - begun >= 1000)
    assert.deepEqual(verdicts(unknown), ['204'])
    const live = (await api(server, 'GET', '/v1/calls?state=live')).body.calls
    for (const { id } of live) assert.deepEqual(verdicts(await ask('calls/hangup', `${alice};callid=${id}`)), ['204'])
    for (const { id } of live) await ending(id)
  })

  test('a queue, by its name, and what an account may not do', async () => {
    const { data } = await make('ctype=queue;cnumber=support;wait=5')
    await ask('calls/hangup', `${alice};callid=${data.callid}`)
    await ending(data.callid)
    for (const [parameters, expected] of [
      ['cnumber=abc', ['400 cnumber']],
      ['cnumber=1900123456', ['403 cnumber']],
      ['cnumber=0412345678;callerid2=0299999999', ['403 callerid2']],
      ['cnumber=102;card=9030;recordgroup=7', ['404 card', '404 recordgroup']],
      ['cnumber=0412345678;customer=20;card=9001', ['404 snumber', '404 card']],
      ['cnumber=102;customer=30', ['404 customer']],
      ['cnumber=102;snumber=7654301', ['404 snumber']],
      ['cnumber=102;snumber=103', ['400 snumber']],
      ['cnumber=102;ctype=queue', ['404 cnumber']],
    ] as const) {
      assert.deepEqual(verdicts(await make(parameters)), expected, parameters)
    }
    const rita = 'auth_username=rita@acme;auth_password=demo-pass-0002'
    assert.deepEqual(verdicts(await ask('calls/make', `${rita};snumber=101;cnumber=102`)), ['402'])
    assert.deepEqual(verdicts(await ask('calls/make', `${rita.replace('0002', '0001')};snumber=101;cnumber=102`)), [
      '401',
    ])
  })

  test('the same call as through the native API: the same events in the same order', async () => {
    const made = await make('cnumber=0412345486;wait=5')
    const native = { first: { line: '101' }, second: { dial: '0412345486' }, wait: { for: 'ended', seconds: 20 } }
    const types = async (id: string) => {
      await ending(id)
      const { body } = await api(server, 'GET', `/v1/calls/${id}/events`)
      return body.events.map(({ type, leg, cause }: Record<string, string>) => [type, leg, cause].join(' ').trim())
    }
    const here = await types(made.data.callid)
    const there = await types((await api(server, 'POST', '/v1/calls', native)).body.id)
    assert.deepEqual(here, there)
    assert.ok(here.length > 6)
  })
})

interface Row {
  readonly uniqueid: string
  readonly callid: string
  readonly status: string
  readonly dtype: string
  readonly dnumber: string
  readonly callerid_external: string
  readonly start: number
}

async function overSocket(server: RunningServer, target: string): Promise<Envelope> {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in 10 s')))
  socket.write(`GET ${target} HTTP/1.1\r\nHost: pbx.example\r\nConnection: close\r\n\r\n`)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n')
  return decodeEnvelope(Number(head.split(' ')[1]), body)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'it did not come to that within 15 s')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
