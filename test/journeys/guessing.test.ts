import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { configText, startTestServer } from '../support/test-server.ts'

const config = `${configText}
    roles: [{ name: agent, permissions: [calls:place, calls:read] }]
    users: [{ name: alice@acme, password: demo-pass-0001, role: agent, line: "101" }]
`

/** What the server answers to a request from that address of this machine. */
async function get(
  url: string,
  from: string,
): Promise<{ status: number; retryAfter: string | undefined; body: string }> {
  const asking = request(url, { localAddress: from, agent: false }).end()
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'], body: await text(answer) }
}

test('150 wrong passwords at once from one address: the right one from elsewhere is taken', async (t) => {
  const server = await startTestServer(t, '', config)
  const enswitch = (password: string, from: string) =>
    get(`${server.url}/api/json/user/login?auth_username=alice@acme;auth_password=${password}`, from)
  const while1 = (password: string, from: string) =>
    get(
      `${server.url}/api/originate-call?api_username=alice@acme&api_password=${password}&api_hash=x&data[type]=user`,
      from,
    )
  const began = performance.now()
  const guessing = Promise.all(
    Array.from({ length: 150 }, (_, n) => (n % 2 === 0 ? enswitch : while1)(`guess-${n}`, '127.0.0.9')),
  )
  const right = await enswitch('demo-pass-0001', '127.0.0.1')
  assert.match(right.body, /^\{"responses":\[\{"code":"200"/)
  const answers = await guessing
  const refused = answers.filter(({ body }) => /"code":"401"|Invalid API credentials/.test(body))
  const turnedAway = answers.filter(({ body }) => /"code":"429"|"Too many invalid API credentials/.test(body))
  assert.equal(refused.length + turnedAway.length, 150)
  // One more may be checked each six seconds.
  const allowed = 20 + (performance.now() - began) / 6000
  assert.ok(refused.length >= 20 && refused.length <= allowed, `${refused.length} of ${allowed}`)
  assert.ok(turnedAway.every(({ retryAfter }) => Number(retryAfter) >= 1))
  assert.match((await enswitch('demo-pass-0001', '127.0.0.1')).body, /"code":"200"/)
})
