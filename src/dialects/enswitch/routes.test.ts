import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createHttpFront, type HttpFront, keys, userPassword } from '../../../test/support/http-front.ts'
import type { CallRequest } from '../../call/call-request.ts'

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
const path = '/api/json/calls/make/'
const user = `auth_username=alice@acme;auth_password=${userPassword}`
const parties = 'stype=phone;snumber=101;cnumber=0412345678'
const valid = `${path}?${user};${parties}`
const requested = '{"responses":[{"code":"204","key":"","message":"OK"}]}'

const first = (): CallRequest => front.calls.placed[0] ?? assert.fail('nothing was placed')

describe('however a client sends it', () => {
  const multipart = `${`${user};${parties}`
    .split(';')
    .map((pair) => pair.split('='))
    .map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join('')}--x--\r\n`
  const cases: [string, Parameters<typeof send>][] = [
    ['semicolons', [valid]],
    ['ampersands', [valid.replaceAll(';', '&')]],
    ['both', [valid.replace(';', '&')]],
    ['no trailing slash', [valid.replace('make/', 'make')]],
    ['doubled slashes', [valid.replace('json/', 'json//')]],
    ['the prefix of some brands', [`/local${valid}`]],
    ['everything encoded', [`${path}?${user.replace('@', '%40')};${parties}`]],
    ['empty pairs', [valid.replaceAll(';', ';;&')]],
    ['bodiless GET with a Content-Type', [valid, { type: 'application/json' }]],
    ['bodiless GET with a Content-Type that is none', [valid, { type: 'garbage' }]],
    ['form with semicolons', [path, { body: `${user};${parties}`, type: form }]],
    ['form with ampersands', [path, { body: `${user};${parties}`.replaceAll(';', '&'), type: form }]],
    ['form with a newline at its end', [path, { body: `${user};${parties}\r\n`, type: form }]],
    ['form with a byte order mark', [path, { body: `\ufeff${user};${parties}`, type: form }]],
    ['form under a Content-Type that is none', [path, { body: `${user};${parties}`, type: 'garbage' }]],
    ['form under another Content-Type', [path, { body: `${user};${parties}`, type: 'text/plain' }]],
    ['multipart form', [path, { body: multipart, type: 'multipart/form-data; boundary=x' }]],
    ['credentials in the query, the rest in the body', [`${path}?${user}`, { body: parties, type: form }]],
    [
      'a body that wins over the query',
      [`${path}?auth_password=wrong;snumber=999`, { body: `${user};${parties}`, type: form }],
    ],
    ['the last of a name that comes twice', [`${valid.replace('snumber=101', 'snumber=999')};snumber=101`]],
    ['parameters that it does not know', [`${valid};_=1700000000;lang=en`]],
    ['empty values', [`${valid};ctype=;card=;customer=;answer1=;callerid1=;warn1=;delay=;wait=;noforwards=`]],
    ['spaces around values', [valid.replace('snumber=101', 'snumber=%20101+')]],
  ]
  for (const [name, request] of cases) {
    it(name, async () => {
      const answer = await send(...request)
      assert.equal(answer.statusCode, 200)
      assert.equal(answer.body, requested)
      assert.deepEqual(front.calls.placed, [
        {
          account: 'acme',
          first: { target: { kind: 'line', value: '101' }, warnBeforeCutOff: 'preferred' },
          second: { target: { kind: 'dial', value: '0412345678' }, warnBeforeCutOff: 'preferred' },
          delaySeconds: 0,
          variables: {},
          origin: { dialect: 'enswitch', credential: 'alice@acme' },
        },
      ])
    })
  }
  it('an encoded semicolon is part of its value', async () => {
    await send(`${valid};callerid1=A%3Bsnumber%3D102%26x%20%3C1%3E`)
    assert.deepEqual(first().first.callerId, { name: 'A;snumber=102&x', number: '1' })
    assert.equal(first().first.target.value, '101')
  })
  it('the plus of a number, encoded, unencoded and in a caller id', async () => {
    for (const [sent, number] of [
      ['cnumber=%2B61412345678', '+61412345678'],
      ['cnumber=+61412345678', '+61412345678'],
      ['cnumber=+61+412+345+678', '+61 412 345 678'],
    ] as const) {
      front.calls.placed.length = 0
      await send(`${valid};${sent};callerid2=A+B+<+61255501000>`)
      assert.equal(first().second.target.value, number)
      assert.deepEqual(first().second.callerId, { name: 'A B', number: '+61255501000' })
    }
  })
})

it('asks for the same as the native API, and for caller ids of the own house', async () => {
  const native = {
    first: { line: '101', autoAnswer: true, callerId: { name: 'A', number: '1' } },
    second: { dial: '0412345678', callerId: { number: '2' } },
    delaySeconds: 5,
  }
  await front.app.inject({
    method: 'POST',
    url: '/v1/calls',
    headers: { authorization: `Bearer ${keys.all}`, 'content-type': 'application/json' },
    payload: JSON.stringify(native),
  })
  await send(`${valid};answer1=1;callerid1=A<1>;callerid2=2;delay=5;warn1=0;warn2=0`)
  const [byNative, byEnswitch] = front.calls.placed.map(({ origin: _, ...rest }) => rest)
  assert.ok(byNative)
  const { first, second } = byNative
  const ownCallerId = true
  assert.deepEqual(byEnswitch, {
    ...byNative,
    ...{ first: { ...first, ownCallerId }, second: { ...second, ownCallerId } },
  })
})

describe('framework errors keep the shape, and HTTP 200', () => {
  const parameters = (count: number, name = 'p') => Array.from({ length: count }, (_, n) => `${name}${n}=1`).join(';')
  const many = parameters(1001)
  const deep = `a${'[b]'.repeat(65)}=1`
  const cases: [string, Parameters<typeof send>, string][] = [
    ['an unknown function', ['/api/json/calls/nothing'], '404'],
    ['an unknown function under the other prefix', ['/local/api/json/x/y/z'], '404'],
    ['the bare prefix', ['/api/json/'], '404'],
    ['a path that cannot be decoded', ['/api/json/%zz'], '404'],
    ['a path of 4,000 characters', [`/api/json/${'x'.repeat(4000)}`], '404'],
    ['PUT', [valid, { method: 'PUT' }], '405'],
    ['DELETE', [valid, { method: 'DELETE' }], '405'],
    ['10 MB', [path, { body: Buffer.alloc(10 << 20, 97), type: form }], '400'],
    ['a JSON body that is none', [path, { body: '{"snumber":101', type: 'application/json' }], '400'],
    ['a multipart form without its end', [path, { body: '--x\r\n', type: 'multipart/form-data; boundary=x' }], '400'],
    ['1001 parameters', [`${valid};${many}`], '400'],
    ['1001 parameters in the body', [valid, { body: many, type: form }], '400'],
    ['1001 parameters of one name', [`${valid}${';p=1'.repeat(1001)}`], '400'],
    [
      '501 in the query and 501 others in the body',
      [`${valid};${parameters(501)}`, { body: parameters(501, 'q'), type: form }],
      '400',
    ],
    ['65 levels', [`${valid};${deep}`], '400'],
  ]
  for (const [name, request, code] of cases) {
    it(`${name}: ${code}`, async () => {
      const answer = await send(...request)
      assert.equal(answer.statusCode, 200)
      assert.equal(answer.headers['content-type'], 'application/json')
      const { responses, ...rest } = answer.json()
      assert.deepEqual([responses.length, responses[0].code, responses[0].key, rest], [1, code, '', {}])
      assert.equal(front.calls.placed.length, 0)
    })
  }
  it('405 says what is allowed', async () => {
    assert.equal((await send(valid, { method: 'PUT' })).headers.allow, 'GET, POST')
  })
  it('a failure within: 500, which the log tells and the client does not', async () => {
    front.calls.failure = new Error('the disk is gone')
    front.log.length = 0
    const answer = await send(valid)
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.body, '{"responses":[{"code":"500","key":"","message":"Internal error"}]}')
    assert.ok(front.log.some(({ message }) => message === 'a request failed'))
  })
})

describe('attackers', () => {
  const forged: [string, string, string][] = [
    ['CR LF in a number', 'cnumber=04%0D%0AX:%201', 'cnumber'],
    ['NUL in a number', 'snumber=101%00', 'snumber'],
    ['markup in a number', 'cnumber=%3Cscript%3E', 'cnumber'],
    ['a quote in a number', 'cnumber=04%22', 'cnumber'],
    ['a number without end', `cnumber=${'1'.repeat(200)}`, 'cnumber'],
    ['a number in Arabic digits', 'cnumber=%D9%A1%D9%A2', 'cnumber'],
    ['CR LF in a name', 'callerid1=A%0D%0AP-Asserted-Identity:%20%3Csip:x%3E%20%3C1%3E', 'callerid1'],
    ['NUL in a name', 'callerid2=A%00%3C1%3E', 'callerid2'],
    ['a URI for a number', 'callerid1=A%20%3Csip:1@evil.example%3E', 'callerid1'],
    ['two numbers', 'callerid1=%3C1%3E%3C2x%3E', 'callerid1'],
    ['control characters of Latin-1', 'callerid1=%81%3C1%3E', 'callerid1'],
    ['an array for a line', 'snumber[]=101', 'snumber'],
    ['an array over a line', 'snumber=101;snumber[a]=102', 'snumber'],
    ['an array for a customer', 'customer[]=1', 'customer'],
    ['an array for a flag', 'answer1[1]=1', 'answer1'],
    ['CR LF in a card', 'card=9001%0D%0A', 'card'],
    ['a record group beyond its range', 'recordgroup=99999999999', 'recordgroup'],
    ['a delay in another script', 'delay=%D9%A1', 'delay'],
    ['Infinity', 'delay=Infinity', 'delay'],
    ['an exponent', 'wait=1e3', 'wait'],
  ]
  for (const [name, sent, key] of forged) {
    it(`${name}: 400 of ${key}`, async () => {
      const answer = await send(`${valid};${sent}`)
      assert.deepEqual(
        answer.json().responses.map((entry: { code: string; key: string }) => [entry.code, entry.key]),
        [['400', key]],
      )
      assert.equal(front.calls.placed.length, 0)
    })
  }
  it('quotes and backslashes in a name are data', async () => {
    await send(`${valid};callerid1=${encodeURIComponent('"A \\"B\\" \\\\ C" <1>')};callerid2=D"E<2>`)
    assert.deepEqual(first().first.callerId, { name: 'A "B" \\ C', number: '1' })
    assert.deepEqual(first().second.callerId, { name: 'D"E', number: '2' })
  })
  it('an array over a line in a multipart form: 400 of snumber', async () => {
    const body = '--x\r\nContent-Disposition: form-data; name="snumber[]"\r\n\r\n102\r\n--x--\r\n'
    const answer = await send(valid, { body, type: 'multipart/form-data; boundary=x' })
    assert.equal(answer.json().responses[0].key, 'snumber')
    assert.equal(front.calls.placed.length, 0)
  })
  it('credentials that are arrays or no UTF-8 are wrong', async () => {
    for (const credentials of [
      `auth_username[]=alice@acme;auth_password=${userPassword}`,
      `auth_username=alice@acme;auth_password[]=${userPassword}`,
      `auth_username=alice@acme;auth_password=%FF`,
      `auth_username=alice@acme;auth_password=${userPassword};auth_password=`,
    ]) {
      assert.equal((await send(`${path}?${credentials};${parties}`)).json().responses[0].code, '401')
    }
  })
  it("an API key is no user's password", async () => {
    const answer = await send(`${path}?auth_username=crm;auth_password=${keys.all};${parties}`)
    assert.equal(answer.json().responses[0].code, '401')
  })
  it('who is not known hears nothing about the parameters', async () => {
    const answer = await send(`${path}?auth_username=alice@acme;auth_password=x;delay=x;customer=3`)
    assert.deepEqual(answer.json().responses.length, 1)
  })
  it('__proto__ pollutes nothing', async () => {
    await send(`${valid};__proto__[polluted]=1;constructor[prototype][polluted]=1`)
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
    assert.equal(front.calls.placed.length, 1)
  })
  it('HEAD rings nobody', async () => {
    await send(valid, { method: 'HEAD' })
    assert.equal(front.calls.placed.length, 0)
  })
  it("another customer's card is looked for in that customer", async () => {
    await send(`${valid};customer=2;card=9001;recordgroup=1`)
    assert.deepEqual([first().account, first().card, first().recordGroup], ['acme-shop', '9001', 1])
  })
  it('a user of a customer below may not call as the one above', async () => {
    const sam = `auth_username=sam@acme-shop;auth_password=${userPassword}`
    const answer = await send(`${path}?${sam};${parties};customer=1`)
    assert.deepEqual(answer.json().responses[0].code, '404')
  })
  it('a user for certain lines calls from no other', async () => {
    const kiosk = `auth_username=kiosk@acme;auth_password=${userPassword}`
    for (const [sent, code] of [
      ['stype=phone;snumber=101', '204'],
      ['stype=phone;snumber=1234101', '204'],
      ['stype=phone;snumber=102', '402'],
      ['stype=phone;snumber=999', '402'],
      ['stype=phone;snumber=101;customer=2', '402'],
      ['snumber=0412345678', '402'],
    ] as const) {
      const answer = await send(`${path}?${kiosk};cnumber=1;${sent}`)
      assert.equal(answer.json().responses[0].code, code, sent)
    }
    assert.equal(front.calls.placed.length, 2)
  })
  it('a user for certain lines sees and controls the calls of these, and those that it placed', async () => {
    const own = await createHttpFront()
    const ask = async (called: string, who: string, more = '') => {
      const credentials = `auth_username=${who};auth_password=${userPassword}`
      const answer = await own.app.inject(`/api/json/${called}/?${credentials};${more}`)
      return answer.json() as { responses: { code: string }[]; data?: { callid: string }[] }
    }
    for (const [who, sent] of [
      ['alice@acme', 'snumber=102;cnumber=0412345678'],
      ['alice@acme', 'snumber=102;cnumber=101'],
      ['kiosk@acme', 'snumber=101;cnumber=103'],
    ] as const) {
      await ask('calls/make', who, sent)
    }
    for (const id of ['call-1', 'call-2', 'call-3']) {
      own.calls.happen(id, { type: 'leg.dialled', leg: 'first', recovery: { driver: 'fake', data: null } })
    }
    const idsOf = async (called: string, who: string, more = '') =>
      (await ask(called, who, more)).data?.map(({ callid }) => callid).sort()
    assert.deepEqual(await idsOf('calls/active/list', 'alice@acme'), ['call-1', 'call-2', 'call-3'])
    assert.deepEqual(await idsOf('calls/active/list', 'kiosk@acme'), ['call-2', 'call-3'])
    assert.deepEqual(await idsOf('calls/active/list', 'kiosk@acme', 'callid=call-1'), [])
    const codeOf = async (called: string, more: string) => (await ask(called, 'kiosk@acme', more)).responses[0]?.code
    assert.equal(await codeOf('calls/hangup', 'callid=call-1'), '404')
    assert.equal(await codeOf('calls/redirect', 'uniqueid=call-1;cnumber=103'), '404')
    assert.equal(await codeOf('calls/hangup', 'uniqueid=call-2'), '204')
    own.calls.happen('call-1', { type: 'call.ended', cause: 'cancelled' })
    assert.deepEqual(await idsOf('cdrs/list', 'alice@acme', 'detail=call'), ['call-1', 'call-2'])
    assert.deepEqual(await idsOf('cdrs/list', 'kiosk@acme', 'detail=call'), ['call-2'])
    assert.deepEqual(await idsOf('cdrs/list', 'kiosk@acme', 'detail=call;callid=call-1'), [])
    await own.app.close()
  })
  it('a password never reaches the log', async () => {
    front.log.length = 0
    const password = 'S3cr/et?a=b=='
    for (const name of ['auth_password', '%61uth_password', 'auth_password[]', 'AUTH_PASSWORD']) {
      await send(`${path}?auth_username=alice@acme;${name}=${password};${parties}`)
    }
    assert.equal(front.log.length, 4)
    assert.doesNotMatch(JSON.stringify(front.log), /S3cr|et\?a|b==/)
  })
})

describe('limits', () => {
  it('too many requests: 429 with Retry-After', async () => {
    const slow = await createHttpFront({ admit: () => ({ reason: 'limit-exceeded', retryAfterSeconds: 2 }) })
    const answer = await slow.app.inject(valid)
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.headers['retry-after'], '2')
    assert.equal(answer.body, '{"responses":[{"code":"429","key":"","message":"Too many requests"}]}')
    await slow.app.close()
  })
  it('from another network or host: 402', async () => {
    const elsewhere = await createHttpFront({ admit: () => ({ reason: 'not-from-here' }) })
    const { responses } = (await elsewhere.app.inject(valid)).json()
    assert.equal(responses[0].code, '402')
    await elsewhere.app.close()
  })
})

describe('waiting', () => {
  const recovery = { driver: 'fake', data: null }
  const until = async (condition: () => boolean): Promise<void> => {
    for (let turn = 0; turn < 5000 && !condition(); turn++) await new Promise((done) => setTimeout(done, 1))
    assert.ok(condition())
  }
  it('a call that ends before it is made has no identifiers', async () => {
    const answer = send(`${valid};delay=5;wait=10`)
    await until(() => front.calls.listenerCount === 1)
    front.calls.happen(await newestCall(), { type: 'call.ended', cause: 'cancelled' })
    assert.equal((await answer).body, requested)
  })
  it('a client that goes leaves its call alone', async () => {
    const own = await createHttpFront({ keepLog: false })
    await own.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = own.app.server.address() as { port: number }
    const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${valid};wait=60 HTTP/1.1\r\nHost: a\r\n\r\n`))
    await until(() => own.calls.listenerCount === 1)
    socket.destroy()
    await until(() => own.calls.listenerCount === 0)
    assert.equal((await own.calls.call(['acme'], 'call-1'))?.state, 'accepted')
    await own.app.close()
  })
  it('a server that closes answers', async () => {
    const own = await createHttpFront({ keepLog: false })
    await own.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = own.app.server.address() as { port: number }
    const answer = fetch(`http://127.0.0.1:${port}${valid};wait=60`)
    await until(() => own.calls.listenerCount === 1)
    await own.app.close()
    assert.equal(await (await answer).text(), requested)
  })
  it('2,000 at once', async () => {
    const own = await createHttpFront({ keepLog: false })
    own.calls.kept = 3000
    const answers = Array.from({ length: 2000 }, () => own.app.inject(`${valid};wait=60`))
    await until(() => own.calls.listenerCount === 2000)
    for (let n = 1; n <= 2000; n++) own.calls.happen(`call-${n}`, { type: 'leg.dialled', leg: 'first', recovery })
    const ids = new Set((await Promise.all(answers)).map((answer) => answer.json().data.callid))
    assert.equal(ids.size, 2000)
    assert.equal(own.calls.listenerCount, 0)
    await own.app.close()
  })
})

async function newestCall(): Promise<string> {
  return ((await front.calls.calls(['acme'], { limit: 1000 })).calls.at(-1) ?? assert.fail()).id
}
