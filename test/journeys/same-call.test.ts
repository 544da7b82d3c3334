import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { RunningServer } from '../../src/main.ts'
import { api, startTestServer, testKey } from '../support/test-server.ts'

const more = `
    tokens: [{ name: web, token: demo-token-0001 }]
    users: [{ name: alice@acme, password: demo-pass-0001, role: agent, line: "101" }]
    roles: [{ name: agent, permissions: [calls:place, calls:read, calls:control] }]
demo: { phones: ["acme/101", "acme/102"], trunk: demo }
`

const alice = 'auth_username=alice@acme;auth_password=demo-pass-0001'
const form = (body: string, headers: object = {}) => ({
  method: 'POST',
  body,
  headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
})

/** One call, from line 101 to an outside number, as each API's client asks for it. */
const requests: Readonly<Record<string, readonly [path: string, init?: RequestInit]>> = {
  native: [
    '/v1/calls',
    {
      method: 'POST',
      headers: { authorization: `Bearer ${testKey}` },
      body: JSON.stringify({ first: { line: '101' }, second: { dial: '0412345678' } }),
    },
  ],
  myapi: [`/calls/initiate?key=${testKey}&origin=101&destination=0412345678`],
  enswitch: [`//api/json//calls/make/?${alice};stype=phone;snumber=101;cnumber=0412345678`],
  while1: [
    '/api/originate-call/',
    form(
      'data[project_id]=1&data[type]=extension&data[destination]=101&data[caller_id]=0412345678&data[caller_id_name]=J&data[external_id]=e1',
      { authorization: `Bearer ${testKey}` },
    ),
  ],
  spectronics: ['/api/0.9.3/call', form('auth=demo-token-0001&extension=1234101&destination=0412345678\n')],
}

describe('the same call in five APIs', () => {
  let server: RunningServer
  const cleanUps: (() => Promise<void>)[] = []
  before(async () => {
    server = await startTestServer({ after: (cleanUp) => cleanUps.push(cleanUp) }, more)
    while (server.counts().registrations < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })
  const ask = async (path: string, init?: RequestInit) => (await fetch(`${server.url}${path}`, init)).text()
  const newest = async () => (await api(server, 'GET', '/v1/calls?limit=1')).body.calls[0]

  /** What the log holds of a call that was placed, bridged and hung up, and what of it is the same in every API. */
  async function courseOf(dialect: string) {
    const [path, init] = requests[dialect] as (typeof requests)[string]
    await ask(path as string, init)
    let call = await newest()
    assert.equal(call.dialect, dialect)
    const until = Date.now() + 10_000
    while (call.state !== 'bridged' && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      call = await newest()
    }
    const seenAlive = await seenBy(call.id)
    await api(server, 'DELETE', `/v1/calls/${call.id}`)
    while (call.state !== 'ended' && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      call = await newest()
    }
    const { events } = (await api(server, 'GET', `/v1/calls/${call.id}/events`)).body
    return {
      destinations: [call.first.destination, call.second.destination],
      end: call.end.cause,
      seenAlive,
      cdrs: JSON.parse(await ask(`/api/json/cdrs/list?${alice};callid=${call.id};detail=call`)).data.length,
      // The two legs are hung up at once: which of them is gone first is the network's.
      events: events.map((event: { type: string; leg?: string }) =>
        event.type === 'leg.ended' ? event.type : `${event.type} ${event.leg ?? ''}`.trim(),
      ),
    }
  }

  /** Which of the other APIs' views of live calls show it. */
  async function seenBy(id: string): Promise<readonly string[]> {
    const enswitch = JSON.parse(await ask(`/api/json/calls/active/list?${alice}`)).data as { callid: string }[]
    const native = (await api(server, 'GET', '/v1/calls?state=live')).body.calls as { id: string }[]
    return [
      ...(enswitch.some(({ callid }) => callid === id) ? ['enswitch'] : []),
      ...(native.some((call) => call.id === id) ? ['native'] : []),
    ]
  }

  test('same parties, same events in the same order, same end, seen by all', async () => {
    const native = await courseOf('native')
    assert.deepEqual(native, {
      destinations: ['line 101', '+61412345678'],
      end: 'completed',
      seenAlive: ['enswitch', 'native'],
      cdrs: 1,
      events: [
        ...['call.accepted', 'leg.dialled first', 'leg.ringing first', 'leg.answered first'],
        ...['leg.dialled second', 'leg.ringing second', 'leg.answered second', 'call.bridged'],
        ...['call.ending', 'leg.ended', 'leg.ended', 'call.ended'],
      ],
    })
    for (const dialect of ['myapi', 'enswitch', 'while1', 'spectronics']) {
      assert.deepEqual(await courseOf(dialect), native, dialect)
    }
    const asked = await ask('/api/originate-call?external_id=e1', {
      headers: { authorization: `Bearer ${testKey}` },
    })
    assert.equal(JSON.parse(asked).has_error, false, asked)
  })
})
