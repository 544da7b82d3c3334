import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { receiveOctets } from '../../../test/support/exchange-octets.ts'
import { createHttpFront, type FakeCalls, frontRecords } from '../../../test/support/http-front.ts'
import type { CallAction } from '../../call/call-action.ts'
import type { CallRequest, LegTarget } from '../../call/call-request.ts'
import type { EndCause } from '../../call/end-cause.ts'
import type { Refusal } from '../../call/refusal.ts'

interface Exchange {
  readonly name: string
  /** The rows of the contract's tables that it stands for. */
  readonly rows: readonly string[]
  /** The request line; `Host` and `Connection` follow, then what else the client sends. */
  readonly request: string
  readonly sent?: { readonly headers?: readonly string[]; readonly body?: string }
  readonly given?: {
    readonly refusals?: readonly Refusal[]
    /** The first party is dialled while the request waits. */
    readonly dialled?: true
    readonly call?: keyof typeof situations
    readonly redirectRefusal?: Refusal
    /** The customer has line 101 alone, without a full number. */
    readonly oneLine?: true
  }
  readonly headers?: readonly string[]
  readonly answer: string
  /** The canonical request, where a call is placed; nothing is otherwise. */
  readonly places?: CallRequest
  readonly redirects?: readonly [string, LegTarget]
  readonly acts?: CallAction
  readonly ends?: true
}

const read = (file: string): readonly Exchange[] =>
  JSON.parse(readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8'))
const makeACall = read('make-a-call.json')
const sisters = read('sisters.json')
const knownClients = read('known-clients.json')

for (const [title, exchanges] of [
  ['calls/make, byte for byte', makeACall],
  ['its sisters, byte for byte', sisters],
  ['known clients, byte for byte', knownClients],
] as const) {
  describe(title, () => {
    for (const exchange of exchanges) it(exchange.name, () => check(exchange))
  })
}

describe('the contract', () => {
  const parameters = [
    ...['auth_username', 'auth_password', 'stype', 'snumber', 'ctype', 'cnumber', 'cdialplan', 'card', 'customer'],
    ...['answer1', 'answer2', 'callerid1', 'callerid2', 'recordgroup', 'screen1', 'screen2', 'warn1', 'warn2'],
    ...['delay', 'wait', 'noforwards'],
  ]
  const codes = ['200', '204', '400', '401', '402', '403', '404']
  const functions = ['calls/hangup', 'calls/redirect', 'calls/active/list', 'cdrs/list', 'user/login']
  const theirs = ['callid', 'uniqueid', 'ctype', 'cnumber', 'channel', 'customer', 'start', 'end', 'detail']
  const later = ['hold', 'resume', 'blindxfer', 'atxfer', 'answer', 'pickup'].map((name) => `calls/${name}`)
  const lookUps = [
    ...['customers/get', 'customers/list', 'phones/list', 'phones/get', 'phones/registrations/list'],
    ...['phones/forward/get', 'phones/dnd/get', 'recording/recordings/list', 'recording/recordings/get'],
  ]
  const filters = [
    ...['snumber', 'dnumber', 'cnumber', 'caller_number', 'called_number', 'phone', 'direction', 'status', 'dtype'],
    ...['recorded', 'talktime_minimum', 'talktime_maximum', 'recurse', 'sort'],
  ]
  it('has an exchange for each row of its tables', () => {
    assert.deepEqual(missing([...parameters, ...codes], makeACall), [])
    assert.deepEqual(missing([...functions, ...theirs, ...later, ...lookUps, ...filters], sisters), [])
    assert.deepEqual(missing(['PHP', 'Node', 'Go', 'C++', 'CRM'], knownClients), [])
  })
})

const missing = (rows: readonly string[], exchanges: readonly Exchange[]): readonly string[] =>
  rows.filter((row) => !exchanges.some((exchange) => exchange.rows.includes(row)))

const oneLine = { ...frontRecords, lines: [{ account: 'acme', number: '101', name: 'Alice', ha1: [] }] }

async function check({ request, sent, given = {}, headers = [], answer, ...expected }: Exchange): Promise<void> {
  const records = given.oneLine === true ? oneLine : frontRecords
  const front = await createHttpFront({ keepLog: false, records })
  try {
    if (given.call !== undefined) await situations[given.call](front.calls)
    const before = front.calls.placed.length
    const [refusal, ...otherRefusals] = given.refusals ?? []
    front.calls.refusal = refusal ?? given.redirectRefusal
    front.calls.otherRefusals = otherRefusals
    await front.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = front.app.server.address() as { port: number }
    const answered = receiveOctets(port, requestWith(request, sent))
    if (given.dialled) await dialWhenAwaited(front.calls)
    assert.equal((await answered).replace(/^Date: .*$/m, 'Date: …'), responseWith(answer, headers))
    const placed = front.calls.placed.slice(before)
    assert.deepEqual(placed, expected.places === undefined ? [] : [expected.places])
    assert.deepEqual(front.calls.redirected, expected.redirects === undefined ? [] : [expected.redirects])
    assert.deepEqual(front.calls.acted, expected.acts === undefined ? [] : [expected.acts])
    if (given.call === 'bridged') {
      const state = (await front.calls.call(['acme'], 'call-1'))?.state
      assert.equal(state, expected.ends === true ? 'ended' : 'bridged')
    }
  } finally {
    await front.app.close()
  }
}

function requestWith(requestLine: string, { headers = [], body = '' }: Exchange['sent'] = {}): Buffer {
  const octets = Buffer.from(body)
  const length = octets.length === 0 ? [] : [`Content-Length: ${octets.length}`]
  const head = [requestLine, 'Host: pbx.example', 'Connection: close', ...headers, ...length]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), octets])
}

const responseWith = (body: string, headers: readonly string[]): string =>
  [
    'HTTP/1.1 200 OK',
    ...headers,
    'cache-control: no-store',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'Date: …',
    'Connection: close',
    '',
    body,
  ].join('\r\n')

const recovery = { driver: 'fake', data: null }

async function dialWhenAwaited(calls: FakeCalls): Promise<void> {
  for (let turn = 0; turn < 2000 && calls.listenerCount === 0; turn++) await new Promise((done) => setTimeout(done, 1))
  calls.happen('call-1', { type: 'leg.dialled', leg: 'first', recovery })
}

/** Seconds since the call was accepted. */
const after = (seconds: number): number => 1_790_000_000_000 + seconds * 1000

async function place(calls: FakeCalls, account = 'acme'): Promise<void> {
  await calls.place({
    account,
    first: { target: { kind: 'line', value: '101' } },
    second: { target: { kind: 'dial', value: '0412345678' }, callerId: { number: '+61255501000' } },
    delaySeconds: 0,
    variables: {},
    origin: { dialect: 'native', credential: 'crm' },
  })
  calls.happen('call-1', { type: 'leg.dialled', leg: 'first', recovery }, after(0))
}

async function bridge(calls: FakeCalls, account?: string): Promise<void> {
  await place(calls, account)
  calls.happen('call-1', { type: 'leg.answered', leg: 'first', recovery }, after(2))
  calls.happen('call-1', { type: 'leg.dialled', leg: 'second', recovery }, after(2))
  calls.happen('call-1', { type: 'leg.answered', leg: 'second', recovery }, after(10))
  calls.happen('call-1', { type: 'call.bridged' }, after(10))
}

async function redirect(calls: FakeCalls): Promise<void> {
  await bridge(calls)
  calls.happen(
    'call-1',
    { type: 'call.redirected', leg: 'first', destination: { kind: 'line', number: '102' } },
    after(20),
  )
  calls.happen('call-1', { type: 'leg.ended', leg: 'first', cause: 'completed' }, after(20))
  calls.happen('call-1', { type: 'leg.dialled', leg: 'first', recovery }, after(20))
}

function end(calls: FakeCalls, cause: EndCause, at: number): void {
  for (const leg of ['first', 'second'] as const) calls.happen('call-1', { type: 'leg.ended', leg, cause }, at)
  calls.happen('call-1', { type: 'call.ended', cause }, at)
}

const situations = {
  ringing: place,
  bridged: bridge,
  foreign: (calls: FakeCalls) => bridge(calls, 'other'),
  async ended(calls: FakeCalls) {
    await bridge(calls)
    end(calls, 'completed', after(20))
  },
  /** The calling party is sent away after 10 s of talk, line 102 comes instead and talks for 5 s. */
  async redirected(calls: FakeCalls) {
    await redirect(calls)
    calls.happen('call-1', { type: 'leg.answered', leg: 'first', recovery }, after(25))
    calls.happen('call-1', { type: 'call.bridged' }, after(25))
    end(calls, 'completed', after(30))
  },
  /** The same, but line 102 does not answer. */
  async redirectedInVain(calls: FakeCalls) {
    await redirect(calls)
    end(calls, 'no-answer', after(50))
  },
  async unanswered(calls: FakeCalls) {
    await place(calls)
    calls.happen('call-1', { type: 'leg.ended', leg: 'first', cause: 'no-answer' }, after(5))
    calls.happen('call-1', { type: 'call.ended', cause: 'no-answer' }, after(5))
  },
}
