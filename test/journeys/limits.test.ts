import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { RunningServer } from '../../src/main.ts'
import { configText, startTestServer } from '../support/test-server.ts'

const dialects = ['native', 'myapi', 'enswitch', 'while1', 'spectronics'] as const
type Dialect = (typeof dialects)[number]

/** Each is used up by the first call; how many seconds it turns clients away for. */
const limits = [
  { limit: 'requestsPerSecond: 0.01', retryAfter: 100 },
  { limit: 'callsPerMinute: 1', retryAfter: 60 },
  { limit: 'simultaneousCalls: 1', retryAfter: 5 },
] as const
const scopes = ['credential', 'account'] as const
type Scope = (typeof scopes)[number]

let asked = 0

const cases = dialects.flatMap((dialect) =>
  limits.flatMap((limit) => scopes.map((scope) => ({ dialect, ...limit, scope }))),
)

/** Demo phones register in one domain: no two lines have the same number. */
const lineOf = (index: number): string => String(200 + index)

/** The account of a case: a line with a phone, and two credentials. Both are limited, or the account is, for both together. */
const accountText = ({ dialect, limit, scope }: (typeof cases)[number], index: number): string => {
  const [account, own] = scope === 'account' ? [`limits: { ${limit} }`, ''] : ['limits: {}', `, limits: { ${limit} }`]
  const users = ['one', 'two'].map((name) => `{ name: ${name}@${index}, password: demo-pass-0001, role: agent${own} }`)
  const keys = ['one', 'two'].map(
    (name) => `{ name: ${name}, key: demo-key-${index}-${name}, permissions: [calls:place]${own} }`,
  )
  return `
  - name: account-${index}
    country: AU
    ${account}
    lines: [{ number: "${lineOf(index)}", fullNumber: "1234${lineOf(index)}", secret: s3cret-101 }]
    ${dialect === 'enswitch' ? `roles: [{ name: agent, permissions: [calls:place] }]\n    users: [${users}]` : `apiKeys: [${keys}]`}`
}

const config = `${configText}${cases.map(accountText).join('')}
demo: { phones: [${cases.map((_, index) => `"account-${index}/${lineOf(index)}"`)}], trunk: demo }
`

/** How each API's client places a call from the line to a number that answers: it lasts until the server stops. */
const requests: Readonly<Record<Dialect, (index: number, who: string) => readonly [path: string, init?: RequestInit]>> =
  {
    native: (index, who) => [
      '/v1/calls',
      {
        method: 'POST',
        headers: { authorization: `Bearer demo-key-${index}-${who}` },
        body: JSON.stringify({ first: { line: lineOf(index) }, second: { dial: '0412345678' } }),
      },
    ],
    myapi: (index, who) => [
      `/calls/initiate?key=demo-key-${index}-${who}&origin=${lineOf(index)}&destination=0412345678`,
    ],
    enswitch: (index, who) => [
      `/api/json/calls/make/?auth_username=${who}@${index};auth_password=demo-pass-0001;stype=phone;snumber=${lineOf(index)};cnumber=0412345678`,
    ],
    while1: (index, who) => [
      '/api/originate-call',
      {
        method: 'POST',
        headers: { authorization: `Bearer demo-key-${index}-${who}` },
        body: new URLSearchParams(
          Object.entries({
            project_id: `account-${index}`,
            type: 'extension',
            destination: lineOf(index),
            caller_id: '0412345678',
            caller_id_name: 'J',
            // A call of its own each time: a repeated id would be refused as such, whatever the limit.
            external_id: `${who}-${++asked}`,
          }).map(([name, value]) => [`data[${name}]`, value]),
        ),
      },
    ],
    spectronics: (index, who) => [
      `/api/0.9.3/call?auth=demo-key-${index}-${who}&extension=1234${lineOf(index)}&destination=0412345678`,
    ],
  }

/** What is placed, and what is refused, in the vendor's shape; `reason` is the server's own sentence. */
const answers: Readonly<
  Record<
    Dialect,
    {
      readonly placed: RegExp
      refused(reason: string, seconds: string): readonly [status: number, body: RegExp | string]
    }
  >
> = {
  native: {
    placed: /^\{"id":/,
    refused: () => [429, /^\{"type":"\/problems\/limit-exceeded","title":"Too many requests","status":429,/],
  },
  myapi: {
    placed: /^\{"status":1,/,
    refused: (reason) => [429, `{"status":0,"request":"calls\\/initiate","error":"FORBIDDEN","reason":"${reason}"}`],
  },
  enswitch: {
    placed: /^\{"responses":\[\{"code":"204"/,
    refused: (reason) => [200, `{"responses":[{"code":"429","key":"","message":"${reason}"}]}`],
  },
  while1: {
    placed: /^\{"has_error":false,/,
    refused: (_, seconds) => [
      429,
      `{"has_error":true,"messages":["Too many requests. Try again in ${seconds} seconds"],"results":[]}`,
    ],
  },
  spectronics: { placed: /^OK:/, refused: () => [200, 'ERR:Too many requests'] },
}

describe('who is at a limit is told so in the words of the API, with when to come back', () => {
  let server: RunningServer
  const cleanUps: (() => Promise<void>)[] = []
  before(async () => {
    server = await startTestServer({ after: (cleanUp) => cleanUps.push(cleanUp) }, '', config)
    for (const end = Date.now() + 15_000; server.counts().registrations < cases.length; ) {
      assert.ok(Date.now() < end, `${server.counts().registrations} phones are there`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp()
  })

  for (const [index, { dialect, limit, scope, retryAfter }] of cases.entries()) {
    test(`${dialect}: ${limit} of the ${scope}`, async () => {
      const { placed, refused } = answers[dialect]
      const ask = async (who: string) => {
        const [path, init] = requests[dialect](index, who)
        const response = await fetch(`${server.url}${path}`, init)
        return { status: response.status, body: await response.text(), retryAfter: response.headers.get('retry-after') }
      }
      const assertRefused = async (who: string) => {
        const answer = await ask(who)
        const seconds = Number(answer.retryAfter)
        assert.ok(seconds <= retryAfter && seconds > retryAfter - 5, `${answer.retryAfter} seconds: ${answer.body}`)
        const [status, body] = refused(reasonOf(limit, scope, seconds), String(seconds))
        assert.equal(answer.status, status)
        if (typeof body === 'string') assert.equal(answer.body, body)
        else assert.match(answer.body, body)
      }
      assert.match((await ask('one')).body, placed)
      await assertRefused('one')
      // An account's limit is for all who ask in its name, a credential's for each of them.
      if (scope === 'account') await assertRefused('two')
      else assert.match((await ask('two')).body, placed)
    })
  }
})

const reasonOf = (limit: string, scope: Scope, seconds: number): string => {
  if (limit.startsWith('requests')) return 'Too many requests'
  return `${scope === 'account' ? 'The account' : 'This credential'} is at its limit (${limit}); try again in ${seconds} seconds.`
}
