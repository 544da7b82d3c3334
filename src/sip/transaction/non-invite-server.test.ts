import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTransactionBench, nothingLeft, requestOf } from '../../../test/support/transaction-bench.ts'
import { createResponse } from '../message/create-response.ts'
import { stepNonInviteServer } from './non-invite-server.ts'
import { IllegalTransitionError } from './transition-table.ts'

const setUp = (protocol: 'udp' | 'tcp' = 'udp') => {
  const bench = createTransactionBench()
  bench.request('OPTIONS', { protocol })
  const [transaction] = bench.served
  assert.ok(transaction)
  const respond = (status: number): void => transaction.respond(createResponse(requestOf(transaction), status))
  return { ...bench, transaction, respond }
}

describe('RFC 3261 section 17.2.2: non-INVITE server transaction', () => {
  it('in Trying a retransmitted request is dropped', () => {
    const { transport, heard, request } = setUp()
    request('OPTIONS')
    assert.deepEqual(transport.names, [])
    assert.deepEqual(heard, ['OPTIONS'])
  })

  it('in Proceeding a retransmitted request gets the newest provisional response', () => {
    const { transport, request, respond } = setUp()
    respond(100)
    respond(182)
    request('OPTIONS')
    assert.deepEqual(transport.names, ['100', '182', '182'])
  })

  it('in Completed it gets the final response, until timer J fires', async () => {
    const { clock, transport, layer, heard, request, respond } = setUp()
    respond(200)
    request('OPTIONS')
    respond(500)
    await clock.advance(31_999)
    request('OPTIONS')
    assert.deepEqual(transport.names, ['200', '200', '200'])
    assert.deepEqual(heard, ['OPTIONS'])
    await clock.advance(1)
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('over a reliable transport timer J is zero', () => {
    const { clock, layer, respond } = setUp('tcp')
    respond(200)
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  for (const status of [100, 200]) {
    it(`a transport error with a ${status} is reported and ends the transaction`, async () => {
      const { clock, transport, layer, heard, respond } = setUp()
      transport.isBroken = true
      respond(status)
      await clock.advance(0)
      assert.deepEqual(heard, ['OPTIONS', 'transport error'])
      assert.deepEqual(layer.counts(), nothingLeft)
      assert.equal(clock.pending, 0)
    })
  }

  it('RFC 4320 section 4.2: what is not answered in time is not answered any more', async () => {
    const { clock, transport, layer, heard, respond } = setUp()
    await clock.advance(32_000)
    respond(200)
    assert.deepEqual(transport.names, [])
    assert.deepEqual(heard, ['OPTIONS', 'timeout'])
    assert.deepEqual(layer.counts(), nothingLeft)
  })

  it('an edge that the table lacks is refused', () => {
    assert.throws(() => stepNonInviteServer('trying', 'timerJ'), IllegalTransitionError)
  })
})
