import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork, recordInvite, testInvite } from '../../../test/support/test-agent.ts'

const reliable = (rseq: number, body?: string) => ({
  toTag: 'a',
  headers: ['Require: 100rel', `RSeq: ${rseq}`],
  ...(body === undefined ? {} : { body }),
})

/** An INVITE of ours with an offer, that rings at a scripted peer. */
const invited = async () => {
  const { clock, network, createAgent, assertClean } = createTestNetwork()
  const { agent } = await createAgent(5060)
  const peer = new ScriptedPeer(network, 6000)
  peer.onMessage = (message) => ['PRACK', 'BYE'].includes(message.method) && peer.respond(message, 200, 'OK')
  const record = recordInvite()
  const body = { type: 'application/sdp', content: 'our offer' }
  const invite = agent.invite(testInvite(6000, { body }), record.handler)
  await clock.advance(10)
  const request = peer.last('INVITE')
  const progress = async (parts: ReturnType<typeof reliable> | { toTag: string; body?: string }) => {
    peer.respond(request, 183, 'Session Progress', parts)
    await clock.advance(10)
  }
  /** A request of the peer within the dialog; the response to it. */
  const ask = async (method: string, sequence: number, body = '', type = 'application/sdp') => {
    const headers = [
      'From: <sip:bob@example.com>;tag=a',
      `To: <sip:alice@example.com>;tag=${request.tag('From')}`,
      `Call-ID: ${request.header('Call-ID')}`,
      `CSeq: ${sequence} ${method}`,
      'Contact: <sip:bob@127.0.0.1:6000>',
      ...(body === '' ? [] : [`Content-Type: ${type}`]),
    ]
    peer.request(`${method} sip:alice@127.0.0.1:5060`, headers, { host: '127.0.0.1', port: 5060 }, body)
    await clock.advance(10)
    const answer = peer.received.findLast((message) => message.header('CSeq') === `${sequence} ${method}`)
    assert.ok(answer, `no answer to ${method}`)
    return answer
  }
  const answer = async () => {
    peer.respond(request, 200, 'OK', { toTag: 'a', body: 'final answer' })
    await clock.advance(10)
  }
  return { clock, peer, record, invite, request, progress, ask, answer, assertClean }
}

describe('RFC 3311 section 5.2: an UPDATE in the early dialog of our INVITE', () => {
  it('is answered once our offer has its answer by a reliable response', async () => {
    const { progress, ask, answer, invite, record, clock, assertClean } = await invited()
    await progress(reliable(1, 'early answer'))
    const updated = await ask('UPDATE', 5, 'new offer')
    assert.deepEqual([updated.status, updated.body], [200, 'answer to new offer'])
    assert.match(updated.header('Contact'), /^<sip:/)
    await answer()
    const session = invite.acknowledge(record.dialog)
    void session?.bye()
    await clock.advance(10)
    await assertClean()
  })

  it('gets 488 where the offer is not acceptable, and the INVITE goes on', async () => {
    const { progress, ask, answer, record } = await invited()
    await progress(reliable(1, 'early answer'))
    assert.equal((await ask('UPDATE', 5, 'refuse')).status, 488)
    await answer()
    assert.equal(record.answered?.status, 200)
  })

  it('gets 491 while our own offer has no answer, however much rings', async () => {
    const { progress, ask } = await invited()
    await progress({ toTag: 'a' })
    assert.equal((await ask('UPDATE', 5, 'new offer')).status, 491)
    // An answer in an unreliable response is a preview (RFC 6337 section 3.1.1).
    await progress({ toTag: 'a', body: 'preview' })
    assert.equal((await ask('UPDATE', 6, 'new offer')).status, 491)
    await progress(reliable(1))
    assert.equal((await ask('UPDATE', 7, 'new offer')).status, 491)
    await progress(reliable(2, 'early answer'))
    assert.equal((await ask('UPDATE', 8, 'new offer')).status, 200)
  })

  it('gets 500 with Retry-After while the one before is unanswered, in the order of their CSeq', async () => {
    const { progress, ask, record, clock, peer } = await invited()
    const thought = Promise.withResolvers<string>()
    record.handler.onOffer = (offer) => (offer === 'slow offer' ? thought.promise : `answer to ${offer}`)
    await progress(reliable(1, 'early answer'))
    await assert.rejects(ask('UPDATE', 5, 'slow offer'), /no answer/)
    for (const [sequence, body] of [
      [6, 'new offer'],
      [7, ''],
    ] as const) {
      const second = await ask('UPDATE', sequence, body)
      assert.equal(second.status, 500)
      assert.match(second.header('Retry-After'), /^([0-9]|10)$/)
    }
    thought.resolve('answer at last')
    await clock.advance(10)
    const late = peer.received.findLast((message) => message.header('CSeq') === '5 UPDATE')
    assert.deepEqual([late?.status, late?.body], [200, 'answer at last'])
  })

  it('without an offer refreshes the target and gets 200 at any time', async () => {
    const { progress, ask } = await invited()
    await progress({ toTag: 'a' })
    const plain = await ask('UPDATE', 5)
    assert.deepEqual([plain.status, plain.body], [200, ''])
  })

  it('with a body that is no offer gets 415', async () => {
    const { progress, ask } = await invited()
    await progress(reliable(1, 'early answer'))
    assert.equal((await ask('UPDATE', 5, 'x', 'text/plain')).status, 415)
  })

  it('gets 491 between the 200 and our ACK, and is answered after it', async () => {
    const { progress, ask, answer, invite, record } = await invited()
    await progress(reliable(1, 'early answer'))
    await answer()
    assert.equal((await ask('UPDATE', 5, 'new offer')).status, 491)
    invite.acknowledge(record.dialog)
    assert.equal((await ask('UPDATE', 6, 'new offer')).status, 200)
  })

  it('a re-INVITE there gets 491: ours is in progress (RFC 3261 section 14.2)', async () => {
    const { progress, ask } = await invited()
    await progress(reliable(1, 'early answer'))
    assert.equal((await ask('INVITE', 5, 'new offer')).status, 491)
  })
})
