import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialScriptedPeer } from '../../../test/support/dialled-peer.ts'
import { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork, recordInvite, testInvite } from '../../../test/support/test-agent.ts'

const offer = { type: 'application/sdp', content: 'v=0\r\no=offer\r\n' }

describe('RFC 3261 section 13.2: initiating a session', () => {
  it('rings, is answered, confirms only when told, and hangs up', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000, { body: offer }), record.handler)
    await clock.advance(10)
    const request = peer.last('INVITE')
    assert.equal(request.body, offer.content)
    peer.respond(request, 180, 'Ringing', { toTag: 'a' })
    await clock.advance(10)
    assert.deepEqual(record.provisional, [180])
    peer.respond(request, 200, 'OK', { toTag: 'a', body: 'answer' })
    await clock.advance(10)
    assert.equal(record.answered?.body.toString(), 'answer')
    assert.deepEqual(peer.heard, ['INVITE'])
    invite.acknowledge(record.dialog)
    await clock.advance(10)
    assert.deepEqual(peer.heard, ['INVITE', 'ACK'])
    assert.equal(peer.last('ACK').header('CSeq'), '1 ACK')
    const over = invite.bye()
    await clock.advance(10)
    const bye = peer.last('BYE')
    assert.equal(bye.header('CSeq'), '2 BYE')
    assert.equal(bye.tag('To'), 'a')
    peer.respond(bye, 200, 'OK')
    await clock.advance(10)
    await over
    assert.deepEqual(record.ends, ['local'])
    await assertClean()
  })

  it('tells who made it of a silence, for each attempt anew, and goes on', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const silences: number[] = []
    const start = clock.now()
    const handler = { ...record.handler, onSilence: () => void silences.push(clock.now() - start) }
    const credentials = { username: 'alice', password: 'secret' }
    const invite = agent.invite(testInvite(6000, { credentials, silenceMilliseconds: 4000 }), handler)
    assert.equal(invite.isUnheard, true)
    await clock.advance(3000)
    peer.respond(peer.last('INVITE'), 401, 'Unauthorized', {
      toTag: 'a',
      headers: ['WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5'],
    })
    await clock.advance(3000)
    assert.deepEqual(silences, [], 'the challenge was a response')
    await clock.advance(2000)
    assert.deepEqual(silences, [7001])
    assert.equal(invite.isUnheard, true)
    peer.respond(peer.last('INVITE'), 180, 'Ringing', { toTag: 'b' })
    await clock.advance(10)
    assert.equal(invite.isUnheard, false)
    peer.respond(peer.last('INVITE'), 486, 'Busy Here', { toTag: 'b' })
    await clock.advance(10_000)
    assert.deepEqual(silences, [7001])
    assert.equal(record.failure?.status, 486)
    await assertClean()
  })

  it('section 13.2.2.4: repeats the ACK for every repetition of the 2xx', async () => {
    const { clock, peer, record, invite } = await dialScriptedPeer()
    const request = peer.last('INVITE')
    peer.respond(request, 200, 'OK', { toTag: 'a' })
    await clock.advance(10)
    invite.acknowledge(record.dialog)
    await clock.advance(10)
    peer.respond(request, 200, 'OK', { toTag: 'a' })
    await clock.advance(40_000)
    // By now the transaction is gone: the response is a stray.
    peer.respond(request, 200, 'OK', { toTag: 'a' })
    await clock.advance(10)
    assert.deepEqual(peer.heard, ['INVITE', 'ACK', 'ACK', 'ACK'])
  })

  it('section 13.2.2.4: acknowledges and ends the 2xx of every other fork', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const proxy = new ScriptedPeer(network, 6000)
    const forks = [new ScriptedPeer(network, 6001), new ScriptedPeer(network, 6002)] as const
    for (const fork of forks) fork.onMessage = (message) => message.method === 'BYE' && fork.respond(message, 200, 'OK')
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
    const request = proxy.last('INVITE')
    for (const [index, fork] of forks.entries()) {
      proxy.respond(request, 180, 'Ringing', { toTag: `f${index}`, contact: `<sip:f@127.0.0.1:${fork.address.port}>` })
    }
    await clock.advance(10)
    assert.equal(agent.counts().dialogs, 2)
    for (const [index, fork] of forks.entries()) {
      proxy.respond(request, 200, 'OK', { toTag: `f${index}`, contact: `<sip:f@127.0.0.1:${fork.address.port}>` })
    }
    await clock.advance(10)
    invite.acknowledge(record.dialog)
    await clock.advance(10)
    assert.deepEqual(forks[0].heard, ['ACK'])
    assert.deepEqual(forks[1].heard, ['ACK', 'BYE'])
    assert.deepEqual(record.ends, [])
    const over = invite.bye()
    await clock.advance(10)
    await over
    assert.deepEqual(record.ends, ['local'])
    await assertClean()
  })

  it('section 13.2.2.4: ends another fork’s answer even where it names no Contact and breaks its To', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    peer.onMessage = (message) => message.method === 'BYE' && peer.respond(message, 200, 'OK')
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
    const request = peer.last('INVITE')
    peer.respond(request, 200, 'OK', { toTag: 'a' })
    await clock.advance(10)
    invite.acknowledge(record.dialog)
    const broken = [
      'SIP/2.0 200 OK',
      `Via: ${request.header('Via')}`,
      `From: ${request.header('From')}`,
      'To: <mailto:bob@example.com>;tag=b',
      `Call-ID: ${request.header('Call-ID')}`,
      'CSeq: 1 INVITE',
    ]
    peer.send(`${broken.join('\r\n')}\r\n\r\n`, request.from)
    await clock.advance(10)
    assert.deepEqual(peer.heard, ['INVITE', 'ACK', 'ACK', 'BYE'])
    assert.equal(peer.last('BYE').firstLine, 'BYE sip:bob@127.0.0.1:6000 SIP/2.0')
    void invite.bye()
    await assertClean()
  })

  it('ends no more answers than an INVITE can have phones: a peer could make up any number, and aim our BYEs by them', async () => {
    const { agent, clock, peer, record, invite, assertClean } = await dialScriptedPeer()
    for (let index = 0; index < 100; index++) peer.respond(peer.last('INVITE'), 200, 'OK', { toTag: `f${index}` })
    await clock.advance(10)
    invite.acknowledge(record.dialog)
    assert.equal(agent.counts().dialogs, 32)
    peer.onMessage = (message) => message.method === 'BYE' && peer.respond(message, 200, 'OK')
    void invite.bye()
    await assertClean()
  })

  it('section 8.1.3.4: hands the contacts of a redirection to the caller', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    peer.onMessage = (message) =>
      message.method === 'INVITE' &&
      peer.respond(message, 302, 'Moved', { toTag: 'x', headers: ['Contact: <sip:a@192.0.2.1>, <sip:b@192.0.2.2>'] })
    const record = recordInvite()
    agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
    assert.deepEqual(
      record.failure?.contacts?.map((contact) => contact.uri),
      ['sip:a@192.0.2.1', 'sip:b@192.0.2.2'],
    )
    assert.deepEqual(peer.heard, ['INVITE', 'ACK'])
    await assertClean()
  })

  it('section 8.1.3.1: a peer that never answers counts as 408', async () => {
    const { clock, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const record = recordInvite()
    agent.invite(testInvite(6000), record.handler)
    await clock.advance(32_100)
    assert.equal(record.failure?.status, 408)
    await assertClean()
  })

  it('ends a call that was answered and never acknowledged', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    peer.onMessage = (message) => {
      if (message.method === 'INVITE') peer.respond(message, 200, 'OK', { toTag: 'a' })
      if (message.method === 'BYE') peer.respond(message, 200, 'OK')
    }
    const record = recordInvite()
    agent.invite(testInvite(6000), record.handler)
    await clock.advance(33_000)
    assert.deepEqual(peer.heard, ['INVITE', 'ACK', 'BYE'])
    assert.deepEqual(record.ends, ['local'])
    await assertClean()
  })
})
