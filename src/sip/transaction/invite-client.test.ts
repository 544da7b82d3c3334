import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  createTransactionBench,
  nothingLeft,
  testDestination,
  testRequest,
} from '../../../test/support/transaction-bench.ts'
import { stepInviteClient } from './invite-client.ts'
import { IllegalTransitionError } from './transition-table.ts'

describe('RFC 3261 section 17.1.1: INVITE client transaction', () => {
  it('17.1.1.2: timer A doubles until timer B fires', async () => {
    const { clock, transport, layer, heard, send } = createTransactionBench()
    send('INVITE')
    await clock.advance(31_999)
    assert.equal(
      transport.timeline,
      '0 INVITE, 500 INVITE, 1500 INVITE, 3500 INVITE, 7500 INVITE, 15500 INVITE, 31500 INVITE',
    )
    assert.deepEqual(heard, [])
    await clock.advance(1)
    assert.deepEqual(heard, ['timeout'])
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('17.1.1.2: every retransmission is the same to the octet', async () => {
    const { clock, transport, send } = createTransactionBench()
    send('INVITE')
    await clock.advance(4000)
    assert.equal(new Set(transport.sent.map(({ text }) => text)).size, 1)
  })

  it('17.1.1.2: over a reliable transport timer A is not started, timer B is', async () => {
    const { clock, transport, heard, send } = createTransactionBench()
    send('INVITE', 'tcp')
    await clock.advance(32_000)
    assert.equal(transport.timeline, '0 INVITE')
    assert.deepEqual(heard, ['timeout'])
  })

  it('17.1.1.2: a provisional response stops the retransmission, and the transaction waits beyond timer B', async () => {
    const { clock, transport, heard, send, answer } = createTransactionBench()
    const transaction = send('INVITE')
    await clock.advance(100)
    answer(transaction, 100)
    answer(transaction, 180)
    await clock.advance(120_000)
    assert.equal(transport.timeline, '0 INVITE')
    assert.deepEqual(heard, ['100', '180'])
    assert.equal(transaction.state, 'proceeding')
  })

  it('17.1.1.2: a final response from 300 to 699 is acknowledged, each time it comes, until timer D fires', async () => {
    const { clock, transport, layer, heard, send, answer } = createTransactionBench()
    const transaction = send('INVITE')
    answer(transaction, 486)
    answer(transaction, 486)
    assert.deepEqual(transport.names, ['INVITE', 'ACK', 'ACK'])
    assert.deepEqual(heard, ['486'])
    await clock.advance(31_999)
    answer(transaction, 486)
    assert.deepEqual(transport.names, ['INVITE', 'ACK', 'ACK', 'ACK'])
    await clock.advance(1)
    assert.deepEqual(layer.counts(), nothingLeft)
    answer(transaction, 486)
    assert.deepEqual(heard, ['486', 'stray 486'])
  })

  it('17.1.1.2: over a reliable transport timer D is zero', async () => {
    const { clock, layer, heard, send, answer } = createTransactionBench()
    answer(send('INVITE', 'tcp'), 603)
    assert.deepEqual(heard, ['603'])
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('17.1.1.3: the ACK has the Request-URI, Call-ID, From, CSeq number, Route and top Via of the INVITE, and the To of the response', () => {
    const { transport, send, answer } = createTransactionBench()
    answer(send('INVITE'), 404, 'gone')
    const [invite, ack] = transport.sent
    assert.ok(invite?.message.kind === 'request' && ack?.message.kind === 'request')
    assert.equal(ack.message.uri, invite.message.uri)
    for (const name of ['Via', 'From', 'Call-ID', 'Max-Forwards']) {
      assert.equal(ack.message.headers.get(name), invite.message.headers.get(name), name)
    }
    assert.equal(ack.message.headers.getAll('Via').length, 1)
    assert.deepEqual(ack.message.cseq, { number: 1, method: 'ACK' })
    assert.equal(ack.message.toTag, 'gone')
    assert.deepEqual(ack.destination, invite.destination)
  })

  it('RFC 6026 section 7.2: every 2xx is passed up until timer M fires, and none is acknowledged here', async () => {
    const { clock, transport, layer, heard, send, answer } = createTransactionBench()
    const transaction = send('INVITE')
    answer(transaction, 200, 'fork-1')
    answer(transaction, 200, 'fork-2')
    await clock.advance(31_999)
    answer(transaction, 200, 'fork-1')
    answer(transaction, 183)
    answer(transaction, 500)
    assert.deepEqual(heard, ['200', '200', '200'])
    assert.equal(transaction.state, 'accepted')
    await clock.advance(1)
    assert.deepEqual(transport.names, ['INVITE'])
    assert.deepEqual(layer.counts(), nothingLeft)
  })

  it('beyond the RFC: a 2xx that crosses a failure reaches the transaction user', () => {
    const { heard, send, answer } = createTransactionBench()
    const transaction = send('INVITE')
    answer(transaction, 487)
    answer(transaction, 200)
    assert.deepEqual(heard, ['487', '200'])
  })

  it('17.1.1.2: a transport error in Calling is reported and ends the transaction', async () => {
    const { clock, transport, layer, heard, send } = createTransactionBench()
    transport.isBroken = true
    send('INVITE')
    assert.deepEqual(heard, [], 'never from within sendRequest')
    await clock.advance(0)
    assert.deepEqual(heard, ['transport error'])
    assert.deepEqual(layer.counts(), nothingLeft)
  })

  it('timer C ends what rings for ever; each provisional response starts it anew', async () => {
    const { clock, heard, send, answer } = createTransactionBench()
    const transaction = send('INVITE')
    answer(transaction, 180)
    await clock.advance(599_000)
    answer(transaction, 180)
    await clock.advance(599_000)
    assert.deepEqual(heard, ['180', '180'])
    await clock.advance(1000)
    assert.deepEqual(heard, ['180', '180', 'timeout'])
    assert.equal(clock.pending, 0)
  })

  it('nothing follows terminate', async () => {
    const { clock, layer, heard, send, answer } = createTransactionBench()
    const transaction = send('INVITE')
    transaction.terminate()
    answer(transaction, 200)
    await clock.advance(40_000)
    assert.deepEqual(heard, ['stray 200'])
    assert.deepEqual(layer.counts(), nothingLeft)
  })

  it('a handler that throws breaks nothing', () => {
    const { layer, answer } = createTransactionBench()
    const handler = {
      onResponse() {
        throw new Error('mistake')
      },
      onTimeout() {},
      onTransportError() {},
    }
    const transaction = layer.sendRequest(testRequest('INVITE'), testDestination(), handler)
    answer(transaction, 180)
    answer(transaction, 200)
    assert.equal(transaction.state, 'accepted')
  })

  it('an edge that the table lacks is refused', () => {
    assert.throws(() => stepInviteClient('accepted', 'timerA'), IllegalTransitionError)
    assert.throws(() => stepInviteClient('terminated', 'start'), IllegalTransitionError)
  })
})
