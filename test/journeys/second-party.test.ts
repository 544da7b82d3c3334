import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { Sipp } from '../peers/sipp.ts'
import { confirm, receive, receiveInvite, refuse, ring, scenario } from '../peers/sipp-scenario.ts'
import { callWhen, holdsNothing, reaches } from '../support/call-progress.ts'
import { freeUdpPort } from '../support/free-port.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'

/** Carriers, each by the number that is dialled over it. `silent` rings and never answers. */
const carriers = [
  { number: '0491570601', responds: '486 Busy Here', cause: 'busy' },
  { number: '0491570602', responds: '603 Decline', cause: 'rejected' },
  { number: '0491570603', responds: '404 Not Found', cause: 'invalid-number' },
  { number: '0491570604', responds: '480 Temporarily Unavailable', cause: 'no-answer' },
  { number: '0491570605', responds: '503 Service Unavailable', cause: 'congestion' },
  { number: '0491570606', responds: 'silent', cause: 'no-answer' },
] as const

function stepsOf(responds: string): readonly string[] {
  if (responds !== 'silent') return [receiveInvite, ring, refuse(responds), receive('ACK')]
  return [receiveInvite, ring, receive('CANCEL'), confirm, refuse('487 Request Terminated'), receive('ACK')]
}

test('a second party that does not answer, and calls that are given up, with real phones', async (t) => {
  if (!requirePeer(t, 'baresip') || !requirePeer(t, 'sipp')) return
  const trunks = await Promise.all(
    carriers.map(async ({ number, responds }) => {
      const port = await freeUdpPort()
      const steps = scenario(responds, ...stepsOf(responds))
      return { number, sipp: await Sipp.start({ scenario: steps, calls: 1, port, keys: { contact: `${port}` } }) }
    }),
  )
  const trunkTexts = trunks.map(
    ({ number, sipp }) =>
      `  - { name: "${number}", address: "sip:127.0.0.1:${sipp.port}", prefixes: ["+61${number.slice(1)}"] }`,
  )
  const server = await startTestServer(t, `trunks:\n${trunkTexts.join('\n')}`)
  const registrarPort = sipPort(server)
  const [first, second] = await Promise.all([
    Baresip.start({ number: '101', secret: 's3cret-101', registrarPort, frequency: 600 }),
    Baresip.start({ number: '102', secret: 's3cret-102', registrarPort, frequency: 900, answerMode: 'manual' }),
  ])
  t.after(() => Promise.all([first.stop(), second.stop(), ...trunks.map(({ sipp }) => sipp.stop())]))
  await Promise.all([first.registers(), second.registers()])
  t.beforeEach(() => {
    for (const phone of [first, second]) phone.output = ''
  })
  t.afterEach(() => holdsNothing(server))

  const place = async (firstParty: object, secondParty: object): Promise<string> => {
    const { status, body } = await api(server, 'POST', '/v1/calls', { first: firstParty, second: secondParty })
    assert.equal(status, 201, JSON.stringify(body))
    return body.id
  }
  const hangUp = (id: string) => api(server, 'DELETE', `/v1/calls/${id}`)

  for (const { number, responds, cause } of carriers) {
    await t.test(`a carrier that responds ${responds}: ${cause}, and the first phone is let go`, async () => {
      const id = await place({ line: '101' }, { dial: number, ringSeconds: 2 })
      const ended = await reaches(server, id, 'ended')
      assert.equal(ended.end.cause, cause)
      assert.equal(ended.endedBy, 'second')
      assert.equal(ended.second.end.cause, cause)
      assert.equal(ended.second.answeredAt, undefined)
      assert.equal(ended.bridgedAt, undefined)
      await first.sees(/Call established.*session closed/s)
      const { sipp } = trunks.find((trunk) => trunk.number === number) ?? {}
      await sipp?.finished(5000)
    })
  }

  await t.test('a phone whose user rejects the call: busy, as the phone says it', async () => {
    const id = await place({ line: '101' }, { dial: '102' })
    await second.sees(/Incoming call/)
    await second.command('hangup')
    assert.equal((await reaches(server, id, 'ended')).end.cause, 'busy')
    await first.sees(/session closed/)
  })

  await t.test('a phone that nobody picks up: no-answer, and it stops ringing', async () => {
    const id = await place({ line: '101' }, { dial: '102', ringSeconds: 2 })
    await second.sees(/Incoming call/)
    const ended = await reaches(server, id, 'ended')
    assert.equal(ended.end.cause, 'no-answer')
    const rang = Date.parse(ended.second.endedAt) - Date.parse(ended.second.dialledAt)
    assert.ok(rang >= 2000 && rang < 4000, `it rang for ${rang} ms`)
    await Promise.all([first.sees(/session closed/), second.sees(/session closed/)])
  })

  await t.test('cancelled while the first phone rings: it stops, and the second never rings', async () => {
    const id = await place({ line: '102' }, { line: '101' })
    await second.sees(/Incoming call/)
    await callWhen(server, id, (call) => call.first.state === 'ringing')
    await hangUp(id)
    assert.equal((await reaches(server, id, 'ended')).end.cause, 'cancelled')
    await second.sees(/session closed/)
    assert.doesNotMatch(first.output, /Incoming call|answering call/)
  })

  await t.test('cancelled while the second phone rings: it stops, and the first is hung up', async () => {
    const id = await place({ line: '101' }, { line: '102' })
    await second.sees(/Incoming call/)
    await callWhen(server, id, (call) => call.second.state === 'ringing')
    await hangUp(id)
    const ended = await reaches(server, id, 'ended')
    assert.equal(ended.end.cause, 'cancelled')
    assert.equal(ended.endedBy, undefined)
    await Promise.all([first.sees(/session closed/), second.sees(/session closed/)])
  })

  await t.test(
    'the first phone hangs up during ringback: cancelled by the first, and the second stops ringing',
    async () => {
      const id = await place({ line: '101' }, { line: '102' })
      await second.sees(/Incoming call/)
      await callWhen(server, id, (call) => call.second.state === 'ringing')
      await new Promise((resolve) => setTimeout(resolve, 1000))
      await first.command('hangup')
      const ended = await reaches(server, id, 'ended')
      assert.deepEqual([ended.end.cause, ended.endedBy], ['cancelled', 'first'])
      assert.ok(ended.first.media.packetsSent > 20, 'it heard ringback')
      assert.equal(ended.second.end.cause, 'cancelled')
      await second.sees(/session closed/)
    },
  )
})
