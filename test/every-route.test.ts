import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { CallRequest } from '../src/call/call-request.ts'
import { httpBuildQuery } from '../src/dialects/php/http-build-query.ts'
import { parseQuery } from '../src/dialects/php/parse-query.ts'
import { sha256 } from '../src/directory/create-directory.ts'
import type { CredentialRecord } from '../src/directory/records.ts'
import { createHttpFront, frontRecords, type HttpFront, keys, userPassword } from './support/http-front.ts'

/** Who asks for what is none of their business. */
const strangers = ['nobody', 'a wrong secret', 'no permission', 'another line', 'another account'] as const
type Stranger = (typeof strangers)[number]

/** A token and a user each. What is asked for is of account acme and its lines 101 and 102. */
const everything = ['calls:place', 'calls:read', 'calls:control', 'directory:read', 'directory:write'] as const
const holders: Readonly<Record<Exclude<Stranger, 'nobody' | 'a wrong secret'>, Partial<CredentialRecord>>> = {
  'no permission': { account: 'acme', permissions: ['recordings:read'] },
  'another line': { account: 'acme', permissions: everything, lines: ['103'] },
  'another account': { account: 'other', permissions: everything },
}
const slug = (who: string): string => who.replaceAll(' ', '-')
const keyOf = (who: Stranger): string => `demo-key-${slug(who)}`
const userOf = (who: Stranger): string => (who === 'a wrong secret' ? 'alice@acme' : `${slug(who)}@test`)
const signingKeyOf = (account: string): string => `demo-key-signing-${account}`

const records = {
  ...frontRecords,
  credentials: [
    ...frontRecords.credentials,
    ...Object.entries(holders).flatMap(([who, holder]): CredentialRecord[] => {
      const common = { account: 'acme', permissions: [], ...holder }
      const key = { secretSha256: sha256(keyOf(who as Stranger)) }
      const user = { passwordHash: userPassword }
      return [
        { ...common, ...key, kind: 'token', name: slug(who) },
        { ...common, ...user, kind: 'user', name: userOf(who as Stranger) },
      ]
    }),
    ...['acme', 'other'].map(
      (account): CredentialRecord => ({
        ...{ kind: 'api-key', account, name: `signing-${account}`, permissions: [] },
        ...{ secretSha256: sha256(signingKeyOf(account)), signingKey: signingKeyOf(account) },
      }),
    ),
  ],
}

interface Sent {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

type Ask = (who: Stranger) => Sent

const bearer = (who: Stranger): Readonly<Record<string, string>> =>
  who === 'nobody' ? {} : { authorization: `Bearer ${keyOf(who)}` }
const native =
  (method: string, url: string, body?: string, type = 'application/json'): Ask =>
  (who) => ({
    ...{ method, url, headers: { ...bearer(who), ...(body === undefined ? {} : { 'content-type': type }) } },
    ...(body === undefined ? {} : { body }),
  })
const myapi =
  (path: string): Ask =>
  (who) => ({ method: 'GET', url: `${path}${who === 'nobody' ? '' : `&key=${keyOf(who)}`}` })
const spectronics =
  (parameters: string): Ask =>
  (who) => ({
    ...{ method: 'GET', url: `/api/0.9.3/call?${parameters}${who === 'nobody' ? '' : `&auth=${keyOf(who)}`}` },
  })
const enswitch =
  (url: string): Ask =>
  (who) => {
    const login = `auth_username=${userOf(who)}&auth_password=${who === 'a wrong secret' ? 'wrong' : userPassword}`
    return { method: 'GET', url: who === 'nobody' ? url : `${url}&${login}` }
  }
/** By a token, and by a user with a hash. */
const while1 = (method: string, query: string): readonly Ask[] => [
  (who) => ({ method, url: `/api/originate-call?${query}`, headers: bearer(who) }),
  (who) => {
    if (who === 'nobody') return { method, url: `/api/originate-call?${query}` }
    const password = who === 'a wrong secret' ? 'wrong' : userPassword
    const asked = `${query}&api_username=${userOf(who)}&api_password=${password}`
    const read = parseQuery(asked)
    const key = signingKeyOf(who === 'another account' ? 'other' : 'acme')
    const hash = createHash('md5').update('fault' in read ? '' : httpBuildQuery(read.values) + key)
    return { method, url: `/api/originate-call?${asked}&api_hash=${hash.digest('hex')}` }
  },
]

const data = { project_id: '1', caller_id: '0412345678', caller_id_name: 'J', type: 'extension', destination: '101' }
const originate = (more: object): string =>
  Object.entries({ ...data, external_id: 'x', ...more })
    .map(([name, value]) => `data[${name}]=${value}`)
    .join('&')

/** Everything that touches `call-1`, line 101, or account acme, by each route that is there. Functions are named without their prefix. */
const requests: Readonly<Record<string, readonly Ask[]>> = {
  'POST /v1/calls': [
    native('POST', '/v1/calls', '{"first":{"line":"101"},"second":{"dial":"0412345678"}}'),
    native('POST', '/v1/calls', '{"first":{"dial":"101"},"second":{"line":"103"}}'),
    native('POST', '/v1/calls', '{"first":{"user":"alice"},"second":{"dial":"0412345678"}}'),
    native('POST', '/v1/calls', '{"first":{"number":"0412345678"},"second":{"line":"103"}}'),
    native('POST', '/v1/calls', '{"first":{"queue":"support"},"second":{"line":"103"}}'),
  ],
  'GET /v1/calls': [native('GET', '/v1/calls'), native('GET', '/v1/calls?externalId=withheld-1')],
  'GET /v1/calls/:id': [native('GET', '/v1/calls/call-1')],
  'GET /v1/calls/:id/events': [
    native('GET', '/v1/calls/call-1/events'),
    (who) => {
      const sent = native('GET', '/v1/calls/call-1/events')(who)
      return { ...sent, headers: { ...sent.headers, accept: 'text/event-stream' } }
    },
  ],
  'POST /v1/calls/:id/redirect': [native('POST', '/v1/calls/call-1/redirect', '{"stays":"first","to":{"line":"103"}}')],
  'POST /v1/calls/:id/actions': [
    native('POST', '/v1/calls/call-1/actions', '{"action":"hold","leg":"first"}'),
    native('POST', '/v1/calls/call-1/actions', '{"action":"send-digits","leg":"second","digits":"1"}'),
  ],
  'DELETE /v1/calls/:id': [native('DELETE', '/v1/calls/call-1')],
  'GET /v1/phones': [native('GET', '/v1/phones')],
  'GET /v1/lines': [native('GET', '/v1/lines')],
  'GET /v1/directory': [native('GET', '/v1/directory')],
  'PUT /v1/directory': [native('PUT', '/v1/directory', 'accounts: []', 'application/yaml')],
  'GET /v1/credentials': [native('GET', '/v1/credentials')],
  'POST /v1/credentials': [
    native('POST', '/v1/credentials', '{"kind":"token","account":"acme","name":"thief","lines":["101"]}'),
  ],
  'DELETE /v1/credentials/:kind/:account/:name': [native('DELETE', '/v1/credentials/token/acme/web')],
  'GET /calls/initiate': [myapi('/calls/initiate?origin=101&destination=0412345678')],
  'GET /calls/list': [myapi('/calls/list?limit=10'), myapi('/calls/list?waitForActiveCalls=1')],
  'GET /api/originate-call': [...while1('GET', originate({})), ...while1('GET', 'external_id=withheld-1')],
  'POST /api/originate-call': [
    ...while1('POST', originate({})),
    ...while1('POST', originate({ type: 'queue', destination: 'support' })),
    ...while1('POST', originate({ async: '0' })),
  ],
  'GET /api/0.9.3/call': [
    spectronics('extension=1234101&destination=0412345678'),
    spectronics('extension=101&destination=0412345678&source=0287654321'),
    spectronics('extension=1234101&destination=0412345678&source=102'),
    spectronics('extension=1234103&destination=0412345678&source=101'),
    spectronics('extension=1234103&destination=0412345678&source=1-0-1'),
    spectronics('extension=1234103&destination=0412345678&source=1234101'),
    spectronics('extension=1234103&destination=0412345678&source=600'),
    spectronics('extension=1234103&destination=0412345678&source=*60&reverse=1'),
    spectronics('extension=1234101&destination=0412345678&reverse=1'),
  ],
  'calls/make': [
    enswitch('/api/json/calls/make?stype=phone&snumber=101&cnumber=0412345678'),
    enswitch('/api/json/calls/make?snumber=0412345678&cnumber=103&customer=1'),
    enswitch('/api/json/calls/make?snumber=101&cnumber=103&wait=1&customer=acme-shop'),
  ],
  'calls/hangup': [
    enswitch('/api/json/calls/hangup?callid=call-1'),
    enswitch('/api/json/calls/hangup?uniqueid=call-1.2'),
  ],
  'calls/hold': [enswitch('/api/json/calls/hold?uniqueid=call-1')],
  'calls/resume': [enswitch('/api/json/calls/resume?uniqueid=call-1')],
  'calls/redirect': [enswitch('/api/json/calls/redirect?uniqueid=call-1&ctype=phone&cnumber=103')],
  'calls/active/list': [
    enswitch('/api/json/calls/active/list?customer=1'),
    enswitch('/api/json/calls/active/list?customer=recursive'),
    enswitch('/api/json/calls/active/list?callid=call-1'),
  ],
  'cdrs/list': [enswitch('/api/json/cdrs/list?customer=1'), enswitch('/api/json/cdrs/list?callid=call-2')],
  'user/login': [enswitch('/api/json/user/login?')],
  'customers/get': [enswitch('/api/json/customers/get?customer=1')],
  'customers/list': [enswitch('/api/json/customers/list?customer=1&recurse=1')],
  'phones/list': [enswitch('/api/json/phones/list?customer=1')],
  'phones/get': [enswitch('/api/json/phones/get?phone=101&customer=1')],
  'phones/registrations/list': [enswitch('/api/json/phones/registrations/list?customer=1')],
  'phones/forward/get': [enswitch('/api/json/phones/forward/get?phone=102&customer=1')],
  'phones/dnd/get': [enswitch('/api/json/phones/dnd/get?phone=101&customer=1')],
  ...Object.fromEntries(
    ['blindxfer', 'atxfer', 'answer', 'pickup'].map((name) => [
      `calls/${name}`,
      [enswitch(`/api/json/calls/${name}?callid=call-1`)],
    ]),
  ),
  'recording/recordings/list': [enswitch('/api/json/recording/recordings/list?customer=1')],
  'recording/recordings/get': [enswitch('/api/json/recording/recordings/get?callid=call-1')],
}

/** Nothing is behind these: what the API is, and what a problem means. */
const open = ['GET /v1/openapi.json', 'GET /problems/:code']

/** How each dialect refuses who is unknown. */
const unknown: Readonly<Record<string, { readonly status: number; readonly body: RegExp }>> = {
  native: { status: 401, body: /"\/problems\/authentication-failed"/ },
  myapi: { status: 401, body: /^\{"status":0,"error":"AUTHENTICATION","reason":"Invalid API Key"\}$/ },
  while1: { status: 401, body: /^\{"has_error":true,"messages":\["(Missing|Invalid API) / },
  spectronics: { status: 200, body: /^ERR:Invalid authentication$/ },
  enswitch: { status: 200, body: /^\{"responses":\[\{"code":"401",/ },
}
/** And who is known, and lacks the permission. */
const lacking: typeof unknown = {
  native: { status: 403, body: /"\/problems\/permission-missing"/ },
  myapi: { status: 403, body: /"error":"PERMISSION"/ },
  while1: { status: 200, body: /"Permission denied\. Check permissions/ },
  spectronics: { status: 200, body: /^ERR:Invalid authentication$/ },
  enswitch: { status: 200, body: /^\{"responses":\[\{"code":"402",/ },
}

/** What no answer to a stranger may hold of the account's calls, lines and phones. */
const secrets = /withheld|call-[12]\b|0298765432|1234101|Alice|sip:101@/

/** Functions that anybody may use who is known: they tell who that is. */
const ofEverybody = ['user/login']
/** Who may change the directory of a server is its owner, in whichever account without a parent. */
const ofOwners = ['PUT /v1/directory']

/** What a stranger may do all the same: call by its own account, or for its own line. */
const isOwnCall: Readonly<Partial<Record<Stranger, (request: CallRequest) => boolean>>> = {
  'another account': ({ account }) => account === 'other',
  'another line': ({ account, first: { target } }) =>
    account === 'acme' && ['103', '0412345678', '0287654321'].includes(target.value),
}

interface World {
  readonly front: HttpFront
  readonly placed: CallRequest[]
  /** What was done to calls and directory beside that. */
  readonly deeds: string[]
  /** `METHOD url`, as the dialects have registered them. */
  readonly routes: ReadonlySet<string>
}

const recovery = { driver: 'fake', data: null }

/** Of line 101: call-1 is connected, call-2 has ended. */
async function createWorld(): Promise<World> {
  const deeds: string[] = []
  const placed: CallRequest[] = []
  const routes = new Set<string>()
  const noted = async (deed: string) => {
    deeds.push(deed)
    return { outcome: 'withdrawn' } as const
  }
  const front = await createHttpFront({
    ...{ keepLog: false, records },
    changes: {
      apply: () => noted('apply'),
      createCredential: () => noted('create'),
      revokeCredential: async () => (await noted('revoke')).outcome,
    },
    wrap: (dialect) => ({
      name: dialect.name,
      register(app, context) {
        app.addHook('onRoute', ({ method, url }) => {
          for (const one of [method].flat()) routes.add(`${one} ${url}`)
        })
        return dialect.register(app, context)
      },
    }),
  })
  const { calls } = front
  const request: CallRequest = {
    ...{ account: 'acme', delaySeconds: 0, externalId: 'withheld-1', variables: {} },
    first: { target: { kind: 'line', value: '101' } },
    second: { target: { kind: 'dial', value: '0298765432' } },
    origin: { dialect: 'native', credential: 'crm' },
  }
  for (const id of ['call-1', 'call-2']) {
    await calls.place(request)
    for (const leg of ['first', 'second'] as const) {
      calls.happen(id, { type: 'leg.dialled', leg, recovery })
      calls.happen(id, { type: 'leg.answered', leg, recovery })
    }
    calls.happen(id, { type: 'call.bridged' })
  }
  calls.happen('call-2', { type: 'call.ended', cause: 'completed' })
  const { place, hangup, redirect, act } = calls
  Object.assign(calls, {
    place(...args: Parameters<typeof place>) {
      placed.push(args[0])
      return place.apply(calls, args)
    },
    hangup(...args: Parameters<typeof hangup>) {
      deeds.push('hangup')
      return hangup.apply(calls, args)
    },
    redirect(...args: Parameters<typeof redirect>) {
      deeds.push('redirect')
      return redirect.apply(calls, args)
    },
    act(...args: Parameters<typeof act>) {
      deeds.push('act')
      return act.apply(calls, args)
    },
  })
  return { front, placed, deeds, routes }
}

const prefix = '/api/json/'

function dialectOf(route: string): string {
  const [, path = ''] = route.split(' ')
  if (/^\/(?:v1|problems)\//.test(path)) return 'native'
  if (path.startsWith('/calls/')) return 'myapi'
  if (path === '/api/originate-call') return 'while1'
  return path.startsWith('/api/0.9.3/') ? 'spectronics' : 'enswitch'
}

describe('every route of every dialect', () => {
  for (const [route, asks] of Object.entries(requests)) {
    it(route, async () => {
      const dialect = dialectOf(route)
      const world = await createWorld()
      for (const who of strangers) {
        for (const ask of asks) {
          const { method, url, headers = {}, body } = ask(who)
          world.placed.length = 0
          const answer = await world.front.app.inject({
            ...{ method: method as 'GET', url, headers },
            ...(body === undefined ? {} : { payload: body }),
          })
          const told = `${who}: ${method} ${url} ${body ?? ''} → ${answer.statusCode} ${answer.body}`
          assert.ok(answer.statusCode < 500, told)
          if (who === 'nobody' || who === 'a wrong secret') assertIs(answer, unknown[dialect], told)
          if (who === 'no permission' && !ofEverybody.includes(route)) assertIs(answer, lacking[dialect], told)
          assert.doesNotMatch(answer.body, secrets, told)
          for (const request of world.placed) assert.ok(isOwnCall[who]?.(request) === true, told)
          const isOwner = who === 'another account' && ofOwners.includes(route)
          assert.deepEqual(world.deeds.splice(0), isOwner ? ['apply'] : [], told)
        }
      }
      assert.equal((await world.front.calls.call(['acme'], 'call-1'))?.state, 'bridged')
      assert.equal(world.front.heldCount(), 0)
      await world.front.app.close()
    })
  }
  it('has its requests here, or does nothing for anybody', async () => {
    const { front, routes, placed, deeds } = await createWorld()
    const known = new Set([...Object.keys(requests), ...open])
    const isKnown = (method: string, url: string): boolean =>
      [`${method} ${url}`, `GET ${url}`].some((name) => known.has(name)) ||
      ['/api/json/', '/local/api/json/', '/pbx_api/'].some(
        (at) => url.startsWith(at) && known.has(url.slice(at.length)),
      )
    const found = new Set<string>()
    let others = 0
    for (const route of routes) {
      const [method = '', url = ''] = route.split(' ')
      if (['GET', 'HEAD', 'POST', 'PUT', 'DELETE'].includes(method) && isKnown(method, url) && !isRefused(route)) {
        for (const name of [route, `GET ${url}`, url.replace(prefix, '')]) if (known.has(name)) found.add(name)
        continue
      }
      others++
      const everyone = `key=${keys.all}&auth=${keys.all}&auth_username=alice@acme&auth_password=${userPassword}`
      const answer = await front.app.inject({
        method: method as 'GET',
        url: `${url.replace(/\*$/, 'x').replaceAll(/:\w+/g, 'call-1')}?${everyone}&origin=101&destination=102`,
        headers: { authorization: `Bearer ${keys.all}` },
      })
      assert.doesNotMatch(answer.body, secrets, `${route} → ${answer.body}`)
      assert.deepEqual([...placed, ...deeds], [], route)
    }
    assert.deepEqual(
      [...known].filter((name) => !found.has(name)),
      [],
    )
    assert.ok(others > 100)
    await front.app.close()
  })
})

/** Methods of a known path that its dialect answers with what it knows instead. */
function isRefused(route: string): boolean {
  const [method = '', url = ''] = route.split(' ')
  return dialectOf(route) === 'native'
    ? !(`${method === 'HEAD' ? 'GET' : method} ${url}` in requests || open.includes(route.replace('HEAD', 'GET')))
    : !['GET', 'POST'].includes(method)
}

function assertIs(
  { statusCode, body }: { readonly statusCode: number; readonly body: string },
  expected: (typeof unknown)[string] | undefined,
  told: string,
): void {
  assert.equal(statusCode, expected?.status, told)
  assert.match(body, expected?.body ?? assert.fail(told), told)
}
