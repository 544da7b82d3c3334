import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createHttpFront, type HttpFront, keys } from '../../test/support/http-front.ts'

const origin = 'https://crm.example'
const paths = [
  '/calls/initiate',
  '/api/json/calls/make',
  '/local/api/json/calls/make',
  '/api/originate-call',
  '/api/0.9.3/call',
  '/v1/calls',
  '/v1/calls/x/events',
] as const

describe('pages of other origins', () => {
  let front: HttpFront
  before(async () => {
    front = await createHttpFront({ listsOrigin: (one) => one === origin })
  })
  after(() => front.app.close())
  const preflight = (url: string, from: string, more = {}) =>
    front.app.inject({
      ...{ method: 'OPTIONS', url },
      headers: {
        ...{ origin: from, 'access-control-request-method': 'POST' },
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
        ...more,
      },
    })

  for (const path of paths) {
    it(`a listed one may ask before it asks: ${path}`, async () => {
      const { statusCode, headers, body } = await preflight(path, origin)
      assert.deepEqual([statusCode, body], [204, ''])
      assert.equal(headers['access-control-allow-origin'], origin)
      assert.equal(headers['access-control-allow-headers'], 'authorization,content-type,idempotency-key')
      assert.match(String(headers['access-control-allow-methods']), /POST, PUT, DELETE/)
      assert.equal(headers['vary'], 'Origin')
    })
  }
  it('one that nobody lists is refused as a method that there is not, but for myapi, which is for every page', async () => {
    for (const from of ['https://other.example', 'null', `${origin}.evil.example`]) {
      const refused = await preflight('/v1/calls', from)
      assert.deepEqual([refused.statusCode, refused.headers['access-control-allow-origin']], [405, undefined])
      assert.equal((await preflight('/calls/initiate', from)).headers['access-control-allow-origin'], '*')
    }
  })
  it('a listed one reads answers and faults', async () => {
    const ask = (authorization: string) => front.app.inject({ url: '/v1/calls', headers: { origin, authorization } })
    for (const [authorization, status] of [
      [`Bearer ${keys.all}`, 200],
      ['Bearer wrong', 401],
    ] as const) {
      const { statusCode, headers } = await ask(authorization)
      assert.deepEqual([statusCode, headers['access-control-allow-origin']], [status, origin])
      assert.match(String(headers['access-control-expose-headers']), /Location/)
    }
    const unlisted = await front.app.inject({ url: '/v1/calls', headers: { origin: 'https://other.example' } })
    assert.equal(unlisted.headers['access-control-allow-origin'], undefined)
  })
  it('one on the internet may ask a server in the house; what is no list of names comes back to nobody', async () => {
    const local = await preflight('/v1/calls', origin, { 'access-control-request-private-network': 'true' })
    assert.equal(local.headers['access-control-allow-private-network'], 'true')
    const odd = await preflight('/v1/calls', origin, { 'access-control-request-headers': 'a: b' })
    assert.equal(odd.headers['access-control-allow-headers'], undefined)
  })
})
