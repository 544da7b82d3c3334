import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { createHttpFront, type HttpFront, keys, userPassword } from '../../../test/support/http-front.ts'
import { httpBuildQuery } from '../php/http-build-query.ts'
import { parseQuery } from '../php/parse-query.ts'

let front: HttpFront
beforeEach(async () => {
  front = await createHttpFront()
})
afterEach(() => front.app.close())

const url = '/api/originate-call'
const form = 'application/x-www-form-urlencoded'
const user = `api_username=alice%40acme&api_password=${userPassword}`
const members = {
  project_id: '1',
  caller_id: '0123456789',
  caller_id_name: 'John+Doe',
  type: 'queue',
  destination: 'test-queue',
  external_id: 'asdf1234',
} as const

/** `data[…]` as it stands in a form; what `change` names is replaced by it, encoded already. */
const dataOf = (change: Readonly<Record<string, string>> = {}): string =>
  Object.entries({ ...members, ...change })
    .map(([name, value]) => `data[${name}]=${value}`)
    .join('&')

/** A request's parameters with the hash that a client which owns the key would add. */
function signed(parameters: string, key: string = keys.all): string {
  const input = parseQuery(parameters)
  if ('fault' in input) return assert.fail(input.fault)
  const hash = createHash('md5').update(httpBuildQuery(input.values)).update(key).digest('hex')
  return `${parameters}&api_hash=${hash}`
}

const post = (payload: string | Buffer, to = url, type = form, headers: Record<string, string> = {}) =>
  front.app.inject({ method: 'POST', url: to, headers: { 'content-type': type, ...headers }, payload })
const postJson = (body: unknown) => post(JSON.stringify(body), url, 'application/json', bearer)
const bearer = { authorization: `Bearer ${keys.all}` }

/** Answered in the vendor's shape, with the status and what the message says; and nobody was rung. */
async function assertFault(answering: ReturnType<typeof post>, status: number, message: RegExp): Promise<void> {
  const answer = await answering
  assert.equal(answer.statusCode, status, answer.body)
  const { has_error, messages, results } = answer.json()
  assert.deepEqual({ has_error, results }, { has_error: true, results: [] })
  assert.match(messages.join('\n'), message)
  assert.equal(front.calls.placed.length, 0)
}

describe('the hash covers everything', () => {
  const sent = signed(`${user}&${dataOf({ async: '1', outbound_number: '%2B61255501000' })}`)

  it('as it was sent', async () => assert.equal((await post(sent)).statusCode, 200))

  for (const [name, query, body] of [
    ['a parameter more in the body', '', `${sent}&data[outbound_trunk]=dear`],
    ['a parameter more in the query', '?data[outbound_trunk]=dear', sent],
    ['a top parameter more', '?x=', sent],
    ['a parameter less', '', sent.replace('&data[async]=1', '')],
    ['another number', '', sent.replace('0123456789', '0123456788')],
    ['the same number twice, the last counts', '', `${sent}&data[caller_id]=0999`],
    ['another user', '', sent.replace('alice%40acme', 'sam%40acme-shop')],
    ['another order', '', sent.replace(/(.*)&(data\[async\]=1)/, '$2&$1')],
    ['its data as a list', '', `${sent}&data[]=1`],
    ['its data overwritten', '', `${sent}&data=`],
    ['the hash of another request, stolen', '', signed(`${user}&${dataOf()}`).replace('0123456789', '0999')],
    ['a second hash', '', `${sent}&api_hash=${'0'.repeat(32)}`],
    ['a hash as an array', '', sent.replace('api_hash=', 'api_hash[]=')],
    ['a hash cut off', '', sent.slice(0, -1)],
    ['a hash and more', '', `${sent}0`],
  ] as const) {
    it(`${name}: refused`, () => assertFault(post(body, url + query), 401, /api_hash/))
  }

  it('any octet of a signed request changed, put in or taken out: refused, or the same request', async () => {
    const change = fc.record({
      at: fc.nat(sent.length - 1),
      take: fc.nat(2),
      put: fc.constantFrom('', '0', '&', '=', '[', ']', '+', '%00', '%', 'a', '&x=1', '&data[vars][a]=1', ';', '#'),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, take, put }) => {
        const changed = sent.slice(0, at) + put + sent.slice(at + take)
        const before = front.calls.placed.length
        const answer = await post(changed)
        if (answer.statusCode === 200 && front.calls.placed.length > before) {
          assert.deepEqual(front.calls.placed.at(-1), await placedBy(sent))
        } else assert.ok([400, 401].includes(answer.statusCode), `${answer.statusCode} for ${changed}`)
      }),
      { numRuns: 500, seed: 1 },
    )
  })

  async function placedBy(parameters: string) {
    await post(parameters)
    return front.calls.placed.at(-1)
  }
})

describe('who asks', () => {
  for (const name of ['api_username', 'api_password'] as const) {
    it(`${name} as an array`, () =>
      assertFault(post(signed(`${user.replace(name, `${name}[]`)}&${dataOf()}`)), 401, new RegExp(name)))
  }

  it('a limit, and a place from where nobody may ask', async () => {
    const limited = await createHttpFront({
      admit: (_, { host }) =>
        host === 'elsewhere' ? { reason: 'not-from-here' } : { reason: 'limit-exceeded', retryAfterSeconds: 7 },
    })
    const ask = (host: string) => limited.app.inject({ method: 'POST', url, headers: { ...bearer, host }, payload: '' })
    const [slow, foreign] = [await ask('pbx.example'), await ask('elsewhere')]
    await limited.app.close()
    assert.deepEqual([slow.statusCode, slow.headers['retry-after']], [429, '7'])
    assert.equal(slow.body, '{"has_error":true,"messages":["Too many requests. Try again in 7 seconds"],"results":[]}')
    assert.equal(foreign.statusCode, 200)
    assert.match(foreign.json().messages[0], /^Permission denied/)
  })

  it('a credential never reaches the log', async () => {
    await front.app.inject({ method: 'GET', url: `${url}?${signed(`${user}&${dataOf()}`)}` })
    await front.app.inject({ method: 'GET', url: `${url}?api%5Fpassword=${userPassword}&api_hash[]=${keys.all}` })
    await post(signed(`${user}&${dataOf()}`), url, form, { authorization: `Bearer ${keys.all}x` })
    assert.equal(front.log.length, 3)
    assert.doesNotMatch(JSON.stringify(front.log), new RegExp(`${userPassword}|${keys.all}|api_hash=[0-9a-f]`))
  })
})

describe('parameters that attack', () => {
  for (const name of [...Object.keys(members), 'async', 'outbound_number', 'outbound_trunk']) {
    it(`${name} as an array`, () =>
      assertFault(post(signed(`${user}&${dataOf()}&data[${name}][x]=1`)), 200, new RegExp(`^Invalid ${name}\\.`)))
    for (const [what, text] of [
      ['CR LF', '0%0d%0aX-Evil:+1'],
      ['NUL', '0%001'],
      ['escape', '0%1b[2J'],
    ]) {
      it(`${what} in ${name}`, () =>
        assertFault(post(signed(`${user}&${dataOf({ [name]: text ?? '' })}`)), 200, /control characters|not an array/))
    }
    it(`64 kB in ${name}`, () =>
      assertFault(post(signed(`${user}&${dataOf({ [name]: '1'.repeat(60_000) })}`)), 200, /no longer than/))
  }
  for (const name of ['destination', 'external_id', 'project_id', 'type', 'outbound_trunk', 'caller_id']) {
    it(`octets that are no UTF-8 in ${name}`, () =>
      assertFault(post(signed(`${user}&${dataOf({ [name]: 'Jos%E9' })}`)), 200, /is UTF-8/))
  }
  for (const [name, sent] of [
    ['NUL in a variable', 'data[vars][a]=1%00'],
    ['CR LF in the name of an inner variable', 'data[vars][a][%0d%0ab]=1'],
    ['CR LF in the name of a variable', 'data[vars][a%0d%0ab]=1'],
    // Read as text they would be one variable.
    ['names of variables that are no UTF-8', 'data[vars][%E9]=1&data[vars][%E8]=2'],
    ['a variable of 3 kB', `data[vars][a]=${'1'.repeat(3000)}`],
    ['101 variables', Array.from({ length: 101 }, (_, n) => `data[vars][v${n}]=1`).join('&')],
  ]) {
    it(name ?? '', () => assertFault(post(signed(`${user}&${dataOf()}&${sent}`)), 200, /^Invalid vars\./))
  }

  it('a quote in a name is data', async () => {
    await post(signed(`${user}&${dataOf({ caller_id_name: '%22;x%3C%3E%5C' })}`))
    assert.equal(front.calls.placed[0]?.first.callerId?.name, '";x<>\\')
  })

  it('__proto__ is a variable like any other, and pollutes nothing', async () => {
    const polluting = '__proto__[project_id]=1&data[__proto__][type]=user&data[vars][__proto__]=x'
    assert.equal((await post(signed(`${polluting}&${user}&${dataOf()}`))).statusCode, 200)
    assert.deepEqual(Object.entries(front.calls.placed[0]?.variables ?? {}), [['__proto__', 'x']])
    assert.equal(({} as Record<string, unknown>)['project_id'], undefined)
  })

  it('__proto__ instead of data', () =>
    assertFault(postJson({ ['__proto__' as string]: members }), 200, /^Missing data/))

  it('JSON of every type where text belongs', async () => {
    for (const wrong of [[], {}, [1], { a: 1 }]) {
      for (const name of Object.keys(members)) {
        await assertFault(postJson({ data: { ...members, [name]: wrong } }), 200, new RegExp(`^Invalid ${name}\\.`))
      }
    }
  })

  const tooMany = /^Too many parameters/
  const many = (count: number, from = 0) => Array.from({ length: count }, (_, n) => `p${n + from}=1`).join('&')
  it('1000 parameters are read', async () => {
    assert.equal((await post(signed(`${user}&${dataOf()}&${many(991)}`))).statusCode, 200)
  })
  it('1001 parameters', () => assertFault(post(`${user}&${dataOf()}&${many(993)}`), 400, tooMany))
  it('1001 parameters, some in the query', () =>
    assertFault(post(`${user}&${dataOf()}&${many(500, 493)}`, `${url}?${many(493)}`), 400, tooMany))
  it('1001 JSON values', () => assertFault(postJson({ data: { vars: Array(1001).fill(1) } }), 400, tooMany))
  it('1001 parameters of one name', () => assertFault(post('a=1&'.repeat(1001)), 400, tooMany))
  it('30,000 levels', () => assertFault(post(`{"a":${'['.repeat(30_000)}`), 400, /^Parameters nested too deeply/))
  for (const [size, octets] of [
    ['64 KiB and one octet', 65_537],
    ['10 MB', 10 << 20],
  ] as const) {
    it(size, () => assertFault(post(Buffer.alloc(octets, 97)), 400, /^Body too long/))
  }
  it('octets that are no UTF-8 in JSON', () =>
    assertFault(post(Buffer.from('{"data":"\xff"}', 'latin1'), url, 'application/json'), 400, /^Invalid body/))

  it('HEAD rings nobody', async () => {
    const answer = await front.app.inject({ method: 'HEAD', url: `${url}?${signed(`${user}&${dataOf()}`)}` })
    assert.deepEqual([answer.statusCode, answer.headers['allow']], [405, 'GET, POST'])
    assert.equal(front.calls.placed.length, 0)
  })

  it('a failure within, which the log tells and the client does not', async () => {
    front.calls.failure = new Error('the disk is gone')
    await assertFault(post(signed(`${user}&${dataOf()}`)), 500, /^Internal error/)
    assert.ok(front.log.some(({ fields }) => (fields as { err?: unknown }).err === front.calls.failure))
  })
})

describe('async 0', () => {
  const waiting = (externalId: string) => signed(`${user}&${dataOf({ async: '0', external_id: externalId })}`)
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve))
  }
  const newestCall = async () => (await front.calls.calls(['acme'], { limit: 5000 })).calls.at(-1) ?? assert.fail()

  it('a client that disconnects does not cancel the call', async () => {
    const address = new URL(await front.app.listen({ host: '127.0.0.1', port: 0 }))
    const socket = connect(Number(address.port), address.hostname)
    const body = waiting('gone')
    socket.write(
      `POST ${url} HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    await until(() => front.calls.listenerCount === 1)
    socket.destroy()
    await until(() => front.calls.listenerCount === 0)
    assert.equal((await newestCall()).state, 'accepted')
  })

  it('a server that stops answers at once', async () => {
    const answering = post(waiting('stopping'))
    await until(() => front.calls.listenerCount === 1)
    const closed = front.app.close()
    const answer = await answering
    await closed
    assert.match(answer.json().messages[0], /^Call interrupted/)
  })

  it('2,000 requests wait at once', async () => {
    front.calls.kept = 2000
    const answering = Array.from({ length: 2000 }, (_, n) => post(waiting(`wait-${n}`)))
    await until(() => front.calls.listenerCount === 2000)
    const { calls } = await front.calls.calls(['acme'], { limit: 2000 })
    for (const { id } of calls) {
      front.calls.happen(id, { type: 'leg.answered', leg: 'first', recovery: { driver: 'fake', data: null } })
    }
    const answers = await Promise.all(answering)
    assert.ok(answers.every(({ body }) => body.includes('successfully originated')))
    assert.equal(front.calls.listenerCount, 0)
  })
})
