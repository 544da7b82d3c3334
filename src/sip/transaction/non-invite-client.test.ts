import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTransactionBench, nothingLeft } from '../../../test/support/transaction-bench.ts'
import { stepNonInviteClient } from './non-invite-client.ts'
import { IllegalTransitionError } from './transition-table.ts'

describe('RFC 3261 section 17.1.2: non-INVITE client transaction', () => {
  it('17.1.2.2: timer E doubles up to T2 until timer F fires', async () => {
    const { clock, transport, layer, heard, send } = createTransactionBench()
    send('OPTIONS')
    await clock.advance(31_999)
    assert.deepEqual(
      transport.sent.map(({ at }) => at),
      [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500],
    )
    assert.deepEqual(heard, [])
    await clock.advance(1)
    assert.deepEqual(heard, ['timeout'])
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('17.1.2.2: over a reliable transport timer E is not started', async () => {
    const { clock, transport, heard, send } = createTransactionBench()
    send('OPTIONS', 'tcp')
    await clock.advance(32_000)
    assert.equal(transport.timeline, '0 OPTIONS')
    assert.deepEqual(heard, ['timeout'])
  })

  it('17.1.2.2: in Proceeding timer E is T2, and timer F goes on', async () => {
    const { clock, transport, heard, send, answer } = createTransactionBench()
    const transaction = send('OPTIONS')
    await clock.advance(600)
    answer(transaction, 100)
    await clock.advance(31_400)
    assert.deepEqual(
      transport.sent.map(({ at }) => at),
      [0, 500, 1500, 5500, 9500, 13_500, 17_500, 21_500, 25_500, 29_500],
    )
    assert.deepEqual(heard, ['100', 'timeout'])
  })

  it('17.1.2.2: a final response is passed up once; its retransmissions are absorbed until timer K fires', async () => {
    const { clock, layer, heard, send, answer } = createTransactionBench()
    const transaction = send('BYE')
    answer(transaction, 200)
    answer(transaction, 200)
    await clock.advance(4999)
    answer(transaction, 200)
    answer(transaction, 100)
    assert.deepEqual(heard, ['200'])
    assert.equal(transaction.state, 'completed')
    await clock.advance(1)
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  it('17.1.2.2: over a reliable transport timer K is zero', () => {
    const { clock, layer, send, answer } = createTransactionBench()
    answer(send('BYE', 'tcp'), 481)
    assert.deepEqual(layer.counts(), nothingLeft)
    assert.equal(clock.pending, 0)
  })

  for (const provisional of [false, true]) {
    it(`17.1.2.2: a transport error in ${provisional ? 'Proceeding' : 'Trying'} is reported and ends the transaction`, async () => {
      const { clock, transport, layer, heard, send, answer } = createTransactionBench()
      const transaction = send('OPTIONS')
      if (provisional) answer(transaction, 100)
      transport.isBroken = true
      await clock.advance(500)
      assert.equal(heard.at(-1), 'transport error')
      assert.deepEqual(layer.counts(), nothingLeft)
      assert.equal(clock.pending, 0)
    })
  }

  it('an edge that the table lacks is refused', () => {
    assert.throws(() => stepNonInviteClient('completed', 'timerE'), IllegalTransitionError)
    assert.throws(() => stepNonInviteClient('terminated', 'timerK'), IllegalTransitionError)
  })
})
