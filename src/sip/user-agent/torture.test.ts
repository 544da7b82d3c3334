import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ipv6Messages } from '../../../test/fixtures/sip/ipv6-messages.ts'
import { tortureMessages } from '../../../test/fixtures/sip/torture-messages.ts'
import { MemoryNetwork } from '../../../test/support/memory-network.ts'
import { MemorySockets } from '../../../test/support/memory-sockets.ts'
import { MemoryStreams } from '../../../test/support/memory-streams.ts'
import { createRegistrarLines } from '../../../test/support/registrar-lines.ts'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { silentLog } from '../../log.ts'
import { DigestServer } from '../digest/digest-server.ts'
import { Registrar } from '../registrar/registrar.ts'
import { TransactionLayer } from '../transaction/transaction-layer.ts'
import { TransportLayer } from '../transport/transport-layer.ts'
import { UserAgent } from './user-agent.ts'

const server = { host: '192.0.2.1', port: 5060 }
const stranger = { host: '192.0.2.99', port: 40_000 }

/** A user agent server that answers every INVITE that it takes with 486, and has a registrar. */
const setUp = async (protocol: 'udp' | 'tcp') => {
  const clock = new VirtualClock()
  const network = new MemoryNetwork(clock)
  const streams = new MemoryStreams()
  const random = createSeededRandom(1)
  const context = { clock, random, log: silentLog }
  const sockets = protocol === 'udp' ? new MemorySockets(network) : streams
  const transport = new TransportLayer({ ...context, sockets })
  await transport.listen({ protocol, ...server })
  const transactions = new TransactionLayer({ ...context, transport })
  const agent = new UserAgent({ ...context, transport, transactions, userAgentHeader: 'Test/1' })
  agent.onInvite = (invite) => invite.reject(486)
  const digest = new DigestServer({ clock, random })
  const registrar = new Registrar({ ...context, digest, lines: createRegistrarLines('example.com', {}) })
  agent.onRegister = (request, source) => registrar.handle(request, source)
  /** The status of each answer. */
  const ask = async (octets: Buffer): Promise<number[]> => {
    if (protocol === 'tcp') {
      const stream = streams.connect(stranger.port, stranger.host)
      stream.handler?.onData(octets)
      await clock.advance(100)
      return [...stream.written.matchAll(/(?:^|\n)SIP\/2\.0 (\d{3}) /g)].map(([, status]) => Number(status))
    }
    network.send(octets, stranger, server)
    await clock.advance(100)
    const answers = network.sent.slice(1)
    for (const { to } of answers) assert.equal(to.host, stranger.host)
    return answers.map(({ text }) => Number(text.slice(8, 11)))
  }
  return { ask }
}

/** What a message that is sound gets; of those that the parser refuses the table itself says what. Silence for responses. */
const verdicts: Readonly<Record<string, number | 'silence'>> = {
  // It has a To tag: a dialog that we do not know.
  '3.1.1.1': 481,
  '3.1.1.2': 501,
  '3.1.1.3': 486,
  '3.1.1.4': 401,
  '3.1.1.5': 501,
  '3.1.1.6': 200,
  '3.1.1.7': 200,
  '3.1.1.8': 401,
  '3.1.1.9': 200,
  '3.1.1.10': 200,
  '3.1.1.11': 405,
  '3.1.1.12': 'silence',
  '3.1.1.13': 'silence',
  '3.1.2.12': 200,
  '3.2.1': 200,
  '3.3.2': 416,
  '3.3.3': 416,
  '3.3.4': 200,
  '3.3.5': 420,
  '3.3.7': 200,
  '3.3.10': 'silence',
  '3.3.12': 401,
  '3.3.13': 401,
  '3.3.14': 401,
  '3.4.1': 486,
}

/** Over a stream the length must stand there and be right: what has none is answered 400, what has too much is waited for. */
const overStreams: Readonly<Record<string, number | 'silence'>> = {
  '3.1.2.2': 'silence',
  '3.4.1': 400,
}

const isResponse = (octets: Buffer): boolean => octets.toString('latin1').startsWith('SIP/')

describe('RFC 4475: what a user agent answers', () => {
  for (const { section, what, octets, refusal } of tortureMessages) {
    const wanted = isResponse(octets) ? 'silence' : (refusal?.status ?? verdicts[section])
    for (const protocol of ['udp', 'tcp'] as const) {
      const here = protocol === 'tcp' ? (overStreams[section] ?? wanted) : wanted
      it(`section ${section}: ${what}, by ${protocol}: ${here}`, async () => {
        const { ask } = await setUp(protocol)
        const answers = await ask(octets)
        // Section 3.1.1.8 has a second message behind the first: over a stream it is one.
        const first = section === '3.1.1.8' ? answers.slice(0, 1) : answers
        assert.deepEqual(first, here === 'silence' ? [] : [here])
      })
    }
  }
})

const more: readonly (readonly [section: string, what: string, status: number, lines: readonly string[]])[] = [
  [
    '3.1.2.13',
    'a Contact with a question mark outside of brackets',
    400,
    ['REGISTER sip:example.com SIP/2.0', 'Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E'],
  ],
  [
    '3.3.4',
    'a To of an unknown scheme, to a registrar',
    400,
    ['REGISTER sip:example.com SIP/2.0', 'Contact: <name:John_Smith>', 'To: isbn:2983792873'],
  ],
  [
    '3.3.6',
    'a body of an unknown type',
    415,
    [
      'INVITE sip:user@example.com SIP/2.0',
      'Contact: <sip:caller@host5.example.net>',
      'Content-Type: application/unknownformat',
      'Content-Length: 4',
      '',
      'body',
    ],
  ],
  ['3.3.7', 'an unknown authorization scheme', 401, ['REGISTER sip:example.com SIP/2.0', 'Authorization: Nobody x=1']],
  ['3.3.11', 'Max-Forwards of zero', 200, ['OPTIONS sip:user@example.com SIP/2.0', 'Max-Forwards: 0']],
  [
    '3.3.15',
    'an INVITE whose caller takes no answer of a type that we have',
    406,
    ['INVITE sip:user@example.com SIP/2.0', 'Contact: <sip:caller@host5.example.net>', 'Accept: text/nobodyKnowsThis'],
  ],
]

describe('RFC 4475: more of what a user agent answers', () => {
  for (const [section, what, status, [line = '', ...headers]] of more) {
    for (const protocol of ['udp', 'tcp'] as const) {
      it(`section ${section}: ${what}, by ${protocol}: ${status}`, async () => {
        const { ask } = await setUp(protocol)
        const text = [
          line,
          'Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKmore',
          'From: <sip:caller@example.org>;tag=1',
          ...(headers.some((header) => header.startsWith('To:')) ? [] : ['To: <sip:user@example.com>']),
          'Call-ID: more@192.0.2.99',
          `CSeq: 1 ${line.split(' ')[0]}`,
          ...headers,
          ...(headers.includes('') ? [] : ['Content-Length: 0', '', '']),
        ]
        assert.deepEqual(await ask(Buffer.from(text.join('\r\n'))), [status])
      })
    }
  }
})

describe('RFC 5118: what a user agent answers', () => {
  for (const { section, what, text, status } of ipv6Messages) {
    for (const protocol of ['udp', 'tcp'] as const) {
      it(`section ${section}: ${what}, by ${protocol}: ${status}`, async () => {
        const { ask } = await setUp(protocol)
        assert.deepEqual(await ask(Buffer.from(text)), [status])
      })
    }
  }
})
