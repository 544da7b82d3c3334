import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialScriptedPeer } from '../../../test/support/dialled-peer.ts'
import { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork, recordInvite, testInvite } from '../../../test/support/test-agent.ts'

describe('RFC 3262: reliable provisional responses', () => {
  it('section 4: acknowledges each once and in order', async () => {
    const { clock, network, createAgent } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    peer.onMessage = (message) => message.method === 'PRACK' && peer.respond(message, 200, 'OK')
    const record = recordInvite()
    agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
    const request = peer.last('INVITE')
    const reliable = (rseq: number) => ({ toTag: 'a', headers: ['Require: 100rel', `RSeq: ${rseq}`] })
    peer.respond(request, 183, 'Session Progress', reliable(7))
    peer.respond(request, 183, 'Session Progress', reliable(7))
    peer.respond(request, 180, 'Ringing', reliable(9))
    await clock.advance(10)
    assert.equal(peer.all('PRACK').length, 1)
    assert.equal(peer.last('PRACK').header('RAck'), '7 1 INVITE')
    assert.deepEqual(record.provisional, [183])
    peer.respond(request, 180, 'Ringing', reliable(8))
    await clock.advance(10)
    assert.equal(peer.last('PRACK').header('RAck'), '8 1 INVITE')
    assert.equal(peer.last('PRACK').header('CSeq'), '3 PRACK')
    assert.deepEqual(record.provisional, [183, 180])
  })

  it('section 3: a 481 for a PRACK that crossed the 200 says nothing of the call', async () => {
    const { clock, peer, record, invite } = await dialScriptedPeer()
    const request = peer.last('INVITE')
    peer.respond(request, 180, 'Ringing', { toTag: 'a', headers: ['Require: 100rel', 'RSeq: 1'] })
    peer.respond(request, 200, 'OK', { toTag: 'a', body: 'answer' })
    await clock.advance(10)
    invite.acknowledge(record.dialog)
    peer.respond(peer.last('PRACK'), 481, 'Call/Transaction Does Not Exist')
    await clock.advance(10)
    assert.deepEqual(record.ends, [])
    assert.equal(peer.all('BYE').length, 0)
  })
})
