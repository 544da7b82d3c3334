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
  native: '/v1/calls',
} as const

const myapi = (error: string, reason: string) =>
  `{"status":0,"request":"calls\\/initiate","error":"${error}","reason":"${reason}"}`
const enswitch = (code: string, message: string) => `{"responses":[{"code":"${code}","key":"","message":"${message}"}]}`
const while1 = (message: string) => `{"has_error":true,"messages":["${message}"],"results":[]}`

describe('a server that cannot serve now says so, when to come back, and nothing to the log', () => {
  for (const [reason, dialect, status, body] of [
    ['busy', 'myapi', 503, myapi('UNAVAILABLE', 'The server is busy')],
    ['busy', 'enswitch', 200, enswitch('503', 'The server is busy')],
    ['busy', 'while1', 503, while1('Pbx busy. Try again in some seconds')],
    ['busy', 'spectronics', 200, 'ERR:Service unavailable'],
    ['busy', 'native', 503, /^\{"type":"\/problems\/busy",/],
    ['guessing', 'myapi', 429, myapi('FORBIDDEN', 'Too many wrong credentials came from here')],
    ['guessing', 'enswitch', 200, enswitch('429', 'Too many wrong passwords came from here')],
    ['guessing', 'while1', 429, while1('Too many invalid API credentials. Try again in some seconds')],
    ['guessing', 'spectronics', 200, 'ERR:Too many requests'],
    ['guessing', 'native', 429, /^\{"type":"\/problems\/limit-exceeded",/],
    ['storage', 'myapi', 503, myapi('UNAVAILABLE', 'The server cannot write calls down at the moment')],
    ['storage', 'enswitch', 200, enswitch('503', 'The server cannot write calls down at the moment')],
    ['storage', 'while1', 503, while1('Call not originated. Check disk of pbx, or try again in some seconds')],
    ['storage', 'spectronics', 200, 'ERR:Service unavailable'],
    ['storage', 'native', 503, /^\{"type":"\/problems\/storage-unavailable",/],
  ] as const) {
    it(`${reason}: ${dialect}`, async () => {
      front.calls.failure = Object.assign(new Error(reason), { unavailable: { reason, retryAfterSeconds: 7 } })
      front.log.length = 0
      const place = { method: 'POST', payload: '{"first":{"line":"101"},"second":{"dial":"1"}}' } as const
      const answer = await front.app.inject({
        ...(dialect === 'native' ? place : {}),
        url: requests[dialect],
        headers: { authorization: `Bearer ${keys.all}`, 'content-type': 'application/json' },
      })
      assert.equal(answer.statusCode, status)
      if (typeof body === 'string') assert.equal(answer.body, body)
      else assert.match(answer.body, body)
      assert.equal(answer.headers['retry-after'], '7')
      assert.deepEqual(
        front.log.map(({ message }) => message),
        ['request'],
      )
    })
  }
})
