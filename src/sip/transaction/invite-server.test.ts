import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTransactionBench, nothingLeft, requestOf } from '../../../test/support/transaction-bench.ts'
import { createResponse } from '../message/create-response.ts'
import { stepInviteServer } from './invite-server.ts'
import type { ServerTransaction } from './server-transaction.ts'
import { IllegalTransitionError } from './transition-table.ts'

const setUp = (protocol: 'udp' | 'tcp' = 'udp') => {
  const bench = createTransactionBench()
  bench.request('INVITE', { protocol })
  const [transaction] = bench.served
  assert.ok(transaction)
  return { ...bench, transaction, respond: (status: number) => respond(transaction, status) }
}

const respond = (transaction: ServerTransaction, status: number): void =>
  transaction.respond(createResponse(requestOf(transaction), status, undefined, { toTag: 'ours' }))

describe('RFC 3261 section 17.2.1: INVITE server transaction', () => {
  it('100 goes out unless the transaction user responds within 200 ms', async () => {
    const { clock, transport, respond } = setUp()
    await clock.advance(199)
    assert.equal(transport.timeline, '')
    await clock.advance(1)
    assert.equal(transport.timeline, '200 100')
    assert.equal(transport.sent[0]?.message.toTag, undefined)
    respond(180)
    assert.equal(transport.timeline, '200 100, 200 180')
  })

  it('no 100 follows an earlier provisional response', async () => {
    const { clock, transport, respond } = setUp()
    respond(180)
    await clock.advance(10_000)
    assert.equal(transport.timeline, '0 180')
  })

  it('section 8.2.6.1: the 100 repeats the Timestamp', async () => {
    const { clock, transport, request } = createTransactionBench()
    request('INVITE', { more: ['Timestamp: 54.2'] })
    await clock.advance(200)
    assert.equal(transport.sent[0]?.message.headers.get('Timestamp'), '54.2')
  })

  it('a retransmitted request in Proceeding gets the newest provisional response', async () => {
    const { clock, transport, heard, request, respond } = setUp()
    request('INVITE')
    assert.deepEqual(transport.names, [])
    await clock.advance(200)
    request('INVITE')
    respond(180)
    respond(183)
    request('INVITE')
    assert.deepEqual(transport.names, ['100', '100', '180', '183', '183'])
    assert.deepEqual(heard, ['INVITE'])
  })

  it('a response from 300 to 699 is repeated by timer G, doubling up to T2, until timer H fires', async () => {
    const { clock, transport, layer, heard, respond } = setUp()
    respond(486)
    await clock.advance(31_999)
    assert.deepEqual(
      transport.sent.map(({ at }) => at),
      [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
    )
    await clock.advance(1)
    assert.deepEqual(heard, ['INVITE', 'timeout'])
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('over a reliable transport timer G is not started, timer H is', async () => {
    const { clock, transport, heard, respond } = setUp('tcp')
    respond(486)
    await clock.advance(32_000)
    assert.equal(transport.timeline, '0 486')
    assert.deepEqual(heard, ['INVITE', 'timeout'])
  })

  it('the ACK leads to Confirmed, which absorbs further ACKs until timer I fires', async () => {
    const { clock, transport, layer, heard, request, respond, transaction } = setUp()
    respond(486)
    request('ACK', { toTag: 'ours' })
    assert.equal(transaction.state, 'confirmed')
    request('ACK', { toTag: 'ours' })
    request('INVITE')
    await clock.advance(4999)
    assert.deepEqual(transport.names, ['486'])
    assert.deepEqual(heard, ['INVITE'])
    assert.equal(layer.counts().serverTransactions, 1)
    await clock.advance(1)
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('over a reliable transport timer I is zero', () => {
    const { clock, layer, request, respond } = setUp('tcp')
    respond(486)
    request('ACK', { toTag: 'ours', protocol: 'tcp' })
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('in Completed a retransmitted request gets the final response again, and other responses are dropped', () => {
    const { transport, request, respond } = setUp()
    respond(486)
    request('INVITE')
    respond(200)
    respond(180)
    respond(603)
    assert.deepEqual(transport.names, ['486', '486'])
  })

  it('a transport error is reported and ends the transaction', async () => {
    const { clock, transport, layer, heard, respond } = setUp()
    transport.isBroken = true
    respond(180)
    await clock.advance(0)
    assert.deepEqual(heard, ['INVITE', 'transport error'])
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('RFC 6026 section 7.1: Accepted absorbs the INVITE, sends what 2xx it is given, passes the ACK up, until timer L fires', async () => {
    const { clock, transport, layer, heard, request, respond } = setUp()
    respond(200)
    request('INVITE')
    respond(200)
    respond(486)
    respond(180)
    assert.deepEqual(transport.names, ['200', '200'])
    request('ACK', { toTag: 'ours', branch: 'z9hG4bKother' })
    request('ACK', { toTag: 'ours' })
    assert.deepEqual(heard, ['INVITE', 'ACK', 'ACK'])
    await clock.advance(31_999)
    assert.equal(layer.counts().serverTransactions, 1)
    await clock.advance(1)
    assert.deepEqual(layer.counts(), nothingLeft)
    respond(200)
    assert.deepEqual(transport.names, ['200', '200'])
  })

  it('RFC 6026 section 7.1: a transport error in Accepted is reported, and the transaction stays', async () => {
    const { clock, transport, heard, respond, transaction } = setUp()
    transport.isBroken = true
    respond(200)
    await clock.advance(0)
    assert.deepEqual(heard, ['INVITE', 'transport error'])
    assert.equal(transaction.state, 'accepted')
  })

  it('an edge that the table lacks is refused', () => {
    assert.throws(() => stepInviteServer('proceeding', 'timerG'), IllegalTransitionError)
    assert.throws(() => stepInviteServer('accepted', 'timer100'), IllegalTransitionError)
  })
})

describe('RFC 3261 section 9.2: CANCEL', () => {
  it('is answered 200 with the To tag of the INVITE, and told to the transaction user', () => {
    const { transport, heard, request, respond } = setUp()
    respond(180)
    request('CANCEL')
    assert.deepEqual(transport.names, ['180', '200'])
    assert.equal(transport.sent[1]?.message.cseq.method, 'CANCEL')
    assert.equal(transport.sent[1]?.message.toTag, 'ours')
    assert.deepEqual(heard, ['INVITE', 'cancelled'])
    respond(487)
    assert.deepEqual(transport.names, ['180', '200', '487'])
  })

  it('has no effect on an INVITE that has its final response', () => {
    const { transport, heard, request, respond } = setUp()
    respond(200)
    request('CANCEL')
    assert.deepEqual(transport.names, ['200', '200'])
    assert.deepEqual(heard, ['INVITE'])
  })

  it('is answered 481 where it matches nothing', () => {
    const { transport, heard, request } = setUp()
    request('CANCEL', { branch: 'z9hG4bKother' })
    assert.deepEqual(transport.names, ['481'])
    assert.deepEqual(heard, ['INVITE'])
  })

  it('is told once, however often it is repeated', () => {
    const { transport, heard, request, respond } = setUp()
    respond(180)
    request('CANCEL')
    request('CANCEL')
    assert.deepEqual(transport.names, ['180', '200', '200'])
    assert.deepEqual(heard, ['INVITE', 'cancelled'])
  })
})
