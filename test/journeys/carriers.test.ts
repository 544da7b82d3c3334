import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { Sipp } from '../peers/sipp.ts'
import { answer, confirm, receive, receiveInvite, refuse, ring, scenario } from '../peers/sipp-scenario.ts'
import { holdsNothing, reaches } from '../support/call-progress.ts'
import { freeUdpPort } from '../support/free-port.ts'
import { requirePeer } from '../support/peers.ts'
import { run } from '../support/run-cli.ts'
import { api, startTestServer, testKey } from '../support/test-server.ts'

type Test = TestContext

/** A carrier that does the same with every call. */
async function startCarrier(t: Test, ...steps: readonly string[]): Promise<number> {
  const port = await freeUdpPort()
  const sipp = await Sipp.start({
    scenario: scenario('carrier', receiveInvite, ...steps),
    port,
    keys: { contact: `${port}` },
  })
  t.after(async () => {
    await sipp.stop()
    sipp.forget()
  })
  return port
}

const refusing = (t: Test, status: string, ...headers: readonly string[]) =>
  startCarrier(t, refuse(status, ...headers), receive('ACK'))

const answering = (t: Test) => startCarrier(t, ring, answer, receive('ACK'), receive('BYE'), confirm)

/** A server whose trunks are at these ports, in this order; those of `first` carry 0491570110 alone, the others all the rest. */
async function startServerWith(t: Test, ports: Readonly<Record<string, number>>) {
  const trunks = Object.entries(ports).map(([name, port], index) => {
    const prefixes = name === 'first' ? '["+61491570110"]' : '["+614915701", "+614915705"]'
    return `  - { name: ${name}, address: "sip:127.0.0.1:${port}", priority: ${index + 1}, prefixes: ${prefixes} }`
  })
  return startTestServer(t, `trunks:\n${trunks.join('\n')}`)
}

type Server = Awaited<ReturnType<typeof startServerWith>>

async function callEnds(server: Server, number = '0491570156') {
  const { body } = await api(server, 'POST', '/v1/calls', { first: { number }, second: { line: '101' } })
  return reaches(server, body.id, 'ended', 20_000)
}

const told = (attempts: readonly { trunk: string; sipStatus?: number; cause: string }[]) =>
  attempts.map(({ trunk, sipStatus, cause }) => [trunk, sipStatus, cause])

test('a carrier refuses the caller id: the next takes the call, and API and command line show what the first said', async (t) => {
  if (!requirePeer(t, 'sipp')) return
  const words = 'Warning: 399 alpha.example "Caller Origination Number is Invalid"'
  const server = await startServerWith(t, {
    first: await answering(t),
    alpha: await refusing(t, '403 Forbidden', words),
    beta: await answering(t),
  })
  const { body } = await api(server, 'POST', '/v1/calls', {
    first: { number: '0491570110' },
    second: { number: '0491570156' },
  })
  const { second } = await reaches(server, body.id, 'bridged')
  assert.deepEqual(told(second.attempts), [
    ['alpha', 403, 'carrier-refused'],
    ['beta', 200, undefined],
  ])
  assert.equal(second.attempts[0].reason, 'Forbidden (Caller Origination Number is Invalid)')
  assert.match(second.attempts[1].to, /^sip:\+61491570156@127\.0\.0\.1:\d+$/)
  await api(server, 'DELETE', `/v1/calls/${body.id}`)
  const ended = await reaches(server, body.id, 'ended')
  assert.deepEqual(told(ended.second.attempts).at(-1), ['beta', 200, 'completed'])

  const shown = await run(['calls', 'show', body.id, '--server', server.url, '--key', testKey])
  const text = shown.out.join('\n')
  assert.match(text, /second leg: dialled over trunk alpha/)
  assert.match(text, /second leg: trunk alpha: 403 Forbidden \(Caller Origination Number is Invalid\); carrier-refused/)
  assert.match(text, /second leg: answered over trunk beta/)
  await holdsNothing(server)
})

test('what a lone carrier says is told as what it is, with what to fix', async (t) => {
  if (!requirePeer(t, 'sipp')) return
  const cases = [
    ['0491570006', '401 Unauthorized', 'carrier-refused', /username and password/],
    ['0491570156', '402 Payment Required', 'carrier-refused', /credit/],
    ['0491570157', '403 Forbidden', 'carrier-refused', /caller id/],
    ['0491570158', '404 Not Found', 'invalid-number', /number/],
    ['0491570159', '433 Anonymity Disallowed', 'carrier-refused', /anonymous/],
    ['0491570110', '480 Temporarily Unavailable', 'no-answer', /nobody answered/],
    ['0491570313', '486 Busy Here', 'busy', /another call/],
    ['0491570737', '503 Service Unavailable', 'congestion', /in trouble/],
    ['0491571266', '603 Decline', 'rejected', /declined/],
  ] as const
  const trunks = await Promise.all(
    cases.map(async ([number, status]) => {
      const address = `sip:127.0.0.1:${await refusing(t, status)}`
      return `  - { name: "${number}", address: "${address}", prefixes: ["+61${number.slice(1)}"] }`
    }),
  )
  const server = await startTestServer(t, `trunks:\n${trunks.join('\n')}`)
  for (const [number, status, cause, advice] of cases) {
    const call = await callEnds(server, number)
    assert.deepEqual([call.end.cause, call.endedBy], [cause, 'first'], status)
    assert.match(call.end.advice, advice, status)
    assert.deepEqual(told(call.first.attempts), [[number, Number(status.slice(0, 3)), cause]])
  }
  await holdsNothing(server)
})

describe('carriers in trouble', () => {
  test('nobody listens at its port: the call does not wait for it', async (t) => {
    if (!requirePeer(t, 'sipp')) return
    const server = await startServerWith(t, { closed: await freeUdpPort(), busy: await refusing(t, '486 Busy Here') })
    const { first } = await callEnds(server)
    const [closed, busy] = first.attempts
    assert.deepEqual(told([closed, busy]), [
      ['closed', undefined, 'congestion'],
      ['busy', 486, 'busy'],
    ])
    assert.match(closed.reason, /nobody listens at 127\.0\.0\.1/)
    assert.ok(Date.parse(busy.at) - Date.parse(closed.at) < 4000, 'sooner than silence is noticed')
    assert.deepEqual(told((await callEnds(server)).first.attempts), [['busy', 486, 'busy']])
    await isUp(server, 'closed', 0)
  })

  test('it is silent: one call waits for it, the next ones do not, and the metrics say so', async (t) => {
    if (!requirePeer(t, 'sipp')) return
    const silent = createSocket('udp4').bind(0, '127.0.0.1')
    await once(silent, 'listening')
    t.after(async () => void silent.close())
    const server = await startServerWith(t, {
      silent: silent.address().port,
      busy: await refusing(t, '486 Busy Here'),
    })
    await isUp(server, 'silent', 1)
    assert.deepEqual(told((await callEnds(server)).first.attempts), [
      ['silent', undefined, 'congestion'],
      ['busy', 486, 'busy'],
    ])
    assert.deepEqual(told((await callEnds(server)).first.attempts), [['busy', 486, 'busy']])
    await isUp(server, 'silent', 0)
    await isUp(server, 'busy', 1)
  })

  test('503 with Retry-After: it is left alone', async (t) => {
    if (!requirePeer(t, 'sipp')) return
    const server = await startServerWith(t, { tired: await refusing(t, '503 Service Unavailable', 'Retry-After: 30') })
    const dialled = (await callEnds(server)).first.attempts
    assert.deepEqual([dialled[0].sipStatus, dialled[0].reason], [503, 'Service Unavailable (Retry-After: 30)'])
    const again = await callEnds(server)
    assert.equal(again.end.cause, 'congestion')
    assert.equal(again.first.attempts[0].sipStatus, undefined)
    assert.match(again.first.attempts[0].reason, /^not dialled: it asked to be left alone until /)
    await holdsNothing(server)
  })

  async function isUp(server: Server, trunk: string, value: 0 | 1): Promise<void> {
    const metrics = await (await fetch(new URL('/metrics', server.url))).text()
    assert.ok(metrics.includes(`cordboard_trunk_up{trunk="${trunk}"} ${value}`), trunk)
  }
})
