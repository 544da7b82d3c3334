import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Carry, DatagramRelay } from '../peers/datagram-relay.ts'
import {
  crossing,
  deliveringOnce,
  faultless,
  type Kind,
  losing,
  noting,
  repeating,
  slow,
} from '../peers/sip-network.ts'
import { Sipp } from '../peers/sipp.ts'
import {
  answer,
  confirm,
  hangUp,
  linger,
  pause,
  receive,
  receiveInvite,
  receiveOneOf,
  receiveResponse,
  refuse,
  ring,
  scenario,
} from '../peers/sipp-scenario.ts'
import { callWhen, eventTypes, holdsNoTransaction, holdsNothing, reaches } from '../support/call-progress.ts'
import { freeUdpPort } from '../support/free-port.ts'
import { requirePeer } from '../support/peers.ts'
import { api, startTestServer } from '../support/test-server.ts'

const answeredUntilBye = [receiveInvite, ring, answer, receive('ACK'), receive('BYE'), confirm, linger(600)]
// SIPp knows a repeated request again if it has sent one message since, not two.
const answeredWithoutRinging = answeredUntilBye.filter((step) => step !== ring)
const cancelled = [receiveInvite, ring, receive('CANCEL'), confirm, refuse('487 Request Terminated'), receive('ACK')]

interface Race {
  readonly name: string
  /** What the phone expects and does; SIPp's exit code tells whether it went so. */
  readonly steps: readonly string[]
  readonly network: () => Carry
  /** When the API is asked to hang up. */
  readonly hangUpWhen:
    | 'dialled'
    | 'ringing'
    | 'bridged'
    | 'bridged for a second'
    | 'the BYE of the phone is under way'
    | 'never'
  /** How often each kind was on the wire at least, so that the race was one; 0 is exact. */
  readonly seen: Readonly<Record<Kind, number>>
}

const races: readonly Race[] = [
  {
    name: 'the 200 crosses the CANCEL: it is acknowledged, and ended by BYE',
    steps: [receiveInvite, ring, answer, receive('CANCEL'), confirm, receive('ACK'), receive('BYE'), confirm],
    network: () => crossing('200 INVITE', 'CANCEL'),
    hangUpWhen: 'ringing',
    seen: { '200 INVITE': 1, CANCEL: 1, ACK: 1, BYE: 1 },
  },
  {
    name: 'the phone is picked up though the CANCEL was confirmed: ACK, then BYE',
    steps: [receiveInvite, ring, receive('CANCEL'), confirm, answer, receive('ACK'), receive('BYE'), confirm],
    network: () => faultless,
    hangUpWhen: 'ringing',
    seen: { CANCEL: 1, '200 CANCEL': 1, ACK: 1, BYE: 1 },
  },
  {
    name: 'the CANCEL is lost: it comes again',
    steps: cancelled,
    network: () => losing('CANCEL'),
    hangUpWhen: 'ringing',
    seen: { CANCEL: 2, '487 INVITE': 1, ACK: 1 },
  },
  {
    name: 'the 200 to the CANCEL is lost, and the 487 is late: the CANCEL comes again',
    steps: [
      ...[receiveInvite, ring, receive('CANCEL'), confirm, pause(700)],
      ...[refuse('487 Request Terminated'), receive('ACK')],
    ],
    network: () => losing('200 CANCEL'),
    hangUpWhen: 'ringing',
    seen: { CANCEL: 2, '200 CANCEL': 2, '487 INVITE': 1, ACK: 1 },
  },
  {
    name: 'the 487 is lost: it comes again, and is acknowledged',
    steps: cancelled,
    network: () => losing('487 INVITE'),
    hangUpWhen: 'ringing',
    seen: { '487 INVITE': 2, ACK: 1 },
  },
  {
    name: 'the ACK to the 487 is lost: so it is sent again',
    steps: cancelled,
    network: () => losing('ACK'),
    hangUpWhen: 'ringing',
    seen: { '487 INVITE': 2, ACK: 2 },
  },
  {
    name: 'given up before anybody has responded: the CANCEL waits for the late 180',
    steps: [receiveInvite, pause(800), ...cancelled.slice(1)],
    network: () => faultless,
    hangUpWhen: 'dialled',
    seen: { INVITE: 1, '180 INVITE': 1, CANCEL: 1, '487 INVITE': 1, ACK: 1 },
  },
  {
    name: 'given up before anybody has responded, then picked up without ringing: ACK and BYE, no CANCEL',
    steps: [receiveInvite, pause(800), answer, receive('ACK'), receive('BYE'), confirm],
    network: () => faultless,
    hangUpWhen: 'dialled',
    seen: { INVITE: 1, CANCEL: 0, ACK: 1, BYE: 1 },
  },
  {
    name: 'the INVITE is lost twice: the third rings',
    steps: answeredUntilBye,
    network: () => losing('INVITE', 2),
    hangUpWhen: 'bridged',
    seen: { INVITE: 3, ACK: 1, BYE: 1 },
  },
  {
    name: 'the 200 is lost twice: the third is acknowledged',
    steps: answeredUntilBye,
    network: () => losing('200 INVITE', 2),
    hangUpWhen: 'bridged',
    seen: { '200 INVITE': 3, ACK: 1, BYE: 1 },
  },
  {
    name: 'the ACK is lost twice: each repeated 200 is acknowledged',
    steps: [receiveInvite, ring, answer, receive('ACK'), pause(200), hangUp, receiveResponse(200)],
    network: () => losing('ACK', 2),
    hangUpWhen: 'never',
    seen: { '200 INVITE': 3, ACK: 3, 'BYE from peer': 1 },
  },
  {
    name: 'the 180 comes after the 200: it changes nothing any more',
    steps: answeredUntilBye,
    network: () => crossing('180 INVITE', '200 INVITE'),
    hangUpWhen: 'bridged',
    seen: { '180 INVITE': 1, '200 INVITE': 1, ACK: 1, BYE: 1 },
  },
  {
    name: 'the BYE is lost: it comes again',
    steps: answeredUntilBye,
    network: () => losing('BYE'),
    hangUpWhen: 'bridged',
    seen: { BYE: 2, '200 BYE': 1 },
  },
  {
    name: 'the 200 to the BYE is lost: the BYE comes again',
    steps: answeredUntilBye,
    network: () => losing('200 BYE'),
    hangUpWhen: 'bridged',
    seen: { BYE: 2, '200 BYE': 2 },
  },
  {
    name: 'both hang up at once: the two BYEs cross, and each is answered (RFC 3261 section 15.1.2)',
    steps: [
      ...[receiveInvite, ring, answer, receive('ACK'), pause(400), hangUp, receive('BYE'), confirm],
      receiveOneOf(200, 481),
    ],
    network: () => crossing('BYE from peer', 'BYE'),
    hangUpWhen: 'the BYE of the phone is under way',
    seen: { BYE: 1, 'BYE from peer': 1 },
  },
  {
    name: 'everything comes twice',
    steps: answeredWithoutRinging,
    network: () => repeating,
    hangUpWhen: 'bridged',
    seen: { INVITE: 1, BYE: 1 },
  },
  {
    name: 'everything is later than the first repetition',
    steps: answeredWithoutRinging,
    network: () => slow(300),
    hangUpWhen: 'bridged for a second',
    seen: { INVITE: 2, BYE: 2 },
  },
]

/** Each race once on the first leg and once on the second; the other leg is a phone that answers at once. */
const heats = races
  .flatMap((race) => (['first', 'second'] as const).map((leg) => ({ ...race, leg })))
  .map((heat, index) => ({ ...heat, number: `04915702${String(index).padStart(2, '0')}` }))

const goodPhone = '0491570110'

const trunkText = (number: string, port: number): string =>
  `  - { name: "${number}", address: "sip:127.0.0.1:${port}", prefixes: ["+61${number.slice(1)}"] }`

test('races on the wire, between the server and SIPp', { concurrency: 6 }, async (t) => {
  if (!requirePeer(t, 'sipp')) return
  const networks = new Map<string, { readonly relay: DatagramRelay; readonly noted: Kind[] }>()
  for (const { number, steps, network } of heats) {
    const noted: Kind[] = []
    // On a busy machine the INVITE is repeated before SIPp has answered it.
    const carry = steps === answeredWithoutRinging ? network() : deliveringOnce('INVITE', network())
    networks.set(number, { noted, relay: await DatagramRelay.open({ carry: noting(carry, noted) }) })
  }
  const port = await freeUdpPort()
  const other = await Sipp.start({
    scenario: scenario('answers', ...answeredWithoutRinging),
    port,
    keys: { contact: `${port}` },
  })
  const trunks = [...networks].map(([number, { relay }]) => trunkText(number, relay.serverSidePort))
  const limits = 'limits: { requestsPerSecond: 10000, burst: 10000 }'
  const server = await startTestServer(t, `${limits}\ntrunks:\n${[...trunks, trunkText(goodPhone, port)].join('\n')}`)
  t.after(async () => {
    for (const { relay } of networks.values()) relay.close()
    await other.stop()
    other.forget()
  })

  await Promise.all(
    heats.map((heat) =>
      t.test(`${heat.leg} leg: ${heat.name}`, async () => {
        const { leg, number, steps, hangUpWhen, seen } = heat
        const { relay, noted } = networks.get(number) as { relay: DatagramRelay; noted: Kind[] }
        const keys = { contact: String(relay.serverSidePort) }
        const phone = await Sipp.start({ scenario: scenario(heat.name, ...steps), calls: 1, keys })
        relay.peerPort = phone.port
        const parties = { first: { number: goodPhone }, second: { number: goodPhone }, [leg]: { number } }
        const placed = await api(server, 'POST', '/v1/calls', parties)
        assert.equal(placed.status, 201, JSON.stringify(placed.body))
        const { id } = placed.body

        if (hangUpWhen === 'ringing') await callWhen(server, id, (call) => call[leg].state === 'ringing')
        else if (hangUpWhen === 'dialled') await callWhen(server, id, (call) => call[leg].dialledAt !== undefined)
        else if (hangUpWhen !== 'never') await reaches(server, id, 'bridged')
        if (hangUpWhen === 'the BYE of the phone is under way') await has(noted, 'BYE from peer')
        if (hangUpWhen === 'bridged for a second') await new Promise((resolve) => setTimeout(resolve, 1000))
        if (hangUpWhen !== 'never') assert.equal((await api(server, 'DELETE', `/v1/calls/${id}`)).status, 202)

        const ended = await reaches(server, id, 'ended')
        const wasBridged = ended.bridgedAt !== undefined
        assert.equal(ended.end.cause, wasBridged ? 'completed' : 'cancelled')
        assert.equal(wasBridged, hangUpWhen !== 'dialled' && hangUpWhen !== 'ringing')
        const types = await eventTypes(server, id)
        assert.equal(types.filter((type) => type === 'call.ended').length, 1)
        await phone.finished(8000)
        for (const [kind, times] of Object.entries(seen)) {
          const count = noted.filter((other) => other === kind).length
          assert.ok(times === 0 ? count === 0 : count >= times, `${times} times ${kind}: ${noted.join(', ')}`)
        }
      }),
    ),
  )
  await holdsNothing(server)
  const { successful, failed, unfinished } = await other.stop()
  // The other phone is not rung where the first leg is given up before it was answered.
  const rung = heats.filter(({ leg, hangUpWhen }) => leg === 'second' || !['ringing', 'dialled'].includes(hangUpWhen))
  assert.deepEqual({ successful, failed, unfinished }, { successful: rung.length, failed: 0, unfinished: 0 })
  // What waits for late repetitions ends by itself after 64 times T1 (RFC 3261 section 17.1.1.2).
  await holdsNoTransaction(server)
})

async function has(noted: readonly Kind[], kind: Kind): Promise<void> {
  for (const until = Date.now() + 10_000; !noted.includes(kind); ) {
    assert.ok(Date.now() < until, `no ${kind} among ${noted.join(', ')}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
