import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { requirePhpCurl } from '../peers/php.ts'
import { api, operatorKey, startTestServer, testKey } from '../support/test-server.ts'

/** 101, 102 and the shop's 201 are demo phones, which answer after a second; 103 is not registered. */
const config = `
    callerIds: ["+61255501000"]
    users:
      - { name: alice@acme, password: demo-pass-0001, role: agent, line: "101" }
      - { name: carol@acme, password: demo-pass-0003, role: agent, line: "103" }
    roles: [{ name: agent, permissions: [calls:place, calls:read] }]
    tokens: [{ name: few, token: demo-token-few-1, limits: { callsPerMinute: 1 } }]
    queues:
      - { name: test-queue, strategy: in-order, members: ["103", "102"], wrapUpSeconds: 0 }
      - { name: nobody, members: ["103"] }
    contexts:
      - { name: welcome, steps: [{ queue: nobody }, { queue: test-queue, unless: SKIP_TEST_QUEUE }, { line: "101" }] }
      - { name: is-busy, steps: [{ dial: "0412345486" }] }
      - { name: declines, steps: [{ dial: "0412345603" }] }
      - { name: never-answers, steps: [{ dial: "0412345480" }] }
  - name: shop
    parent: acme
    lines: [{ number: "201", secret: s3cret-201 }]
  - name: other
    apiKeys: [{ name: slow, key: demo-key-slow-0001, permissions: [calls:read], limits: { requestsPerSecond: 0.1 } }]
calls: { memberRingSeconds: 2 }
demo: { phones: ["acme/101", "acme/102", "shop/201"], trunk: demo }
`

const client = fileURLToPath(new URL('../peers/while1-client.php', import.meta.url))
const ways = ['form', 'multipart', 'json', 'json-without-type', 'json-unescaped', 'get', 'get-rfc3986'] as const

const done = (destination: string) =>
  `{"has_error":false,"messages":[],"results":["Call successfully originated for ${destination}"]}`
const failed = (...messages: string[]) => JSON.stringify({ has_error: true, messages, results: [] })

test("a PHP client of the vendor's page", { timeout: 120_000 }, async (t) => {
  const php = requirePhpCurl(t)
  if (php === undefined) return
  const server = await startTestServer(t, config)
  while (server.counts().registrations < 3) await new Promise((resolve) => setTimeout(resolve, 20))

  const url = `${server.url}/api/originate-call`
  async function send(way: (typeof ways)[number] | 'query', data: object, key: string = testKey) {
    const run = await promisify(execFile)(php as string, [client, url, way, key, JSON.stringify(data)], {
      timeout: 60_000,
    })
    const { status, body } = JSON.parse(run.stdout) as { status: number; body: string }
    return { status, body }
  }
  const answers = async (way: (typeof ways)[number], data: object, body: string) =>
    assert.deepEqual(await send(way, data), { status: 200, body })

  /** The call as the native API shows it, once it has come to `state`. */
  async function nativeCall(externalId: string, state: string) {
    for (;;) {
      const [call] = (await api(server, 'GET', `/v1/calls?externalId=${externalId}`)).body.calls
      if (call?.state === state) return call
      assert.notEqual(call?.state, 'ended', JSON.stringify(call))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  async function hangUp(externalId: string, state = 'bridged') {
    const call = await nativeCall(externalId, state)
    assert.equal((await api(server, 'DELETE', `/v1/calls/${call.id}`)).status, 202)
    return nativeCall(externalId, 'ended')
  }
  const stateOf = async (externalId: string) => JSON.parse((await send('query', { external_id: externalId })).body)

  await t.test("the queue's agent rings, then the customer; the native API shows the same call", async () => {
    await answers('form', { external_id: 'whole' }, done('queue: test-queue'))
    assert.partialDeepStrictEqual(await nativeCall('whole', 'bridged'), {
      account: 'acme',
      dialect: 'while1',
      first: { queue: 'test-queue', destination: 'line 102 (queue test-queue)' },
      second: { dial: '0412345678', destination: '+61412345678' },
      variables: { SKIP_WELCOME: '1', SKIP_ENTER_QUEUE: '0' },
    })
    assert.partialDeepStrictEqual(await stateOf('whole'), {
      has_error: false,
      results: [{ external_id: 'whole', state: 'connected', outcome: null }],
    })
    await hangUp('whole')
    assert.partialDeepStrictEqual(await stateOf('whole'), { results: [{ state: 'ended', outcome: 'completed' }] })
  })

  for (const way of ways.filter((each) => each !== 'form')) {
    await t.test(`${way}: is the same call`, async () => {
      await answers(way, { external_id: way }, done('queue: test-queue'))
      const call = await hangUp(way, 'first-ringing')
      assert.equal(call.second.destination, '+61412345678')
      assert.equal(call.variables.BACKEND_LINK, 'https://[YOUR-EXTERNAL-CRM-URL]/?change_this_url=1234')
      assert.partialDeepStrictEqual(await stateOf(way), { results: [{ state: 'ended', outcome: 'cancelled' }] })
    })
  }

  for (const [type, destination, rang] of [
    ['user', 'alice', 'line 101'],
    ['user_email', 'alice@acme', 'line 101'],
    ['extension', '102', 'line 102'],
    ['context', 'welcome', 'line 102 (context welcome)'],
  ] as const) {
    await t.test(`${type}: ${destination} rings`, async () => {
      const data = { type, destination, external_id: type, outbound_number: '+61255501000', outbound_trunk: 'demo' }
      await answers('form', data, done(`${type}: ${destination}`))
      const { first, second } = await hangUp(type)
      assert.deepEqual([first.destination, second.destination], [rang, '+61412345678'])
    })
  }

  await t.test('a variable skips a step of the context', async () => {
    const data = { type: 'context', destination: 'welcome', external_id: 'skip', vars: { SKIP_TEST_QUEUE: 1 } }
    await answers('json', data, done('context: welcome'))
    assert.equal((await hangUp('skip')).first.destination, 'line 101 (context welcome)')
  })

  await t.test('async 0 answers when the first leg does, or never will', async () => {
    await answers('form', { async: 0, type: 'user', destination: 'alice', external_id: 'w1' }, done('user: alice'))
    assert.ok((await nativeCall('w1', 'bridged')).first.answeredAt)
    await hangUp('w1')
    for (const [destination, message] of [
      ['is-busy', 'User busy. Check if user is in another call'],
      ['declines', 'Call rejected. Check if user wants to take calls'],
      ['never-answers', 'No answer. Check if user is at the phone'],
    ] as const) {
      const data = { async: 0, type: 'context', destination, external_id: destination }
      await answers('form', data, failed(message))
      assert.equal((await nativeCall(destination, 'ended')).second.state, 'idle')
    }
  })

  await t.test('the same signed request twice dials once; when its call has ended the id is free', async () => {
    const data = { type: 'user', destination: 'alice', external_id: 'twice' }
    const both = await Promise.all([send('form', data), send('form', data)])
    assert.deepEqual(both.map(({ body }) => body).toSorted(), [
      done('user: alice'),
      failed('Duplicate external_id. Check if its call is still active'),
    ])
    await hangUp('twice')
    await answers('form', data, done('user: alice'))
    await nativeCall('twice', 'bridged')
    assert.partialDeepStrictEqual(await stateOf('twice'), { results: [{ state: 'connected' }] })
    await hangUp('twice')
    assert.equal((await api(server, 'GET', '/v1/calls?externalId=twice')).body.calls.length, 2)
  })

  await t.test('an external_id is taken whoever placed its call, and free in another project', async () => {
    const duplicate = failed('Duplicate external_id. Check if its call is still active')
    const parties = { first: { line: '102' }, second: { dial: '0412345678' } }
    const native = await api(server, 'POST', '/v1/calls', { ...parties, externalId: 'shared' })
    assert.equal(native.status, 201)
    await answers('form', { external_id: 'shared' }, duplicate)
    const elsewhere = { project_id: 'shop', type: 'extension', destination: '201', external_id: 'shared' }
    await answers('json', elsewhere, done('extension: 201'))
    assert.equal((await api(server, 'POST', '/v1/calls', { ...parties, externalId: 'shared' })).status, 409)
    await hangUp('shared')
    await api(server, 'DELETE', `/v1/calls/${native.body.id}`)
  })

  await t.test(
    'a queue whose members are all in calls: accepted, and the query tells; async 0 waits for it',
    async () => {
      await answers(
        'form',
        { async: 0, type: 'extension', destination: '102', external_id: 'talks' },
        done('extension: 102'),
      )
      await answers('form', { external_id: 'in-vain' }, done('queue: test-queue'))
      await nativeCall('in-vain', 'ended')
      assert.partialDeepStrictEqual(await stateOf('in-vain'), { results: [{ state: 'ended', outcome: 'busy' }] })
      await answers('form', { async: 0 }, failed('User busy. Check if user is in another call'))
      await hangUp('talks')
    },
  )

  await t.test('a limit: 429, and when to try again', async () => {
    const ask = async (token: string, query: string) => {
      const response = await fetch(`${url}?${query}`, { headers: { authorization: `Bearer ${token}` } })
      return { status: response.status, wait: response.headers.get('retry-after'), body: await response.text() }
    }
    const assertTooMany = ({ status, wait, body }: Awaited<ReturnType<typeof ask>>, longest: number) => {
      assert.deepEqual([status, body], [429, failed(`Too many requests. Try again in ${wait} seconds`)])
      assert.ok(Number(wait) > 0 && Number(wait) <= longest, `${wait}`)
    }
    const { body: unknown } = await ask('demo-key-slow-0001', 'external_id=whole')
    assert.equal(unknown, failed('Invalid external_id. Check if a call with it was originated'))
    assertTooMany(await ask('demo-key-slow-0001', 'external_id=whole'), 10)

    const call = 'data[project_id]=1&data[type]=user&data[destination]=alice&data[caller_id]=101&data[caller_id_name]=J'
    const { body: placed } = await ask('demo-token-few-1', `${call}&data[external_id]=few`)
    assert.equal(placed, done('user: alice'))
    assertTooMany(await ask('demo-token-few-1', `${call}&data[external_id]=more`), 60)
    await hangUp('few', 'first-ringing')
  })

  await t.test(
    'a key made while the server runs signs until it is revoked; one that is kept as a hash never',
    async () => {
      const ask = async (method: string, path: string, body?: object) => {
        const headers = { authorization: `Bearer ${operatorKey}` }
        const sent = body === undefined ? {} : { body: JSON.stringify(body) }
        const response = await fetch(new URL(path, server.url), { method, headers, ...sent })
        return response.text()
      }
      const make = async (name: string, signing: boolean): Promise<string> =>
        JSON.parse(
          await ask('POST', '/v1/credentials', { kind: 'api-key', name, permissions: ['calls:read'], signing }),
        ).secret
      const [signing, hashed] = [await make('signs', true), await make('hashed', false)]
      const nobody = { destination: 'nobody' }
      assert.equal((await send('form', nobody, signing)).status, 200)
      assert.equal((await send('form', nobody, hashed)).status, 401)
      await ask('DELETE', '/v1/credentials/api-key/acme/signs')
      assert.equal((await send('form', nobody, signing)).status, 401)
    },
  )

  await t.test('faults, each by its name', async () => {
    const before = (await api(server, 'GET', '/v1/calls')).body.calls.length
    for (const [data, ...messages] of [
      [{ destination: 'none' }, 'Invalid Queue. Check if pbx queue exists'],
      [{ type: 'context', destination: 'none' }, 'Invalid Context. Check if pbx context exists'],
      [{ type: 'user', destination: 'none' }, 'Invalid User. Check if pbx user exists'],
      [{ type: 'extension', destination: '999' }, 'Invalid Extension. Check if pbx extension exists'],
      [{ project_id: 'other' }, 'Invalid Project. Check if pbx project exists'],
      [{ outbound_trunk: 'none' }, 'Invalid Trunk. Check if pbx trunk exists'],
      [
        { destination: 'none', outbound_trunk: 'none' },
        'Invalid Queue. Check if pbx queue exists',
        'Invalid Trunk. Check if pbx trunk exists',
      ],
      [{ type: 'user', destination: 'carol' }, 'User not online. Check if a phone of user: carol is registered'],
      [{ destination: 'nobody' }, 'User not online. Check if a phone of queue: nobody is registered'],
      [{ caller_id: 'abc' }, 'Invalid caller_id. Check if caller_id is a phone number'],
      [{ outbound_number: '+61255509999' }, 'Invalid outbound_number. Check if project may show this number'],
      [{ external_id: '' }, 'Missing external_id. Check if external_id is sent'],
    ] as const) {
      await answers('json', { external_id: 'faulty', ...data }, failed(...messages))
    }
    assert.deepEqual(await send('form', {}, 'not-our-key'), {
      status: 401,
      body: failed('Invalid API credentials. Check api_username, api_password and api_hash'),
    })
    assert.equal((await api(server, 'GET', '/v1/calls')).body.calls.length, before)
  })
})
