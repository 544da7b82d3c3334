import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MemoryStream } from '../../../test/support/memory-streams.ts'
import { MemoryStreams } from '../../../test/support/memory-streams.ts'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { recordInvite, testInvite } from '../../../test/support/test-agent.ts'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { silentLog } from '../../log.ts'
import { createResponse } from '../message/create-response.ts'
import { TransactionLayer } from '../transaction/transaction-layer.ts'
import type { Destination } from '../transport/destination.ts'
import { TransportLayer } from '../transport/transport-layer.ts'
import { UserAgent } from './user-agent.ts'

const header = (text: string, name: string): string => new RegExp(`^${name}: (.*)\r$`, 'm').exec(text)?.[1] ?? ''

/** A call with a phone that was reached by the connection which it had made; `relocated`: by which it has registered since. */
const talk = async (relocated?: Destination) => {
  const clock = new VirtualClock()
  const sockets = new MemoryStreams()
  const common = { clock, random: createSeededRandom(1), log: silentLog }
  const transport = new TransportLayer({ ...common, sockets })
  await transport.listen({ protocol: 'tcp', host: '192.0.2.1', port: 5060 })
  const transactions = new TransactionLayer({ ...common, transport })
  const agent = new UserAgent({ ...common, transactions, transport, userAgentHeader: 'Test/1' })
  const flows: string[] = []
  agent.onRegister = (request, source) => {
    flows.push(source.flow)
    return createResponse(request, 200, 'OK')
  }
  /** A connection of the phone, and the flow that it is to us. */
  const connect = (port: number): { stream: MemoryStream; destination: Destination } => {
    const stream = sockets.connect(port)
    const via = `Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK${port}`
    const lines = [
      ...['REGISTER sip:x SIP/2.0', via, 'From: <sip:bob@x>;tag=1', 'To: <sip:bob@x>'],
      ...[`Call-ID: r${port}`, 'CSeq: 1 REGISTER', 'Content-Length: 0', '', ''],
    ]
    stream.push(lines.join('\r\n'))
    return { stream, destination: { protocol: 'tcp', host: '192.0.2.2', port, flow: flows.at(-1) ?? '' } }
  }
  const first = connect(40_000)
  const record = recordInvite()
  const contact = 'sip:bob@10.0.0.1:5060;transport=tcp'
  const current = { destination: relocated }
  const invite = agent.invite(
    { ...testInvite(0), uri: contact, destination: first.destination, relocate: () => current.destination },
    record.handler,
  )
  await clock.advance(10)
  const request = first.stream.written.slice(first.stream.written.indexOf('INVITE'))
  const shared = [`Call-ID: ${header(request, 'Call-ID')}`, 'Content-Length: 0']
  const answer = ['Via', 'From', 'CSeq'].map((name) => `${name}: ${header(request, name)}`)
  const to = `To: ${header(request, 'To')};tag=a`
  first.stream.push(['SIP/2.0 200 OK', ...answer, to, `Contact: <${contact}>`, ...shared, '', ''].join('\r\n'))
  await clock.advance(10)
  const session = invite.acknowledge(record.dialog)
  assert.ok(session)
  /** Sends a request of the phone within the dialog. */
  const ask = (stream: MemoryStream, sequence: number, method: string): void => {
    const from = `From: ${header(request, 'To')};tag=a`
    const via = `Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKp${sequence}`
    const head = [
      `${method} sip:us SIP/2.0`,
      via,
      from,
      `To: ${header(request, 'From')}`,
      `CSeq: ${sequence} ${method}`,
    ]
    stream.push([...head, ...shared, '', ''].join('\r\n'))
  }
  return { clock, sockets, connect, first, session, ask, current }
}

describe('a phone that loses its connection in mid-call', () => {
  it('is sent to by the one by which its next request within the dialog came', async () => {
    const { connect, first, session, ask } = await talk()
    const second = connect(40_001)
    ask(second.stream, 5, 'INFO')
    void session.bye()
    assert.match(second.stream.written, /^BYE /m)
    assert.doesNotMatch(first.stream.written, /^BYE /m)
  })

  it('is not followed where the request is an old one: it may have been replayed', async () => {
    const { connect, first, session, ask } = await talk()
    ask(first.stream, 5, 'INFO')
    ask(connect(40_001).stream, 4, 'INFO')
    void session.bye()
    assert.match(first.stream.written, /^BYE /m)
  })

  it('is not hung up because an offer of ours cannot be sent: it may still speak', async () => {
    const { clock, sockets, first, session } = await talk()
    first.stream.break()
    const outcome = session.offer('ours')
    sockets.opened[0]?.break(new Error('refused'))
    await clock.advance(10)
    assert.deepEqual(await outcome, { status: 'refused', code: 503 })
    assert.equal(session.ended, false)
    assert.equal(sockets.opened.length, 1, 'no BYE either')
  })

  it('is sent to by the one by which it has registered, once the old one is gone', async () => {
    const { sockets, connect, first, session, current } = await talk()
    const second = connect(40_001)
    current.destination = second.destination
    void session.request('OPTIONS')
    assert.match(first.stream.written, /^OPTIONS /m, 'the old one lasts as long as it can')
    first.stream.break()
    void session.bye()
    assert.match(second.stream.written, /^BYE /m)
    assert.equal(sockets.opened.length, 0)
  })
})
