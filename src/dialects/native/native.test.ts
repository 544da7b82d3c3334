import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createHttpFront, type HttpFront, keys } from '../../../test/support/http-front.ts'

let front: HttpFront
before(async () => {
  front = await createHttpFront()
})
after(() => front.app.close())
beforeEach(() => {
  front.calls.refusal = undefined
  front.calls.failure = undefined
  front.calls.placed.length = 0
})

const valid = { first: { line: '101' }, second: { dial: '0412345678' } }

type Options = { key?: string; headers?: Record<string, string>; body?: unknown; raw?: string | Buffer }
const send = (method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'HEAD', url: string, options: Options = {}) => {
  const payload = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
  return front.app.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${options.key ?? keys.all}`,
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(payload === undefined ? {} : { payload }),
  })
}
const place = (body: unknown, options: Options = {}) => send('POST', '/v1/calls', { ...options, body })

describe('POST /v1/calls', () => {
  it('answers 201 with the place of the call', async () => {
    const answer = await place(valid)
    assert.equal(answer.statusCode, 201)
    assert.equal(answer.headers.location, `/v1/calls/${answer.json().id}`)
    assert.equal(answer.json().state, 'accepted')
    assert.equal((await send('GET', `${answer.headers.location}`)).json().id, answer.json().id)
  })

  it('passes on every word', async () => {
    const shown = { callerId: { name: 'N', number: '1' }, ringSeconds: 20 }
    const first = { user: 'a', autoAnswer: true, screen: true, warnBeforeCutOff: true, ...shown }
    const second = { number: '+61', trunk: 't', screen: false, link: 'https://crm.example/ä' }
    const named = { externalId: 'x', card: '9001', recordGroup: 1, noForwards: true, variables: { a: 'b' } }
    await place({ first, second, delaySeconds: 5, ...named })
    assert.deepEqual(front.calls.placed[0], {
      account: 'acme',
      first: {
        ...{ target: { kind: 'user', value: 'a' }, autoAnswer: true },
        ...{ screen: 'required', warnBeforeCutOff: 'required', ...shown },
      },
      second: { target: { kind: 'number', value: '+61' }, trunk: 't', link: 'https://crm.example/%C3%A4' },
      delaySeconds: 5,
      ...named,
      origin: { dialect: 'native', credential: 'crm' },
    })
  })

  it('waits for what `wait` names, then answers', async () => {
    const waiting = place({ ...valid, wait: { for: 'ended', seconds: 30 } })
    await until(() => front.calls.placed.length === 1)
    const id = ((await front.calls.calls(['acme'], { limit: 1000 })).calls.at(-1) ?? assert.fail()).id
    await until(() => front.calls.listenerCount === 1)
    front.calls.happen(id, { type: 'call.ended', cause: 'busy' })
    const call = (await waiting).json()
    assert.equal(call.end.cause, 'busy')
    assert.match(call.end.advice, /another call/)
    assert.equal(front.calls.listenerCount, 0)
  })

  const faults: [string, unknown, string][] = [
    ['no second leg', { first: { line: '1' } }, '/second'],
    ['two targets in a leg', { ...valid, first: { line: '1', dial: '2' } }, '/first'],
    ['no target in a leg', { ...valid, first: { autoAnswer: true } }, '/first'],
    ['an unknown word', { ...valid, frist: 1 }, ''],
    ['CR LF in a number', { ...valid, second: { dial: '1\r\nX: 1' } }, '/second/dial'],
    ['NUL in a name', { ...valid, first: { line: '1', callerId: { name: 'a\0' } } }, '/first/callerId/name'],
    ['a delay below zero', { ...valid, delaySeconds: -1 }, '/delaySeconds'],
    ['text for a number', { ...valid, delaySeconds: '5' }, '/delaySeconds'],
    ['an unknown wait', { ...valid, wait: { for: 'ever' } }, '/wait/for'],
  ]
  for (const [name, body, pointer] of faults) {
    it(`points at ${name}`, async () => {
      const answer = await place(body)
      assert.equal(answer.statusCode, 400)
      assert.equal(answer.headers['content-type']?.toString().split(';')[0], 'application/problem+json')
      const problem = answer.json()
      assert.equal(problem.type, '/problems/validation-failed')
      assert.ok(
        problem.errors.some((fault: { pointer: string }) => fault.pointer === pointer),
        answer.body,
      )
      assert.equal(front.calls.placed.length, 0)
    })
  }

  const types: [string, unknown, string, string][] = [
    ['is missing', { first: valid.first }, '/second', 'is missing; it must be an object'],
    ['is no object', { ...valid, second: '102' }, '/second', 'must be an object'],
    ['is null', { ...valid, second: null }, '/second', 'must be an object'],
    ['is a number for a text', { ...valid, first: { line: 101 } }, '/first/line', 'must be a string: in quotes'],
    ['is a text for a number', { ...valid, delaySeconds: '5' }, '/delaySeconds', 'must be a number'],
    ['is a fraction', { ...valid, delaySeconds: 1.5 }, '/delaySeconds', 'must be a whole number'],
    ['is a text for a choice', { ...valid, noForwards: 'yes' }, '/noForwards', 'must be true or false'],
  ]
  for (const [name, body, pointer, detail] of types) {
    it(`says in plain words what a member must be that ${name}`, async () => {
      assert.deepEqual((await place(body)).json().errors, [{ pointer, detail }])
    })
  }
})

describe('Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'key-1' }
  it('same key, same body: the same answer', async () => {
    const first = await place(valid, { headers })
    const second = await place(valid, { headers })
    assert.equal(second.body, first.body)
    assert.equal(second.headers['idempotent-replayed'], 'true')
    assert.equal(first.headers['idempotent-replayed'], undefined)
    assert.equal(front.calls.placed.length, 1)
  })
  it('same key, other body: 422', async () => {
    const answer = await place({ ...valid, externalId: 'other' }, { headers })
    assert.equal(answer.statusCode, 422)
    assert.equal(answer.json().type, '/problems/idempotency-key-reused')
  })
  it('spacing of the body and the order of its members do not count', async () => {
    const of = (variables: object) => ({ ...valid, variables })
    const raws = [of({ a: '1', b: '2' }), of({ b: '2', a: '1' })].map((body) => JSON.stringify(body, null, 2))
    const sent = raws.map((raw) => send('POST', '/v1/calls', { headers: { 'idempotency-key': 'k3' }, raw }))
    const replayed = (await Promise.all(sent)).map((answer) => answer.headers['idempotent-replayed'])
    assert.deepEqual(replayed, [undefined, 'true'])
  })
  it('many at once place one call', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => place(valid, { headers: { 'idempotency-key': 'k2' } })),
    )
    assert.equal(new Set(answers.map((answer) => answer.json().id)).size, 1)
    assert.equal(front.calls.placed.length, 1)
  })
})

describe('who may', () => {
  for (const [name, headers] of [
    ['no key', {}],
    ['a wrong key', { authorization: 'Bearer wrong' }],
    ['Basic', { authorization: 'Basic eDp5' }],
  ] as const) {
    it(`${name}: 401`, async () => {
      const answer = await front.app.inject({ method: 'GET', url: '/v1/calls', headers })
      assert.equal(answer.statusCode, 401)
      assert.match(String(answer.headers['www-authenticate']), /^Bearer/)
    })
  }
  it('a key without the permission: 403', async () => {
    assert.equal((await place(valid, { key: keys.readOnly })).statusCode, 403)
  })
  it("another line than the key's own: 403", async () => {
    assert.equal((await place({ ...valid, first: { line: '102' } }, { key: keys.oneLine })).statusCode, 403)
    assert.equal((await place(valid, { key: keys.oneLine })).statusCode, 201)
    const byFullNumber = { ...valid, first: { line: '1234101' } }
    assert.equal((await place(byFullNumber, { key: keys.oneLine })).statusCode, 201)
  })
  it('a key that is bound to a line sees and controls the calls of its line only', async () => {
    const own = (await place(valid)).json().id
    const others = (await place({ ...valid, first: { line: '102' } })).json().id
    const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
      send(method, path, { key: keys.oneLine, ...(body === undefined ? {} : { body }) })
    const redirect = { stays: 'first', to: { dial: '1' } }
    assert.equal((await ask('GET', `/v1/calls/${others}`)).statusCode, 404)
    assert.equal((await ask('GET', `/v1/calls/${others}/events`)).statusCode, 404)
    assert.equal((await ask('POST', `/v1/calls/${others}/redirect`, redirect)).statusCode, 404)
    const hold = { action: 'hold', leg: 'first' }
    assert.equal((await ask('POST', `/v1/calls/${others}/actions`, hold)).statusCode, 404)
    assert.equal((await ask('DELETE', `/v1/calls/${others}`)).statusCode, 404)
    assert.equal((await send('GET', `/v1/calls/${others}`)).json().state, 'accepted')
    const listed = (await ask('GET', '/v1/calls?limit=1000')).json().calls.map(({ id }: { id: string }) => id)
    assert.ok(listed.includes(own) && !listed.includes(others))
    assert.equal((await ask('GET', `/v1/calls/${own}/events`)).statusCode, 200)
    assert.equal((await ask('DELETE', `/v1/calls/${own}`)).statusCode, 200)
  })
  it("another account's call: 404, for reading and for ending", async () => {
    const { id } = (await place(valid)).json()
    for (const [method, url] of [
      ['GET', ''],
      ['GET', '/events'],
      ['DELETE', ''],
    ] as const) {
      assert.equal((await send(method, `/v1/calls/${id}${url}`, { key: keys.otherAccount })).statusCode, 404)
    }
  })
  it('too fast: 429 with Retry-After', async () => {
    const slow = await createHttpFront({ admit: () => ({ reason: 'limit-exceeded', retryAfterSeconds: 2 }) })
    const answer = await slow.app.inject({
      method: 'GET',
      url: '/v1/lines',
      headers: { authorization: `Bearer ${keys.all}` },
    })
    assert.equal(answer.statusCode, 429)
    assert.equal(answer.headers['retry-after'], '2')
    await slow.app.close()
  })
})

describe('framework errors are problems too', () => {
  const cases: [string, Parameters<typeof send>, number][] = [
    ['JSON that is none', ['POST', '/v1/calls', { raw: '{"a":' }], 400],
    ['no body', ['POST', '/v1/calls'], 400],
    ['octets that are no UTF-8', ['POST', '/v1/calls', { raw: Buffer.from([0x7b, 0xff]) }], 400],
    ['64 KiB of brackets', ['POST', '/v1/calls', { raw: '['.repeat(65_000) }], 400],
    ['10 MB', ['POST', '/v1/calls', { raw: Buffer.alloc(10 << 20, 32) }], 413],
    [
      'faults under a Content-Type that is none',
      ['POST', '/v1/calls', { raw: '{}', headers: { 'content-type': 'a' } }],
      400,
    ],
    ['an unknown resource', ['GET', '/v1/nothing'], 404],
    ['a path that cannot be decoded', ['GET', '/v1/calls/%zz'], 404],
    ['a resource of no dialect', ['GET', '/nothing'], 404],
    ['another method', ['PUT', '/v1/calls', { body: {} }], 405],
    ['an unknown filter', ['GET', '/v1/calls?sate=live'], 400],
    ['a limit that is none', ['GET', '/v1/calls?limit=0'], 400],
  ]
  for (const [name, request, status] of cases) {
    it(`${name}: ${status}`, async () => {
      const answer = await send(...request)
      assert.equal(answer.statusCode, status, answer.body)
      assert.equal(answer.headers['content-type']?.toString().split(';')[0], 'application/problem+json')
      assert.equal(answer.json().status, status)
    })
  }
  it('405 says what is allowed', async () => {
    assert.equal((await send('PUT', '/v1/calls/x')).headers.allow, 'GET, HEAD, DELETE')
  })
  it('a failure within is logged, not told', async () => {
    front.calls.failure = new Error('the disk is gone')
    const answer = await place(valid)
    assert.equal(answer.statusCode, 500)
    assert.doesNotMatch(answer.body, /disk/)
  })
  it('__proto__ pollutes nothing', async () => {
    await send('POST', '/v1/calls', { raw: '{"__proto__":{"polluted":1},"variables":{"__proto__":"x"}}' })
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  })
})

describe('what the rest answers', () => {
  it('DELETE hangs up, once', async () => {
    const { id } = (await place(valid)).json()
    assert.equal((await send('DELETE', `/v1/calls/${id}`)).json().end.cause, 'cancelled')
    assert.equal((await send('DELETE', `/v1/calls/${id}`)).statusCode, 200)
  })
  it('events hold nothing that is the driver’s own', async () => {
    const { id } = (await place(valid)).json()
    const recovery = { driver: 'sip', data: { secret: 'tag' } }
    front.calls.happen(id, { type: 'leg.dialled', leg: 'first', recovery })
    const answer = await send('GET', `/v1/calls/${id}/events`)
    assert.deepEqual(
      answer.json().events.map((event: { type: string }) => event.type),
      ['call.accepted', 'leg.dialled'],
    )
    assert.doesNotMatch(answer.body, /recovery|secret/)
  })
  it('phones, lines, problems, the OpenAPI document', async () => {
    assert.equal((await send('GET', '/v1/phones')).json().phones[0].line, '101')
    assert.equal((await send('GET', '/v1/lines')).json().lines[0].number, '101')
    assert.equal((await send('GET', '/problems/unavailable')).statusCode, 200)
    const document = (await send('GET', '/v1/openapi.json')).json()
    assert.equal(document.openapi, '3.1.0')
    const body = document.paths['/v1/calls'].post.requestBody.content['application/json'].schema
    assert.deepEqual(body.required, ['first', 'second'])
  })
})

describe('POST /v1/calls/:id/actions', () => {
  const bridged = async () => {
    const { id } = (await place(valid)).json()
    front.calls.happen(id, { type: 'call.bridged' })
    front.calls.acted.length = 0
    return {
      id,
      act: (body: unknown, options: Options = {}) => send('POST', `/v1/calls/${id}/actions`, { ...options, body }),
    }
  }

  for (const action of [
    { action: 'hold', leg: 'first' },
    { action: 'resume', leg: 'second' },
    { action: 'mute', leg: 'first' },
    { action: 'unmute', leg: 'second' },
    { action: 'send-digits', leg: 'second', digits: '12w3#' },
    { action: 'play', leg: 'both', clip: 'goodbye' },
    { action: 'stop-playing', leg: 'first' },
  ]) {
    it(`${action.action}: 202 with the call, and passed on as it is`, async () => {
      const { id, act } = await bridged()
      const answer = await act(action)
      assert.deepEqual([answer.statusCode, answer.json().id, front.calls.acted], [202, id, [action]])
    })
  }

  it('the call shows who is on hold and who is muted, as long as they are', async () => {
    const { act } = await bridged()
    const shown = async (action: string) => {
      const { held, muted } = (await act({ action, leg: 'first' })).json().first
      return [held, muted]
    }
    assert.deepEqual(await shown('hold'), [true, undefined])
    assert.deepEqual(await shown('mute'), [true, true])
    assert.deepEqual(await shown('resume'), [undefined, true])
    assert.deepEqual(await shown('unmute'), [undefined, undefined])
  })

  const faults: [string, object, string, RegExp][] = [
    ['an unknown action', { action: 'whistle', leg: 'first' }, '/action', /hold, resume, mute, unmute, send-digits/],
    ['no action', { leg: 'first' }, '/action', /hold, resume/],
    ['an unknown leg', { action: 'hold', leg: 'third' }, '/leg', /first/],
    ['a hold of both', { action: 'hold', leg: 'both' }, '/leg', /first/],
    ['no leg', { action: 'mute' }, '/leg', /missing|first/],
    ['no digits', { action: 'send-digits', leg: 'first' }, '/digits', /missing/],
    ['what is no key', { action: 'send-digits', leg: 'first', digits: '12x' }, '/digits', /half a second/],
    ['too many digits', { action: 'send-digits', leg: 'first', digits: '1'.repeat(65) }, '/digits', /64/],
    ['no clip', { action: 'play', leg: 'first' }, '/clip', /missing/],
    ['CR LF in a clip', { action: 'play', leg: 'first', clip: 'a\r\n' }, '/clip', /control/],
    ['an unknown word', { action: 'hold', leg: 'first', music: 'x' }, '', /"music"/],
  ]
  for (const [what, body, pointer, detail] of faults) {
    it(`${what}: 400, and nothing is done`, async () => {
      const { act } = await bridged()
      const answer = await act(body)
      assert.equal(answer.statusCode, 400)
      assert.equal(answer.json().errors[0].pointer, pointer)
      assert.match(answer.json().errors[0].detail, detail)
      assert.deepEqual(front.calls.acted, [])
    })
  }

  it('a call that is not bridged: 409, naming its state', async () => {
    const { id } = (await place(valid)).json()
    const hold = () => send('POST', `/v1/calls/${id}/actions`, { body: { action: 'hold', leg: 'first' } })
    const early = await hold()
    assert.deepEqual([early.statusCode, early.json().type], [409, '/problems/not-in-this-state'])
    assert.match(early.json().detail, /^The call is accepted;/)
    await send('DELETE', `/v1/calls/${id}`)
    assert.match((await hold()).json().detail, /^The call is ended;/)
  })

  it('no such call, no such clip: 404; no permission: 403; another method: 405', async () => {
    const { id, act } = await bridged()
    const hold = { action: 'hold', leg: 'first' }
    assert.equal((await send('POST', '/v1/calls/nothing/actions', { body: hold })).json().type, '/problems/not-found')
    const clip = await act({ action: 'play', leg: 'first', clip: 'unknown' })
    assert.deepEqual([clip.statusCode, clip.json().type], [404, '/problems/clip-not-found'])
    assert.equal((await act(hold, { key: keys.readOnly })).statusCode, 403)
    assert.equal((await act(hold, { key: keys.otherAccount })).statusCode, 404)
    assert.equal((await send('GET', `/v1/calls/${id}/actions`)).statusCode, 405)
    assert.deepEqual(front.calls.acted, [])
  })
})

it('reads the megabytes of a directory only for one who may write it', async () => {
  const raw = Buffer.alloc(33 * 1024 * 1024)
  const status = async (key: string) => (await send('PUT', '/v1/directory', { key, raw })).statusCode
  assert.deepEqual([await status('nobody'), await status(keys.readOnly)], [401, 403])
})

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !condition(); turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(condition())
}

describe('GET /v1/calls', () => {
  for (const cursor of ['garbage', '', '0'.repeat(31), `${'0'.repeat(31)}G`, `${'0'.repeat(32)}'--`]) {
    it(`refuses ${JSON.stringify(cursor)}, which was never told as a cursor`, async () => {
      const answer = await send('GET', `/v1/calls?cursor=${encodeURIComponent(cursor)}`)
      assert.equal(answer.statusCode, 400)
      assert.deepEqual(answer.json().errors, [
        { pointer: '/cursor', detail: 'must be the cursor of the page before, as it was told' },
      ])
    })
  }
})
