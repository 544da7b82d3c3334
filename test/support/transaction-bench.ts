import { silentLog } from '../../src/log.ts'
import { Headers } from '../../src/sip/message/headers.ts'
import { SipRequest } from '../../src/sip/message/message.ts'
import type { ClientTransaction } from '../../src/sip/transaction/client-transaction.ts'
import type { ServerTransaction } from '../../src/sip/transaction/server-transaction.ts'
import { TransactionLayer } from '../../src/sip/transaction/transaction-layer.ts'
import type { Destination } from '../../src/sip/transport/destination.ts'
import { RecordingTransport } from './recording-transport.ts'
import { createSeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

export const testDestination = (protocol: Destination['protocol'] = 'udp'): Destination => ({
  protocol,
  host: '192.0.2.2',
  port: 5060,
})

export const testRequest = (method: string, more: readonly (readonly [string, string])[] = []): SipRequest =>
  new SipRequest(
    method,
    'sip:bob@192.0.2.2',
    new Headers([
      ['Max-Forwards', '70'],
      ['From', '<sip:alice@192.0.2.1>;tag=a'],
      ['To', '<sip:bob@192.0.2.2>'],
      ['Call-ID', 'call-1'],
      ['CSeq', `1 ${method}`],
      ...more,
    ]),
  )

const requests = new WeakMap<ServerTransaction, SipRequest>()

/** The request of a transaction, which itself keeps it no longer than until its final response. */
export const requestOf = (transaction: ServerTransaction): SipRequest => requests.get(transaction) as SipRequest

/** A transaction layer in virtual time over a transport that records. */
export const createTransactionBench = (seed = 1) => {
  const clock = new VirtualClock()
  const transport = new RecordingTransport(clock)
  const layer = new TransactionLayer({ transport, clock, random: createSeededRandom(seed), log: silentLog })
  const heard: string[] = []
  const served: ServerTransaction[] = []
  layer.onRequest = (arrived) => {
    heard.push(arrived.request.method)
    const transaction = arrived.begin('dialog')
    if (transaction === undefined) return
    requests.set(transaction, arrived.request)
    transaction.onTimeout = () => void heard.push('timeout')
    transaction.onTransportError = () => void heard.push('transport error')
    transaction.onCancel = () => void heard.push('cancelled')
    served.push(transaction)
  }
  layer.onAck = () => void heard.push('ACK')
  layer.onStrayResponse = (response) => void heard.push(`stray ${response.status}`)

  /** Starts a client transaction; what its user hears goes to `heard`. */
  const send = (method: string, protocol: Destination['protocol'] = 'udp'): ClientTransaction =>
    layer.sendRequest(testRequest(method), testDestination(protocol), {
      onResponse: (response) => void heard.push(String(response.status)),
      onTimeout: () => void heard.push('timeout'),
      onTransportError: () => void heard.push('transport error'),
    })

  /** A response of the peer to a client transaction. */
  const answer = (transaction: ClientTransaction, status: number, toTag = 'b'): void =>
    transport.receive([
      `SIP/2.0 ${status} Whatever`,
      `Via: SIP/2.0/UDP 192.0.2.1:5060;branch=${transaction.branch};rport=5060`,
      'From: <sip:alice@192.0.2.1>;tag=a',
      `To: <sip:bob@192.0.2.2>;tag=${toTag}`,
      'Call-ID: call-1',
      `CSeq: 1 ${transaction.method}`,
    ])

  /** A request of the peer. */
  const request = (
    method: string,
    parts: { branch?: string; toTag?: string; protocol?: Destination['protocol']; more?: readonly string[] } = {},
  ): void =>
    transport.receive(
      [
        `${method} sip:alice@192.0.2.1 SIP/2.0`,
        `Via: SIP/2.0/UDP 192.0.2.2:5060;branch=${parts.branch ?? 'z9hG4bKpeer'}`,
        'From: <sip:bob@192.0.2.2>;tag=p',
        `To: <sip:alice@192.0.2.1>${parts.toTag === undefined ? '' : `;tag=${parts.toTag}`}`,
        'Call-ID: call-2',
        `CSeq: 7 ${method}`,
        ...(parts.more ?? []),
      ],
      parts.protocol,
    )

  return { clock, transport, layer, heard, served, send, answer, request }
}

/** Nothing is left: no transaction, no timer. */
export const nothingLeft = { clientTransactions: 0, serverTransactions: 0, timers: 0 }
