import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createHttpFront, type HttpFront, keys } from '../../../test/support/http-front.ts'
import type { RefusalCode } from '../../call/refusal.ts'

/** The golden answers, by the name of their exchange. */
const exchanges = JSON.parse(readFileSync(new URL('fixtures/exchanges.json', import.meta.url), 'utf8')) as {
  readonly name: string
  readonly response: string
}[]
const answerOf = (name: string): { readonly status: number; readonly body: string } => {
  const [head = '', body = ''] = exchanges.find((exchange) => exchange.name === name)?.response.split('\r\n\r\n') ?? []
  return { status: Number(head.slice(9, 12)), body }
}

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

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
const send = (url: string, options: { method?: Method; body?: string | Buffer; type?: string } = {}) =>
  front.app.inject({
    method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
    url,
    headers: options.type === undefined ? {} : { 'content-type': options.type },
    ...(options.body === undefined ? {} : { payload: options.body }),
  })

const form = 'application/x-www-form-urlencoded'
const parameters = `key=${keys.all}&origin=101&destination=0412345678`
const initiate = `/calls/initiate?${parameters}`

describe('accepted, byte for byte', () => {
  const json = JSON.stringify({ key: keys.all, origin: '101', destination: '0412345678' })
  const multipart = `${[...new URLSearchParams(parameters)]
    .map(
      ([name, value]) =>
        `--------------------------d74496d66958873e\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    )
    .join('')}--------------------------d74496d66958873e--\r\n`
  const cases: [string, Parameters<typeof send>][] = [
    ['query', [initiate]],
    ['trailing slash', [`/calls/initiate/?${parameters}`]],
    ['doubled slashes', [`//calls//initiate//?${parameters}`]],
    ['bodiless GET with a Content-Type', [initiate, { type: 'application/json' }]],
    ['bodiless GET with a Content-Type that is none', [initiate, { type: 'garbage' }]],
    ['form', ['/calls/initiate', { body: parameters, type: form }]],
    ['form with a newline at its end', ['/calls/initiate', { body: `${parameters}\n`, type: form }]],
    [
      "multipart form, as PHP's curl sends an array",
      [
        '/calls/initiate',
        { body: multipart, type: 'multipart/form-data; boundary=------------------------d74496d66958873e' },
      ],
    ],
    ['form without Content-Type', ['/calls/initiate', { body: parameters }]],
    ['JSON object', ['/calls/initiate', { body: json, type: 'application/json' }]],
    ['JSON array with one object', ['/calls/initiate', { body: `[${json}]`, type: 'application/json' }]],
    ['JSON under text/plain', ['/calls/initiate', { body: json, type: 'text/plain' }]],
    ["JSON under a form's Content-Type, as PHP's curl sends it", ['/calls/initiate', { body: json, type: form }]],
    ['JSON under a Content-Type that is none', ['/calls/initiate', { body: json, type: 'json' }]],
    ['form under a Content-Type that is none', ['/calls/initiate', { body: parameters, type: 'form' }]],
    ['form under two Content-Types', ['/calls/initiate', { body: parameters, type: `${form}, text/plain` }]],
    ['JSON with a byte order mark', ['/calls/initiate', { body: `\ufeff${json}`, type: 'application/json' }]],
    ['form with a byte order mark', ['/calls/initiate', { body: `\ufeff${parameters}`, type: form }]],
    ['JSON number as origin', ['/calls/initiate', { body: json.replace('"101"', '101'), type: 'application/json' }]],
    [
      'key in the query, the rest in the body',
      [`/calls/initiate?key=${keys.all}`, { body: 'origin=101&destination=0412345678', type: form }],
    ],
    [
      'a body that wins over the query',
      ['/calls/initiate?key=wrong&origin=999&destination=1', { body: parameters, type: form }],
    ],
  ]
  for (const [name, request] of cases) {
    it(name, async () => {
      const answer = await send(...request)
      assert.deepEqual({ status: answer.statusCode, body: answer.body }, answerOf('a form'))
      assert.deepEqual(front.calls.placed, [
        {
          account: 'acme',
          first: { target: { kind: 'line', value: '101' }, autoAnswer: false },
          second: { target: { kind: 'dial', value: '0412345678' } },
          delaySeconds: 0,
          variables: {},
          origin: { dialect: 'myapi', credential: 'crm' },
        },
      ])
    })
  }
})

describe('autoAnswer', () => {
  for (const [sent, expected] of [
    ['1', true],
    ['0', false],
    ['', false],
    ['true', true],
    ['True', true],
    ['false', false],
  ] as const) {
    it(`"${sent}" is ${expected}`, async () => {
      assert.equal((await send(`${initiate}&autoAnswer=${sent}`)).statusCode, 200)
      assert.equal(front.calls.placed[0]?.first.autoAnswer, expected)
    })
  }
  for (const sent of ['yes', '2', 'on', '01', '-1']) {
    it(`"${sent}" is refused`, async () => {
      const answer = await send(`${initiate}&autoAnswer=${sent}`)
      assert.equal(answer.statusCode, 400)
      assert.equal(answer.json().error, 'VALIDATION')
    })
  }
})

describe('faults', () => {
  it('no key', async () => {
    const answer = await send('/calls/initiate?origin=101&destination=1')
    assert.deepEqual({ status: answer.statusCode, body: answer.body }, answerOf('no key'))
  })
  it('a wrong key', async () => {
    const answer = await send('/calls/initiate?key=wrong&origin=101&destination=1')
    assert.deepEqual({ status: answer.statusCode, body: answer.body }, answerOf('no key'))
  })
  it('a key without the permission', async () => {
    const answer = await send(initiate.replace(keys.all, keys.readOnly))
    assert.equal(answer.statusCode, 403)
    assert.equal(answer.json().error, 'PERMISSION')
  })
  it("another line than the key's own", async () => {
    const answer = await send(initiate.replace(keys.all, keys.oneLine).replace('origin=101', 'origin=102'))
    assert.equal(answer.statusCode, 403)
  })
  it("the key's own line by its full number", async () => {
    const answer = await send(initiate.replace(keys.all, keys.oneLine).replace('origin=101', 'origin=1234101'))
    assert.equal(answer.statusCode, 200)
  })
  it('no origin', async () => {
    const answer = await send(`/calls/initiate?key=${keys.all}&destination=1`)
    assert.deepEqual({ status: answer.statusCode, body: answer.body }, answerOf('no origin'))
  })
  it('no destination', async () => {
    assert.equal((await send(`/calls/initiate?key=${keys.all}&origin=101`)).json().reason, 'Destination is required')
  })
  it('origin not registered', async () => {
    const message = 'The extension is not currently available (not registered)'
    front.calls.refusal = { code: 'unavailable', message, pointer: '/first' }
    const answer = await send(initiate)
    assert.deepEqual({ status: answer.statusCode, body: answer.body }, answerOf('no phone of the origin is registered'))
  })

  const refused: readonly [RefusalCode, number, string][] = [
    ['line-not-found', 404, 'NOTFOUND'],
    ['barred', 403, 'FORBIDDEN'],
    ['caller-id-not-allowed', 403, 'FORBIDDEN'],
    ['invalid-number', 400, 'VALIDATION'],
  ]
  for (const [code, status, error] of refused) {
    it(code, async () => {
      front.calls.refusal = { code, message: 'Ștefan says no/never' }
      const answer = await send(initiate)
      assert.equal(answer.statusCode, status)
      assert.equal(
        answer.body,
        `{"status":0,"request":"calls\\/initiate","error":"${error}","reason":"\\u0218tefan says no\\/never"}`,
      )
    })
  }
  it('too many requests', async () => {
    front.calls.refusal = { code: 'limit-exceeded', message: 'Too many requests', retryAfterSeconds: 3 }
    const answer = await send(initiate)
    assert.equal(answer.statusCode, 429)
    assert.equal(answer.headers['retry-after'], '3')
  })
})

describe('a web page of another origin', () => {
  const preflight = (headers: Record<string, string>) =>
    front.app.inject({
      method: 'OPTIONS',
      url: '/calls/initiate/',
      headers: { origin: 'https://crm.example', ...headers },
    })
  it('may post JSON', async () => {
    const { statusCode, headers, body } = await preflight({ 'access-control-request-method': 'POST' })
    assert.deepEqual([statusCode, body], [204, ''])
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.equal(headers['access-control-allow-methods'], 'GET, POST')
    assert.equal(headers['access-control-allow-headers'], 'content-type')
    assert.equal(front.calls.placed.length, 0)
  })
  it('and OPTIONS without that question is a method like any other', async () => {
    assert.equal((await preflight({})).json().error, 'METHOD')
  })
})

describe('the exact header fields, on every answer', () => {
  const requests: [string, Parameters<typeof send>][] = [
    ['accepted', [initiate]],
    ['no key', ['/calls/initiate']],
    ['unknown function', ['/calls/nothing']],
    ['another HTTP method', [initiate, { method: 'PUT' }]],
    ['a body over the limit', ['/calls/initiate', { body: 'a'.repeat(70_000), type: form }]],
  ]
  for (const [name, request] of requests) {
    it(name, async () => {
      const { headers } = await send(...request)
      assert.equal(headers['content-type'], 'application/json')
      assert.equal(headers['access-control-allow-origin'], '*')
      assert.equal(headers['cache-control'], 'no-cache')
      assert.equal(headers['x-powered-by'], undefined)
    })
  }
})

describe('framework errors keep the shape', () => {
  const cases: [string, Parameters<typeof send>, number, string][] = [
    ['unknown function', ['/calls/nothing'], 404, 'METHOD'],
    ['the bare prefix', ['/calls/'], 404, 'METHOD'],
    ['another HTTP method', [initiate, { method: 'DELETE' }], 404, 'METHOD'],
    ['a path that cannot be decoded', ['/calls/%zz'], 404, 'METHOD'],
    ['10 MB', ['/calls/initiate', { body: Buffer.alloc(10 << 20, 97), type: form }], 400, 'VALIDATION'],
    ['JSON that is none', ['/calls/initiate', { body: '{"key":', type: 'application/json' }], 400, 'VALIDATION'],
    ['an array of two', ['/calls/initiate', { body: '[{},{}]', type: 'application/json' }], 400, 'VALIDATION'],
    [
      'a wrong key in Latin-1',
      ['/calls/initiate', { body: Buffer.from('{"key":"\xff"}', 'latin1'), type: 'application/json' }],
      401,
      'AUTHENTICATION',
    ],
    ["a function of the vendor's that is not served", ['/sms/send?key=x'], 404, 'METHOD'],
    ['the bare prefix of such functions', ['/sms'], 404, 'METHOD'],
    [
      '65 levels',
      ['/calls/initiate', { body: `{"a":${'['.repeat(65)}${']'.repeat(65)}}`, type: 'application/json' }],
      400,
      'VALIDATION',
    ],
    ['65 levels of a query', [`/calls/initiate?${parameters}&x${'[a]'.repeat(65)}=1`], 400, 'VALIDATION'],
    [
      '1001 parameters',
      [
        '/calls/initiate',
        { body: `${parameters}&${Array.from({ length: 1001 }, (_, n) => `p${n}=1`).join('&')}`, type: form },
      ],
      400,
      'VALIDATION',
    ],
    [
      '1001 parameters of one name',
      ['/calls/initiate', { body: `${parameters}${'&p=1'.repeat(1001)}`, type: form }],
      400,
      'VALIDATION',
    ],
  ]
  for (const [name, request, status, error] of cases) {
    it(name, async () => {
      const answer = await send(...request)
      assert.equal(answer.statusCode, status, answer.body)
      assert.equal(answer.json().error, error)
      assert.equal(answer.json().status, 0)
      assert.equal(front.calls.placed.length, 0)
    })
  }
  it('a failure within, which the log tells and the client does not', async () => {
    front.calls.failure = new Error('the disk is gone')
    front.log.length = 0
    const answer = await send(initiate)
    assert.equal(answer.statusCode, 500)
    assert.equal(answer.json().error, 'INTERNAL')
    assert.doesNotMatch(answer.body, /disk/)
    assert.match(JSON.stringify(front.log, errorsToo), /the disk is gone/)
  })
})

const errorsToo = (_: string, value: unknown): unknown => (value instanceof Error ? value.message : value)

describe('attackers', () => {
  for (const [name, sent] of [
    ['CR LF', '04%0D%0AX: 1'],
    ['NUL', '04%00'],
    ['a quote', '04%22'],
    ['markup', '%3Cscript%3E'],
  ] as const) {
    it(`${name} in a number`, async () => {
      assert.equal((await send(`/calls/initiate?key=${keys.all}&origin=101&destination=${sent}`)).statusCode, 400)
      assert.equal((await send(`/calls/initiate?key=${keys.all}&origin=${sent}&destination=1`)).statusCode, 400)
      assert.equal(front.calls.placed.length, 0)
    })
  }
  for (const [name, more] of [
    ['a list', '&autoAnswer[]=1'],
    ['a named member', '&destination%5Ba%5D=0900'],
    ['a list', '&origin[0]=102'],
  ] as const) {
    it(`${name} where text belongs: ${more}`, async () => {
      assert.equal((await send(`${initiate}${more}`)).json().reason, 'A parameter must not be a list')
      assert.equal(front.calls.placed.length, 0)
    })
  }
  it('a list in JSON where text belongs', async () => {
    const body = JSON.stringify({ ...Object.fromEntries(new URLSearchParams(parameters)), autoAnswer: [1] })
    assert.equal((await send('/calls/initiate', { body })).json().reason, 'A parameter must not be a list')
    assert.equal(front.calls.placed.length, 0)
  })
  it('__proto__ pollutes nothing', async () => {
    const body = `{"__proto__":{"origin":"101","destination":"1"},"key":"${keys.all}"}`
    assert.equal(
      (await send('/calls/initiate', { body, type: 'application/json' })).json().reason,
      'Origin is required',
    )
    assert.equal(({} as Record<string, unknown>)['origin'], undefined)
  })
  it('of a JSON name that comes twice the last counts', async () => {
    const body = `{"key":"${keys.all}","origin":"999","destination":"1","origin":"101"}`
    assert.equal((await send('/calls/initiate', { body, type: 'application/json' })).statusCode, 200)
    assert.equal(front.calls.placed[0]?.first.target.value, '101')
  })
  it('HEAD rings nobody', async () => {
    await send(initiate, { method: 'HEAD' })
    assert.equal(front.calls.placed.length, 0)
  })
  it('a key never reaches the log, however its name is written', async () => {
    front.log.length = 0
    for (const name of ['key', '%6bey', '%6B%65%79', 'KEY', 'key[]', 'x;key', 'api_password']) {
      await send(`/calls/initiate?${name}=${keys.all}&origin=101&destination=1`)
    }
    await send(`/calls/initiate&key=${keys.all}`)
    assert.equal(front.log.length, 8)
    assert.doesNotMatch(JSON.stringify(front.log), new RegExp(keys.all))
  })
})
