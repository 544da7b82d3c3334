import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { RunningServer } from '../../src/main.ts'
import { requirePhpCurl } from '../peers/php.ts'
import { claimPortRange } from '../support/claim-ports.ts'
import { askEnswitch, decodeEnvelope, verdictsOf } from '../support/enswitch-client.ts'
import { startFormReceiver } from '../support/form-receiver.ts'
import { startTestServer } from '../support/test-server.ts'

/** Customers three deep, and one beside: group 10 over shop 20 over kiosk 30, rival 40. Each has a demo phone. */
const configText = (eventsUrl: string, mediaPorts: string): string => {
  const customer = (name: string, id: number, line: string, more = '') => `
  - name: ${name}
    ${more}
    id: ${id}
    country: AU
    lines: [{ number: "${line}", secret: s3cret-${line} }]
    users:
      - { name: user@${name}, password: demo-pass-0001, role: agent }
      - { name: reader@${name}, password: demo-pass-0001, role: reader }
      - { name: hasty@${name}, password: demo-pass-0001, role: agent, limits: { requestsPerSecond: 0.1 } }
    roles:
      - { name: agent, permissions: [calls:place, calls:read, calls:control] }
      - { name: reader, permissions: [calls:read] }
    webhooks: [{ url: "${eventsUrl}/${name}", format: enswitch }]`
  return `
http: { port: 0 }
sip: { listen: ["udp:127.0.0.1:0"] }
media: { ports: ${mediaPorts} }
store: sqlite:cordboard.db
log: { level: error }
node: { number: 7, name: asterisk07 }
calls: { ringSeconds: 4 }
accounts:
${customer('group', 10, '101')}
${customer('shop', 20, '201', 'parent: group')}
${customer('kiosk', 30, '301', 'parent: shop')}
${customer('rival', 40, '401')}
demo: { phones: [group/101, shop/201, kiosk/301, rival/401], trunk: demo }
`
}

/** Parties of a call, and how far its legs are to come. */
interface Situation {
  readonly parties: string
  readonly legs: string
}

/** 0412…480 rings for ever, as the demo carrier has it. */
const situations = {
  scheduled: { parties: 'stype=phone;snumber=201;cnumber=0412345678;delay=600', legs: '' },
  'first ringing': { parties: 'snumber=0412345480;cnumber=201', legs: 'Calling' },
  'second ringing': { parties: 'stype=phone;snumber=201;cnumber=0412345480', legs: 'Answer,Calling' },
  talking: { parties: 'stype=phone;snumber=201;cnumber=0412345678', legs: 'Answer,Answer' },
} as const satisfies Record<string, Situation>

const as = (user: string): string => `auth_username=${user};auth_password=demo-pass-0001`

describe('clients of Enswitch that track their calls', { timeout: 120_000 }, () => {
  let server: RunningServer
  const cleanUps: (() => Promise<void> | void)[] = []
  const accepted: string[] = []
  const posted: { readonly customer: string; readonly form: URLSearchParams }[] = []
  let events: Awaited<ReturnType<typeof startFormReceiver>>

  before(async () => {
    events = await startFormReceiver((form, path) => posted.push({ customer: path.slice(1), form }))
    const context = { after: (cleanUp: () => Promise<void>) => cleanUps.push(cleanUp) }
    server = await startTestServer(context, '', configText(events.url, await claimPortRange(200)))
    server.callLog.followAll((event) => {
      if (event.type === 'call.accepted') accepted.push(event.callId)
    })
    await until(async () => server.counts().registrations === 4)
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
    events.stop()
  })

  const ask = (user: string, path: string, parameters = '') => askEnswitch(server, path, `${as(user)};${parameters}`)
  const make = (parties: string) => ask('user@shop', 'calls/make', parties)
  const statusesOf = async (id: string): Promise<string> =>
    (await ask('user@shop', 'calls/active/list', `callid=${id}`)).data.map(({ status }: Row) => status).join()
  const cdrOf = async (id: string): Promise<Row | undefined> =>
    (await ask('user@shop', 'cdrs/list', `detail=call;callid=${id}`)).data[0]
  const hasEnded = async (id: string): Promise<boolean> => (await cdrOf(id)) !== undefined
  const hangUp = async (id: string) =>
    assert.deepEqual(verdictsOf(await ask('user@shop', 'calls/hangup', `callid=${id}`)), ['204'])

  /** A call of the shop, of which so many legs have come so far. */
  async function bring({ parties, legs }: Situation): Promise<string> {
    await make(parties)
    const id = accepted.at(-1) ?? assert.fail('no call was accepted')
    await until(async () => (await statusesOf(id)) === legs)
    return id
  }

  describe('hang up and redirect, whatever the call does', () => {
    const notConnected = ['400 uniqueid']
    const cases: readonly [keyof typeof situations, redirected: readonly string[]][] = [
      ['scheduled', notConnected],
      ['first ringing', notConnected],
      ['second ringing', notConnected],
      ['talking', ['204']],
    ]
    for (const [name, redirected] of cases) {
      test(name, async () => {
        const id = await bring(situations[name])
        const redirection = `uniqueid=${id}.2;cnumber=101;ctype=;channel=1`
        for (const stranger of ['user@kiosk', 'user@rival']) {
          assert.deepEqual(verdictsOf(await ask(stranger, 'calls/redirect', redirection)), ['404 uniqueid'])
          assert.deepEqual(verdictsOf(await ask(stranger, 'calls/hangup', `uniqueid=${id}`)), ['404 uniqueid'])
        }
        assert.deepEqual(verdictsOf(await ask('reader@shop', 'calls/hangup', `callid=${id}`)), ['402'])
        const malformed = await ask('user@group', 'calls/redirect', redirection.replace('101', 'sip:x'))
        assert.deepEqual(verdictsOf(malformed), ['400 cnumber'])
        // The shop dials no line of its group's: this is an outside number to it.
        assert.deepEqual(verdictsOf(await ask('user@group', 'calls/redirect', redirection)), redirected)
        assert.deepEqual(verdictsOf(await ask('user@group', 'calls/hangup', `uniqueid=${id}.2`)), ['204'])
        await until(() => hasEnded(id))
        await until(async () => verdictsOf(await ask('user@shop', 'calls/hangup', `callid=${id}`))[0] === '404 callid')
        assert.deepEqual(verdictsOf(await ask('user@shop', 'calls/redirect', redirection)), ['404 uniqueid'])
        assert.deepEqual((await ask('user@rival', 'cdrs/list', `callid=${id}`)).data, [])
      })
    }
  })

  test('whose calls a list holds, of customers three deep', async () => {
    const ids: Record<string, string> = {}
    for (const [customer, line] of Object.entries({ group: '101', shop: '201', kiosk: '301', rival: '401' })) {
      const made = await ask(`user@${customer}`, 'calls/make', `stype=phone;snumber=${line};cnumber=0412345999;wait=5`)
      assert.deepEqual([made.data.machine, made.data.server], [7, 'asterisk07'])
      ids[made.data.callid] = customer
    }
    for (const [user, customer, expected] of [
      ['group', '', 'group'],
      ['group', 'all', 'group shop'],
      ['group', 'recursive', 'group kiosk shop'],
      ['group', '10', 'group'],
      ['group', '30', 'kiosk'],
      ['group', 'shop', 'shop'],
      ['group', '40', '404 customer'],
      ['shop', 'all', 'kiosk shop'],
      ['shop', 'recursive', 'kiosk shop'],
      ['shop', '10', '404 customer'],
      ['kiosk', 'recursive', 'kiosk'],
      ['kiosk', '20', '404 customer'],
      ['rival', 'recursive', 'rival'],
    ] as const) {
      const list = await ask(`reader@${user}`, 'calls/active/list', `customer=${customer}`)
      const owners = new Set(list.data?.map(({ callid }: Row) => ids[callid]))
      assert.equal(
        list.data ? [...owners].toSorted().join(' ') : verdictsOf(list).join(),
        expected,
        `${user} ${customer}`,
      )
    }
    for (const [id, customer] of Object.entries(ids)) await ask(`user@${customer}`, 'calls/hangup', `callid=${id}`)
    const ended = async () => (await ask('user@group', 'calls/active/list', 'customer=recursive')).data.length === 0
    await until(ended)
    const talks = (await ask('user@group', 'cdrs/list', 'customer=recursive;detail=call;descending=1;limit=3')).data
    assert.deepEqual(
      talks.map(({ customer }: Row) => customer),
      [30, 20, 10],
    )
  })

  describe('the customer is posted', () => {
    for (const [name, situation, expected] of [
      [
        'an answered call',
        situations.talking,
        ['start 1 Calling', 'answer 1 Answer', 'start 2 Calling', 'answer 2 Answer', 'end 1 Hangup', 'end 2 Hangup'],
      ],
      [
        'a call whose second party is busy',
        { parties: 'stype=phone;snumber=201;cnumber=0412345486', legs: '' },
        ['start 1 Calling', 'answer 1 Answer', 'start 2 Calling', 'end 2 Abandon', 'end 1 Abandon'],
      ],
      [
        'a call whose first party does not answer',
        { parties: 'snumber=0412345480;cnumber=201', legs: '' },
        ['start 1 Calling', 'end 1 Abandon'],
      ],
      [
        'a call cancelled while the first party rings',
        situations['first ringing'],
        ['start 1 Calling', 'end 1 Abandon'],
      ],
      ['a delayed call that is cancelled: nothing', situations.scheduled, []],
    ] as const) {
      test(name, async () => {
        const id = await bring(situation)
        if (situation.legs !== '' || expected.length === 0) await hangUp(id)
        await until(() => hasEnded(id))
        // Events come in the order of the log: what is told of a later call is told after all of this one.
        const later = await bring(situations['first ringing'])
        await hangUp(later)
        await until(async () => posted.some(({ form }) => form.get('callid') === later))
        const told = posted.filter(({ form }) => form.get('callid') === id)
        const lines = told.map(({ form }) => {
          const leg = form.get('uniqueid') === id ? 1 : 2
          return `${form.get('event')} ${leg} ${form.get('status')}`
        })
        // Where the server hangs up both, either may be gone first.
        assert.deepEqual(lines.toSorted(), expected.toSorted())
        assert.deepEqual(lines.slice(0, -2), expected.slice(0, -2))
        assert.ok(told.every(({ customer }) => customer === 'shop'))
      })
    }
  })

  test('too many requests: 429 within HTTP 200, and when to come back', async () => {
    const login = () => fetch(`${server.url}/api/json/user/login/?${as('hasty@shop')}`)
    assert.deepEqual(verdictsOf(decodeEnvelope(200, await (await login()).text())), ['200'])
    const refused = await login()
    assert.deepEqual(verdictsOf(decodeEnvelope(refused.status, await refused.text())), ['429'])
    assert.match(refused.headers.get('retry-after') ?? '', /^(?:[1-9]|10)$/)
  })

  test('PHP, however it sends', async (t) => {
    const php = requirePhpCurl(t)
    if (php === undefined) return
    const client = fileURLToPath(new URL('../peers/enswitch-client.php', import.meta.url))
    const parameters = {
      ...{ auth_username: 'user@shop', auth_password: 'demo-pass-0001', stype: 'phone', snumber: '201' },
      ...{ cnumber: '+61412345999', callerid1: 'Zo\u00eb & "Co"; <201>', callerid2: '', wait: 5 },
    }
    for (const way of ['file', 'get', 'form', 'multipart', 'semicolons']) {
      const url = `${server.url}/api/json//calls/make/`
      const run = await promisify(execFile)(php, [client, url, way, JSON.stringify(parameters)], { timeout: 30_000 })
      const { status, body } = JSON.parse(run.stdout) as { status: number; body: string }
      const made = decodeEnvelope(status, body)
      assert.deepEqual(verdictsOf(made), ['200'], way)
      await hangUp(made.data.callid)
      await until(() => hasEnded(made.data.callid))
      assert.equal((await cdrOf(made.data.callid))?.cnumber, '+61412345999')
    }
  })

  test("1001 parameters in the query, however long their names: 400, in the vendor's shape", async () => {
    const parameters = (count: number) =>
      Array.from({ length: count }, (_, n) => `a-parameter-of-some-length-${n}=${n}`)
    const login = (count: number) => ask('user@shop', 'user/login', parameters(count).join('&'))
    assert.deepEqual(verdictsOf(await login(998)), ['200'])
    assert.deepEqual(verdictsOf(await login(999)), ['400'])
  })

  test('several requests over one connection, one after the other and all at once', async () => {
    const { hostname, port } = new URL(server.url)
    const socket = connect(Number(port), hostname)
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer in 10 s')))
    const host = 'Host: pbx.example'
    const form = `${as('user@shop')}&snumber=201;cnumber=nobody`
    const requests = [
      `GET /api/json/user/login/?${as('user@shop')} HTTP/1.1\r\n${host}\r\n\r\n`,
      `POST /api/json/calls/make HTTP/1.1\r\n${host}\r\nContent-Length: ${form.length}\r\n\r\n${form}`,
      `HEAD /api/json/user/login HTTP/1.1\r\n${host}\r\n\r\n`,
      `PUT /api/json/calls/make HTTP/1.1\r\n${host}\r\nContent-Length: 3\r\n\r\na=1`,
      `GET /api/json/nothing HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`,
    ]
    socket.write(requests.join(''))
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    const answers = Buffer.concat(chunks)
      .toString()
      .split(/(?=HTTP\/1\.1 )/)
    const codes = answers.map((answer) => {
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      assert.match(head, /^HTTP\/1\.1 200 OK\r\n/)
      return body === '' ? 'no body' : verdictsOf(decodeEnvelope(200, body)).join()
    })
    assert.deepEqual(codes, ['200', '400 cnumber', 'no body', '405', '404'])
  })
})

interface Row {
  readonly status: string
  readonly customer: number
  readonly callid: string
  readonly cnumber: string
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, 'it did not come to that within 15 s')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
