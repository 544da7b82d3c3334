import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { RunningServer } from '../../src/main.ts'
import { Baresip, type BaresipCodec } from '../peers/baresip.ts'
import { Sipp } from '../peers/sipp.ts'
import {
  answerAgainIn,
  answerIn,
  confirm,
  receive,
  receiveInvite,
  refuseAgain,
  ring,
  scenario,
} from '../peers/sipp-scenario.ts'
import { holdsNothing, reaches } from '../support/call-progress.ts'
import { freePortPair, freeUdpPort } from '../support/free-port.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'
import { bestToneLevel } from '../support/tone-level.ts'

/** How long two parties talk: long enough for a second of undisturbed sound. */
const talkMilliseconds = 2000

const frequencies = { '101': 600, '102': 900 } as const

/** A registered phone that speaks these codecs, and plays a tone of its own. */
async function startPhone(
  t: TestContext,
  server: RunningServer,
  number: keyof typeof frequencies,
  codecs: readonly BaresipCodec[],
): Promise<Baresip> {
  const secret = `s3cret-${number}`
  const frequency = frequencies[number]
  const phone = await Baresip.start({ number, secret, registrarPort: sipPort(server), frequency, codecs })
  t.after(() => phone.stop())
  await phone.registers()
  return phone
}

const place = async (server: RunningServer, second: object): Promise<string> =>
  (await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second })).body.id

/** Talks for a while, and hangs up at the phone; the codecs of both legs at the end. */
async function talk(server: RunningServer, id: string, phone: Baresip): Promise<string[]> {
  await reaches(server, id, 'bridged')
  await new Promise((resolve) => setTimeout(resolve, talkMilliseconds))
  await phone.command('hangup')
  const ended = await reaches(server, id, 'ended')
  assert.equal(ended.end.cause, 'completed')
  await holdsNothing(server)
  return [ended.first.media.codec, ended.second.media.codec]
}

function assertHears(phone: Baresip, frequency: number, who: string): void {
  const { samples, rate } = phone.heard()
  const level = bestToneLevel(samples, rate, frequency)
  assert.ok(level > 0.9, `${who}: ${level}`)
}

test('two phones hear each other, whatever each of them speaks', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const server = await startTestServer(t)
  const cases: readonly { first: readonly BaresipCodec[]; second: readonly BaresipCodec[]; end: readonly string[] }[] =
    [
      { first: ['G722'], second: ['G722'], end: ['G722', 'G722'] },
      { first: ['PCMA'], second: ['PCMU'], end: ['PCMA', 'PCMU'] },
      // By conversion.
      { first: ['G722'], second: ['PCMA'], end: ['G722', 'PCMA'] },
      { first: ['PCMU'], second: ['G722'], end: ['PCMU', 'G722'] },
      // By a new offer to the one that knows more.
      { first: ['G722', 'PCMA', 'PCMU'], second: ['PCMA'], end: ['PCMA', 'PCMA'] },
      { first: ['PCMU'], second: ['G722', 'PCMU'], end: ['PCMU', 'PCMU'] },
    ]
  for (const { first, second, end } of cases) {
    await t.test(`${first} and ${second}`, async (t) => {
      const [one, other] = [await startPhone(t, server, '101', first), await startPhone(t, server, '102', second)]
      const spoken = await talk(server, await place(server, { line: '102' }), one)
      await Promise.all([one.stop(), other.stop()])
      assert.deepEqual(spoken, end)
      assertHears(one, frequencies['102'], 'the first hears the second')
      assertHears(other, frequencies['101'], 'the second hears the first')
    })
  }
})

test('a phone and a carrier hear each other, whatever the carrier answers; it sends back what it hears', async (t) => {
  if (!requirePeer(t, 'baresip') || !requirePeer(t, 'sipp')) return
  const port = await freeUdpPort()
  const trunk = `  - { name: carrier, address: "sip:127.0.0.1:${port}", prefixes: ["+61"] }`
  const server = await startTestServer(t, `trunks:\n${trunk}`)
  const cases: readonly { phone: readonly BaresipCodec[]; carrier: string; end: readonly string[] }[] = [
    { phone: ['G722', 'PCMA', 'PCMU'], carrier: '8 101', end: ['PCMA', 'PCMA'] },
    { phone: ['G722', 'PCMA', 'PCMU'], carrier: '0', end: ['PCMA', 'PCMU'] },
    { phone: ['G722'], carrier: '8 101', end: ['G722', 'PCMA'] },
    { phone: ['G722'], carrier: '0', end: ['G722', 'PCMU'] },
    { phone: ['PCMA'], carrier: '9', end: ['PCMA', 'G722'] },
  ]
  for (const { phone: codecs, carrier: payloadTypes, end } of cases) {
    await t.test(`${codecs} and a carrier that answers ${payloadTypes}`, async (t) => {
      const steps = [receiveInvite, ring, answerIn(payloadTypes), receive('ACK'), receive('BYE'), confirm]
      const carrier = await Sipp.start({
        ...{ scenario: scenario('carrier', ...steps), calls: 1, port, keys: { contact: `${port}` } },
        args: ['-rtp_echo', '-mp', `${await freePortPair()}`],
      })
      t.after(() => carrier.stop())
      const phone = await startPhone(t, server, '101', codecs)
      const spoken = await talk(server, await place(server, { number: '0491570156' }), phone)
      await phone.stop()
      await carrier.finished(5000)
      assert.deepEqual(spoken, end)
      assertHears(phone, frequencies['101'], 'the phone hears its own tone')
    })
  }
})

test('a party that answers in an order of its own is asked by re-INVITE to speak what the other does', async (t) => {
  if (!requirePeer(t, 'baresip') || !requirePeer(t, 'sipp')) return
  const port = await freeUdpPort()
  const trunk = `  - { name: carrier, address: "sip:127.0.0.1:${port}", prefixes: ["+61"] }`
  const server = await startTestServer(t, `trunks:\n${trunk}`)
  const cases = [
    { name: 'and does', response: answerAgainIn('8 101'), end: ['PCMA', 'PCMA'] },
    {
      name: 'and refuses: the relay converts',
      response: refuseAgain('488 Not Acceptable Here'),
      end: ['PCMA', 'G722'],
    },
  ]
  for (const { name, response, end } of cases) {
    await t.test(name, async (t) => {
      const phone = await startPhone(t, server, '101', ['PCMA'])
      const asked = [receive('INVITE'), response, receive('ACK')]
      const steps = [receiveInvite, ring, answerIn('9 8 0 101'), receive('ACK'), ...asked, receive('BYE'), confirm]
      const carrier = await Sipp.start({
        ...{ scenario: scenario('carrier', ...steps), calls: 1, port, keys: { contact: `${port}` } },
        args: ['-rtp_echo', '-mp', `${await freePortPair()}`],
      })
      t.after(() => carrier.stop())
      const spoken = await talk(server, await place(server, { number: '0491570156' }), phone)
      await phone.stop()
      await carrier.finished(5000)
      assert.deepEqual(spoken, end)
      assertHears(phone, frequencies['101'], 'the phone hears its own tone')
    })
  }
})
