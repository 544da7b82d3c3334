import assert from 'node:assert/strict'
import type { LegAttempt } from '../../src/call/call.ts'
import type { LegRecovery } from '../../src/call/call-event.ts'
import { silentLog } from '../../src/log.ts'
import type { RegistrarLines } from '../../src/sip/registrar/registrar.ts'
import type { DialRequest, LegEvent, LegHandle, TrunkAddress } from '../../src/telephony/driver.ts'
import { SipEngine, type SipEngineOptions } from '../../src/telephony/sip-engine/sip-engine.ts'
import { testSounds } from '../doubles/test-sounds.ts'
import { MemoryMedia } from './memory-media.ts'
import { MemoryNetwork } from './memory-network.ts'
import { MemorySockets } from './memory-sockets.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { createSeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface TestRegistration {
  readonly line: string
  readonly port: number
  readonly userAgent?: string
}

/** A leg that a test has dialled, with all that was heard of it. */
export interface TestLeg {
  readonly handle: LegHandle
  readonly events: LegEvent[]
  readonly journal: { readonly moment: 'dialled' | 'answered'; readonly recovery: LegRecovery }[]
  /** `ringing`, `answered`, `ended:busy`. */
  readonly story: string[]
  readonly end: Extract<LegEvent, { type: 'ended' }> | undefined
}

export const storyOf = (events: readonly LegEvent[]): string[] =>
  events
    .filter(({ type }) => type !== 'attempt-ended')
    .map((event) => (event.type === 'ended' ? `ended:${event.cause}` : event.type))

/** How it went with each that was dialled and did not answer. */
export const attemptsOf = (events: readonly LegEvent[]): readonly LegAttempt[] =>
  events.flatMap((event) => (event.type === 'attempt-ended' ? [event.attempt] : []))

/** Phones are registered beforehand, and none comes later. */
const noLines: RegistrarLines = {
  find: () => undefined,
  credentials: () => undefined,
  realmOf: () => 'acme.example',
  secretMark: () => 'mark',
}

/** An engine on a network in virtual time; phones are registered beforehand, by line number and port. */
export async function createTestEngine(
  registrations: readonly TestRegistration[] = [],
  more: Partial<SipEngineOptions> = {},
) {
  const clock = new VirtualClock()
  const network = new MemoryNetwork(clock)
  const media = new MemoryMedia(clock)
  const bindings = registrations.map(({ line, port, userAgent }) => ({
    aor: `acme/${line}`,
    contactUri: `sip:${line}@127.0.0.1:${port}`,
    destination: { protocol: 'udp', host: '127.0.0.1', port } as const,
    ...(userAgent === undefined ? {} : { userAgent }),
    expiresAt: clock.now() + 3_600_000,
    q: 1,
    callId: `register-${port}`,
    sequence: 1,
  }))
  const start = async (port = 5060, seed = 1) => {
    const engine = new SipEngine({
      listen: [{ protocol: 'udp', host: '127.0.0.1', port }],
      realm: 'acme.example',
      digestAlgorithms: ['MD5'],
      silentSeconds: 60,
      media,
      sounds: testSounds,
      lines: noLines,
      // Carriers that are silent would be asked for ever whether they are back.
      isTrunk: () => false,
      bindings: { load: () => Promise.resolve(bindings), record() {} },
      sockets: new MemorySockets(network),
      clock,
      random: createSeededRandom(seed),
      log: silentLog,
      ...more,
    })
    await engine.start()
    return engine
  }
  const engine = await start()
  const dial = (request: Partial<DialRequest> & Pick<DialRequest, 'destination'>): TestLeg => {
    const events: LegEvent[] = []
    const journal: TestLeg['journal'] = []
    const handle = engine.dial(
      {
        callId: 'call-1',
        leg: 'first',
        callerId: { number: '102' },
        autoAnswer: false,
        ringSeconds: 30,
        ...request,
        journal: async (moment, recovery, attempt) => {
          journal.push({ moment, recovery: JSON.parse(JSON.stringify(recovery)) })
          await request.journal?.(moment, recovery, attempt)
        },
      },
      (event) => {
        assert.ok(!events.some(({ type }) => type === 'ended'), `${event.type} after the end`)
        events.push(event)
      },
    )
    return {
      handle,
      events,
      journal,
      get story() {
        return storyOf(events)
      },
      get end() {
        return events.find((event) => event.type === 'ended')
      },
    }
  }
  /** When every timer of RFC 3261 has had its time, nothing but the registrations may be left. */
  const assertClean = async (): Promise<void> => {
    await clock.advance(70_000)
    const { legs, outgoingInvites, dialogs, recoveries, clientTransactions, serverTransactions } = engine.counts()
    assert.deepEqual(
      { legs, outgoingInvites, dialogs, recoveries, clientTransactions, serverTransactions },
      { legs: 0, outgoingInvites: 0, dialogs: 0, recoveries: 0, clientTransactions: 0, serverTransactions: 0 },
    )
    assert.equal(media.counts().endpoints, 0)
  }
  const peer = (port: number) => new ScriptedPeer(network, port)
  return { clock, network, media, engine, start, dial, peer, assertClean }
}

export const lineDestination = (number: string): DialRequest['destination'] => ({
  kind: 'line',
  line: { account: 'acme', number },
})

export const trunkDestination = (...trunks: readonly TrunkAddress[]): DialRequest['destination'] => ({
  kind: 'trunk',
  number: '0412345678',
  trunks,
})

export const testTrunk = (port: number, more: Partial<TrunkAddress> = {}): TrunkAddress => ({
  name: `trunk-${port}`,
  address: `sip:127.0.0.1:${port}`,
  ...more,
})

/** SDP of a phone that speaks the given static payload types, in its own order. */
export const testDescription = (port = 40_000, payloadTypes = '8 0 101', more: readonly string[] = []): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP ${payloadTypes}`,
    ...(payloadTypes.includes('101') ? ['a=rtpmap:101 telephone-event/8000'] : []),
    ...more,
    '',
  ].join('\r\n')

/** A phone that rings at once, stops when it is cancelled, and hangs up when it is told; when it answers is the test's affair. */
export function ringing(peer: ScriptedPeer, status = 180): ScriptedPeer {
  peer.onMessage = (message) => {
    if (message.method === 'INVITE' && message.tag('To') === '') {
      peer.respond(message, status, 'Ringing', { toTag: `tag-${peer.address.port}` })
    } else if (message.method === 'CANCEL') {
      peer.respond(message, 200, 'OK')
      peer.respond(peer.last('INVITE'), 487, 'Request Terminated', { toTag: `tag-${peer.address.port}` })
    } else if (message.method === 'BYE') peer.respond(message, 200, 'OK')
  }
  return peer
}

/** Picks up. */
export const answer = (peer: ScriptedPeer, body: string | undefined = testDescription()): void =>
  peer.respond(peer.last('INVITE'), 200, 'OK', {
    toTag: `tag-${peer.address.port}`,
    ...(body === '' ? {} : { body }),
  })

/** A request of the phone within its dialog. */
export function within(
  peer: ScriptedPeer,
  method: string,
  sequence: number,
  body = '',
  type = 'application/sdp',
): void {
  const invite = peer.last('INVITE')
  const target = invite.header('Contact').slice(1, -1)
  peer.request(
    `${method} ${target}`,
    [
      `From: ${invite.header('To')};tag=tag-${peer.address.port}`,
      `To: ${invite.header('From')}`,
      `Call-ID: ${invite.header('Call-ID')}`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:peer@127.0.0.1:${peer.address.port}>`,
      ...(body === '' ? [] : [`Content-Type: ${type}`]),
    ],
    invite.from,
    body,
  )
}
