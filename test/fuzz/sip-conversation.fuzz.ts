import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { type Log, silentLog } from '../../src/log.ts'
import { Dialog } from '../../src/sip/dialog/dialog.ts'
import { DigestServer } from '../../src/sip/digest/digest-server.ts'
import { Registrar } from '../../src/sip/registrar/registrar.ts'
import { TransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import type { Destination } from '../../src/sip/transport/destination.ts'
import { TransportError } from '../../src/sip/transport/transport-error.ts'
import { TransportLayer } from '../../src/sip/transport/transport-layer.ts'
import type { Session } from '../../src/sip/user-agent/session.ts'
import type { TransferAsked } from '../../src/sip/user-agent/transfer-asked.ts'
import { UserAgent } from '../../src/sip/user-agent/user-agent.ts'
import { MemoryNetwork } from '../support/memory-network.ts'
import { MemorySockets } from '../support/memory-sockets.ts'
import { createRegistrarLines } from '../support/registrar-lines.ts'
import { ScriptedPeer, type WireMessage } from '../support/scripted-peer.ts'
import { createSeededRandom } from '../support/seeded-random.ts'
import { testInvite } from '../support/test-agent.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { mutate } from './mutate.ts'

const server = { host: '127.0.0.1', port: 5060 }
const description = { type: 'application/sdp', content: 'v=0\r\n' }
const methods = [
  'INVITE',
  'OPTIONS',
  'REGISTER',
  'BYE',
  'CANCEL',
  'ACK',
  'UPDATE',
  'PRACK',
  'INFO',
  'SUBSCRIBE',
  'REFER',
  'NOTIFY',
]
const statuses = [100, 180, 183, 200, 200, 200, 202, 302, 401, 407, 408, 481, 486, 491, 503, 603]

export interface ConversationFigures {
  readonly sent: number
  readonly sessions: number
  /** Wishes of the peer to be transferred that were told. */
  readonly transfers: number
  /** Holds of the peer that were told. */
  readonly holds: number
}

/**
 * Talks `messages` changed messages at a whole stack that calls, is called and registers, most of them within its transactions and
 * dialogs. Throws for what the stack throws or has to log as an error, and for anything that is left when every timer has run out.
 */
export const fuzzSipConversation = async (messages: number, seed: number): Promise<ConversationFigures> => {
  const clock = new VirtualClock()
  const network = new MemoryNetwork(clock)
  const random = createSeededRandom(seed)
  const below = (limit: number): number => Math.floor(random.fraction() * limit)
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item
  let newest = ''
  const error: Log['error'] = (fields, message) => {
    throw new Error(`${message} after ${JSON.stringify(newest)}`, { cause: fields['err'] })
  }
  const log: Log = { ...silentLog, error, child: () => log }
  const resolver = {
    resolve: (destination: Destination) =>
      /^[\d.]+$/.test(destination.host)
        ? destination
        : Promise.reject(new TransportError('unresolved', 'no such name')),
  }
  const transport = new TransportLayer({ clock, random, log, sockets: new MemorySockets(network), resolver })
  await transport.listen({ protocol: 'udp', ...server })
  const transactions = new TransactionLayer({ transport, clock, random, log })
  const agent = new UserAgent({
    ...{ transactions, transport, clock, random, log },
    userAgentHeader: 'Test/1',
    transfers: true,
  })
  const digest = new DigestServer({ clock, random })
  const registrar = new Registrar({
    clock,
    log,
    digest,
    lines: createRegistrarLines('acme', { '101': 's3cret' }),
  })
  agent.onRegister = (request, source) => registrar.handle(request, source)
  let sessions = 0
  agent.onInvite = (invite) => {
    invite.ring()
    clock.setTimeout(() => invite.accept(description), 50)
    clock.setTimeout(() => void invite.session.bye(), 20_000)
  }
  /** The newest that were answered: most of what comes within a dialog comes within these. */
  const dialogs: Dialog[] = []
  let transfers = 0
  let holds = 0
  const describe = (): string => heldDescription('sendrecv')
  const carol = { uri: 'sip:carol@example.com', params: new Map() }
  /** What the owner of a call does with it, sooner or later. */
  const control = (session: Session): void => {
    const act = pick([
      () => session.hold(describe),
      () => session.resume(describe),
      () => session.refer({ to: carol }),
      () => session.updateIdentity(carol, pick([describe, undefined])),
    ])
    clock.setTimeout(() => void act(), below(10_000))
  }
  const decideTransfer = (transfer: TransferAsked): void => {
    transfers++
    if (below(4) === 0) return
    clock.setTimeout(() => (below(3) === 0 ? transfer.refuse() : transfer.accept()), below(2000))
    for (const status of [180, 183, 200, 486]) clock.setTimeout(() => transfer.progress(status), below(9000))
  }
  const call = (): void => {
    const credentials = { username: 'u', password: 'p' }
    const invite = agent.invite(testInvite(6000, { body: description, credentials }), {
      onAnswered: (_response, dialog) => {
        sessions++
        const session = invite.acknowledge(dialog)
        dialogs.push(dialog)
        if (dialogs.length > 5) dialogs.shift()
        for (let count = below(4); session !== undefined && count > 0; count--) control(session)
      },
      onFailed() {},
      onOffer: () => description.content,
      onHeld: () => void holds++,
      onTransferAsked: decideTransfer,
    })
    clock.setTimeout(() => invite.cancel(), pick([20_000, 60_000]))
  }

  const peer = new ScriptedPeer(network, 6000)
  const heard: WireMessage[] = []
  peer.onMessage = (message) => {
    heard.push(message)
    if (heard.length > 30) heard.shift()
  }
  for (let sent = 0; sent < messages; sent++) {
    if (below(10) === 0) call()
    const about = heard.length === 0 ? undefined : pick(heard)
    const text =
      about === undefined || below(2) === 0
        ? requestAbout(
            below(2) === 0 ? about : (dialogs.findLast(({ state }) => state === 'confirmed') ?? about),
            below,
            pick,
          )
        : responseTo(about, below, pick)
    const octets = below(3) === 0 ? Buffer.from(text) : mutate([Buffer.from(text)], random.fraction)
    newest = octets.toString('latin1')
    network.send(octets, peer.address, server)
    await clock.advance(pick([1, 1, 20, 600, 5000]))
  }
  // The last rings for ten minutes at most, and is over when its BYE has had its time.
  await clock.advance(700_000)
  registrar.close()
  assert.deepEqual(
    { ...agent.counts(), ...transactions.counts() },
    {
      ...{ outgoingInvites: 0, incomingInvites: 0, dialogs: 0, recoveries: 0 },
      ...{ timers: 0, clientTransactions: 0, serverTransactions: 0 },
    },
  )
  return { sent: messages, sessions, transfers, holds }
}

type Below = (limit: number) => number
type Pick = <Item>(items: readonly Item[]) => Item

/** What makes a request one of a dialog, as the peer says it. */
interface Within {
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly replaces: string
  readonly sequence: (below: Below) => number
}

const anySequence = (below: Below): number => below(200)

const withinDialog = ({ callId, localTag, remoteTag, localUri, remoteUri, remoteSequence }: Dialog): Within => ({
  from: `<${remoteUri}>;tag=${remoteTag}`,
  to: `<${localUri}>;tag=${localTag}`,
  callId,
  replaces: `${callId};to-tag=${localTag};from-tag=${remoteTag}`,
  // Mostly the next one, so that it is heard.
  sequence: (below) => (below(8) === 0 ? anySequence(below) : (remoteSequence ?? 0) + 1),
})

const withinMessage = (message: WireMessage): Within => ({
  from: tagged(message.header('To')),
  to: message.header('From'),
  callId: message.header('Call-ID'),
  replaces: `${message.header('Call-ID')};to-tag=${message.tag('From')};from-tag=peer`,
  sequence: anySequence,
})

const outsideOf = (below: Below): Within => ({
  from: `<sip:a@b>;tag=${below(9)}`,
  to: '<sip:101@acme>',
  callId: String(below(20)),
  replaces: 'x;to-tag=a;from-tag=b',
  sequence: anySequence,
})

/** A request, within a dialog, half of the time within that of a message that the peer has heard, or outside of any. */
const requestAbout = (about: WireMessage | Dialog | undefined, below: Below, pick: Pick): string => {
  const method = pick(methods)
  const within =
    about instanceof Dialog
      ? withinDialog(about)
      : about !== undefined && about.method !== '' && below(2) === 0
        ? withinMessage(about)
        : outsideOf(below)
  const { replaces } = within
  const body = pick([
    '',
    '',
    heldDescription(pick(['sendonly', 'inactive', 'sendrecv'])),
    `SIP/2.0 ${pick(statuses)} X`,
  ])
  const head = lines(
    `${method} sip:101@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 10.0.0.1:6000;x="a;rport=b";branch=z9hG4bK${below(50)}${pick([';rport', ''])}`,
    `From: ${within.from}`,
    `To: ${within.to}`,
    `Call-ID: ${within.callId}`,
    `CSeq: ${within.sequence(below)} ${method}`,
    'Contact: <sip:101@127.0.0.1:6000>',
    pick([
      'Require: 100rel',
      'Record-Route: <sip:127.0.0.1:6000;lr>',
      'RAck: 1 1 INVITE',
      'Expires: 60',
      'Supported: x',
      `Refer-To: <${pick(['sip:c@example.com', 'tel:1', 'http://x', `sip:c@x?Replaces=${encodeURIComponent(replaces)}`])}>`,
      'Refer-To: <sip:c@example.com>',
      `Event: ${pick(['refer', 'refer;id=2', 'talk'])}`,
      `Replaces: ${replaces}${pick([';early-only', ''])}`,
    ]),
    pick(['Refer-Sub: false', 'Subscription-State: terminated', 'Event: refer', 'Allow: UPDATE']),
    `Content-Type: ${body.startsWith('SIP') ? 'message/sipfrag' : 'application/sdp'}`,
    `Content-Length: ${body.length}`,
  )
  return `${head}${body}`
}

const heldDescription = (direction: string): string =>
  `v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 8\r\na=${direction}\r\n`

const responseTo = (request: WireMessage, below: Below, pick: Pick): string => {
  const status = pick(statuses)
  const challenge = `Authenticate: Digest realm="r", nonce="${below(9)}", qop="auth", stale=${pick(['true', 'false'])}`
  return lines(
    `SIP/2.0 ${status} X`,
    ...request.headers('Via').map((via) => `Via: ${via}`),
    `From: ${request.header('From')}`,
    `To: ${tagged(request.header('To'), pick(['', 'x']))}`,
    `Call-ID: ${request.header('Call-ID')}`,
    `CSeq: ${request.header('CSeq')}`,
    'Contact: <sip:101@127.0.0.1:6000>',
    ...(status === 401 ? [`WWW-${challenge}`] : status === 407 ? [`Proxy-${challenge}`] : []),
    ...(below(4) === 0 ? ['Require: 100rel', `RSeq: ${1 + below(3)}`] : []),
  )
}

const tagged = (address: string, fork = ''): string => (/;tag=/.test(address) ? address : `${address};tag=peer${fork}`)

const lines = (...head: string[]): string => `${head.join('\r\n')}\r\n\r\n`

if (import.meta.main) {
  const { values } = parseArgs({ options: { messages: { type: 'string' }, seed: { type: 'string' } } })
  console.log(await fuzzSipConversation(Number(values.messages ?? 100_000), Number(values.seed ?? Date.now() % 1e6)))
}
