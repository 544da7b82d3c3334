import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { silentLog } from '../../src/log.ts'
import { DigestServer } from '../../src/sip/digest/digest-server.ts'
import { Registrar } from '../../src/sip/registrar/registrar.ts'
import { TransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import type { Destination } from '../../src/sip/transport/destination.ts'
import type { StreamConnection } from '../../src/sip/transport/sockets.ts'
import { TransportLayer } from '../../src/sip/transport/transport-layer.ts'
import { UserAgent } from '../../src/sip/user-agent/user-agent.ts'
import { MemoryNetwork } from '../support/memory-network.ts'
import { MemorySockets } from '../support/memory-sockets.ts'
import { createRegistrarLines } from '../support/registrar-lines.ts'
import { ScriptedPeer } from '../support/scripted-peer.ts'
import { createSeededRandom } from '../support/seeded-random.ts'
import { testInvite } from '../support/test-agent.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { mutate } from './mutate.ts'
import { sipCorpus } from './sip-corpus.ts'
import { type Known, strangerPacket } from './stranger-packet.ts'

const server = { host: '127.0.0.1', port: 5060 }
const greatestGain = 2.5
/** Where nobody is: what a stranger names there must never be sent to, looked up or connected to. */
const elsewhere = ['10.9.9.9', 'victim.example', '[2001:db8::9]', '127.0.0.1'] as const

export interface StrangerFigures {
  readonly sent: number
  readonly answered: number
  readonly greatestGain: number
}

/**
 * Sends `packets` packets of a stranger, of every kind, to a whole stack that has a call up and a line registered, and counts what
 * leaves. Throws where a packet makes more than one leave, at once or later, to another host than it came from, or one that is
 * more than 2.5 times as long; where a name is looked up or a connection opened; where anything is kept.
 */
export const fuzzSipStrangers = async (packets: number, seed: number): Promise<StrangerFigures> => {
  const clock = new VirtualClock()
  const network = new MemoryNetwork(clock)
  const random = createSeededRandom(seed)
  const below = (limit: number): number => Math.floor(random.fraction() * limit)
  const faults: string[] = []
  const resolver = {
    resolve(destination: Destination): Destination {
      if (!/^[\d.]+$/.test(destination.host)) faults.push(`${destination.host} was looked up`)
      return destination
    },
  }
  const sockets = new (class extends MemorySockets {
    override connectStream(...[remote, ...rest]: Parameters<MemorySockets['connectStream']>): StreamConnection {
      faults.push(`a connection to ${remote.host} was opened`)
      return super.connectStream(remote, ...rest)
    }
  })(network)
  const context = { clock, random, log: silentLog }
  const transport = new TransportLayer({ ...context, sockets, resolver })
  await transport.listen({ protocol: 'udp', ...server })
  const transactions = new TransactionLayer({ ...context, transport })
  const agent = new UserAgent({ ...context, transport, transactions, userAgentHeader: 'Test/1', transfers: true })
  const digest = new DigestServer({ clock, random })
  const lines = createRegistrarLines('acme.example', { '101': 's3cret' })
  const registrar = new Registrar({ ...context, digest, lines })
  agent.onRegister = (request, source) => registrar.handle(request, source)

  const carrier = new ScriptedPeer(network, 6000)
  carrier.onMessage = (message) => {
    if (message.method === 'INVITE') carrier.respond(message, 200, 'OK', { toTag: 'carriers-own-tag' })
  }
  const call = agent.invite(testInvite(carrier.address.port), {
    onAnswered: (_response, dialog) => void call.acknowledge(dialog),
    onFailed() {},
  })
  await clock.advance(60_000)
  const invite = carrier.last('INVITE')
  const known: Known = { callId: invite.header('Call-ID'), elsewhere, nonce: '0' }
  const before = { ...transactions.counts(), dialogs: agent.counts().dialogs, pending: clock.pending }

  let answered = 0
  let gain = 0
  const look = (packet: Buffer, from: { host: string; port: number }): void => {
    const [, ...left] = network.sent
    if (left.length > 1) faults.push(`${left.length} packets left`)
    for (const { to, text } of left) {
      answered++
      const octets = Buffer.byteLength(text)
      gain = Math.max(gain, octets / packet.length)
      if (to.host !== from.host) faults.push(`a packet left to ${to.host}`)
      // RFC 3261 section 18.2.2: without rport, to the port that the Via names.
      const named = packet.toString('latin1').includes(String(to.port)) || to.port === 5060
      if (to.port !== from.port && !named) faults.push(`a packet left to port ${to.port}`)
      if (octets > packet.length * greatestGain) faults.push(`${octets} octets for ${packet.length}`)
      known.nonce = /nonce="(\w+)"/.exec(text)?.[1] ?? known.nonce
    }
    if (faults.length === 0) return
    const said = left.map(({ text }) => text).join('\n')
    throw new Error(`${faults.join('; ')} (seed ${seed}), after\n${packet.toString('latin1')}\n${said}`)
  }
  for (let sent = 0; sent < packets; sent++) {
    const from = { host: `10.0.${below(4)}.${1 + below(200)}`, port: 1024 + below(60_000) }
    const made = strangerPacket(known, from, below)
    const packet = below(4) === 0 ? mutate([made, ...sipCorpus], random.fraction) : made
    network.sent.length = 0
    network.send(packet, from, server)
    // What is kept would be repeated: timer E and G within half a second, a BYE's and a 2xx's in the same time.
    await clock.advance(below(200) === 0 ? 40_000 : 2)
    look(packet, from)
  }
  network.sent.length = 1
  await clock.advance(100_000)
  assert.equal(network.sent.length, 1, `something left long after the last packet (seed ${seed})`)
  const after = { ...transactions.counts(), dialogs: agent.counts().dialogs, pending: clock.pending }
  assert.deepEqual(after, before, `seed ${seed}`)
  registrar.close()
  return { sent: packets, answered, greatestGain: gain }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { packets: { type: 'string' }, seed: { type: 'string' } } })
  const seed = Number(values.seed ?? Date.now() % 1e9)
  console.log(`seed ${seed}`, await fuzzSipStrangers(Number(values.packets ?? 1_000_000), seed))
}
