import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createHttpFront, type HttpFront, keys, userPassword } from '../../test/support/http-front.ts'

let front: HttpFront
before(async () => {
  front = await createHttpFront()
})
after(() => front.app.close())

const data = {
  project_id: '1',
  caller_id: '1',
  caller_id_name: 'J',
  type: 'queue',
  destination: 'q',
  external_id: 'e',
} as const
const user = `auth_username=alice@acme;auth_password=${userPassword}`

/** A request of each vendor that places a call. */
const requests = {
  myapi: `/calls/initiate?key=${keys.all}&origin=101&destination=1`,
  enswitch: `/api/json/calls/make?${user};stype=phone;snumber=101;cnumber=1`,
  while1: `/api/originate-call?${Object.entries(data)
    .map(([name, value]) => `data[${name}]=${value}`)
    .join('&')}`,
  spectronics: `/api/0.9.3/call?auth=${keys.all}&extension=1234101&destination=1`,
} as const

describe('a server that is too busy says so, when to come back, and nothing to the log', () => {
  for (const [dialect, status, body] of [
    ['myapi', 503, '{"status":0,"request":"calls\\/initiate","error":"UNAVAILABLE","reason":"The server is busy"}'],
    ['enswitch', 200, '{"responses":[{"code":"503","key":"","message":"The server is busy"}]}'],
    ['while1', 503, '{"has_error":true,"messages":["Pbx busy. Try again in some seconds"],"results":[]}'],
    ['spectronics', 200, 'ERR:Service unavailable'],
  ] as const) {
    it(dialect, async () => {
      front.calls.failure = Object.assign(new Error('busy'), { statusCode: 503 })
      front.log.length = 0
      const answer = await front.app.inject({
        url: requests[dialect],
        headers: { authorization: `Bearer ${keys.all}` },
      })
      assert.deepEqual([answer.statusCode, answer.body], [status, body])
      assert.equal(answer.headers['retry-after'], '2')
      assert.deepEqual(
        front.log.map(({ message }) => message),
        ['request'],
      )
    })
  }
})
