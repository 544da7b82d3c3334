import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ScriptedPeer, type WireMessage } from '../../../test/support/scripted-peer.ts'
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
    const { clock, network, createAgent } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
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
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
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

describe('RFC 3261 section 22: challenges', () => {
  const challenge = (nonce: string, extra = ''): string[] => [
    `WWW-Authenticate: Digest realm="r", nonce="${nonce}", algorithm=MD5, qop="auth"${extra}`,
  ]
  const credentials = { username: 'alice', password: 'secret' }

  it('answers a challenge once, with a higher CSeq and a branch that follows from the first', async () => {
    const { clock, network, createAgent } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    agent.invite(testInvite(6000, { credentials, branch: 'z9hG4bKfirst' }), record.handler)
    await clock.advance(10)
    peer.respond(peer.last('INVITE'), 401, 'Unauthorized', { toTag: 'x', headers: challenge('n1') })
    await clock.advance(10)
    const [first, second] = peer.all('INVITE') as [WireMessage, WireMessage]
    assert.match(first.header('Via'), /branch=z9hG4bKfirst(;|$)/)
    assert.match(second.header('Via'), /branch=z9hG4bKfirst-1(;|$)/)
    assert.equal(second.header('CSeq'), '2 INVITE')
    assert.match(second.header('Authorization'), /username="alice"/)
    peer.respond(second, 401, 'Unauthorized', { toTag: 'y', headers: challenge('n2') })
    await clock.advance(10)
    assert.equal(record.failure?.status, 401)
    assert.equal(peer.all('INVITE').length, 2)
  })

  it('answers once more when the nonce was stale, and hangs up with credentials', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000, { credentials }), record.handler)
    await clock.advance(10)
    peer.respond(peer.last('INVITE'), 401, 'Unauthorized', { toTag: 'x', headers: challenge('n1') })
    await clock.advance(10)
    peer.respond(peer.last('INVITE'), 401, 'Unauthorized', { toTag: 'y', headers: challenge('n2', ', stale=true') })
    await clock.advance(10)
    peer.respond(peer.last('INVITE'), 200, 'OK', { toTag: 'z' })
    await clock.advance(10)
    invite.acknowledge(record.dialog)
    await clock.advance(10)
    assert.equal(peer.last('ACK').header('CSeq'), '3 ACK')
    assert.match(peer.last('ACK').header('Authorization'), /nonce="n2"/)
    void invite.bye()
    await clock.advance(10)
    peer.respond(peer.last('BYE'), 401, 'Unauthorized', { headers: challenge('n3') })
    await clock.advance(10)
    const bye = peer.last('BYE')
    assert.match(bye.header('Authorization'), /nonce="n3"/)
    peer.respond(bye, 200, 'OK')
    await clock.advance(10)
    await assertClean()
  })
})

describe('RFC 3261 section 22.3: challenges of several proxies', () => {
  const credentials = { username: 'alice', password: 'secret' }
  const challenge = (realm: string, nonce: string): string =>
    `Proxy-Authenticate: Digest realm="${realm}", nonce="${nonce}", algorithm=MD5, qop="auth"`
  const setUp = async () => {
    const { clock, network, createAgent } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    agent.invite(testInvite(6000, { credentials }), record.handler)
    await clock.advance(10)
    const refuse = async (...headers: string[]) => {
      peer.respond(peer.last('INVITE'), 407, 'Proxy Authentication Required', { toTag: 'x', headers })
      await clock.advance(10)
      return peer.last('INVITE').headers('Proxy-Authorization')
    }
    return { peer, record, refuse }
  }

  it('one after the other: the last INVITE answers both', async () => {
    const { peer, record, refuse } = await setUp()
    assert.match((await refuse(challenge('edge', 'n1'))).join(), /^Digest .*realm="edge"/)
    const both = await refuse(challenge('core', 'n2'))
    assert.equal(both.length, 2)
    assert.match(both[0] ?? '', /realm="edge", nonce="n1".*nc=00000002/)
    assert.match(both[1] ?? '', /realm="core", nonce="n2".*nc=00000001/)
    // Either of them once more: the password is wrong.
    await refuse(challenge('core', 'n3'))
    assert.equal(record.failure?.status, 407)
    assert.equal(peer.all('INVITE').length, 3)
  })

  it('together, beside another scheme', async () => {
    const { refuse } = await setUp()
    const both = await refuse(challenge('one', 'n1'), 'Proxy-Authenticate: Basic realm="one"', challenge('two', 'n2'))
    assert.deepEqual(
      both.map((value) => /realm="(\w+)"/.exec(value)?.[1]),
      ['one', 'two'],
    )
  })

  it('one realm that never has enough ends the call', async () => {
    const { peer, record, refuse } = await setUp()
    await refuse(challenge('edge', 'n1'))
    await refuse(challenge('edge', 'n2'))
    assert.equal(record.failure?.status, 407)
    assert.equal(peer.all('INVITE').length, 2)
  })
})

describe('RFC 3261 section 9.1: CANCEL', () => {
  it('waits for a provisional response', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000), record.handler)
    invite.cancel('SIP;cause=200;text="Call completed elsewhere"')
    await clock.advance(100)
    assert.deepEqual(peer.heard, ['INVITE'])
    const request = peer.last('INVITE')
    peer.respond(request, 100, 'Trying')
    await clock.advance(10)
    const cancel = peer.last('CANCEL')
    assert.equal(cancel.header('Via'), request.header('Via'))
    assert.equal(cancel.firstLine.split(' ')[1], request.firstLine.split(' ')[1])
    assert.equal(cancel.header('To'), request.header('To'))
    assert.equal(cancel.header('CSeq'), '1 CANCEL')
    assert.match(cancel.header('Reason'), /cause=200/)
    peer.respond(cancel, 200, 'OK', { toTag: 'a' })
    peer.respond(request, 487, 'Request Terminated', { toTag: 'a' })
    await clock.advance(10)
    assert.equal(record.failure?.status, 487)
    assert.equal(peer.heard.at(-1), 'ACK')
    await assertClean()
  })

  it('a 200 that crosses the CANCEL is acknowledged and ended, and the caller hears of a cancelled call', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
    const request = peer.last('INVITE')
    peer.respond(request, 180, 'Ringing', { toTag: 'a' })
    await clock.advance(10)
    peer.respond(request, 200, 'OK', { toTag: 'a' })
    invite.cancel()
    await clock.advance(10)
    assert.deepEqual(peer.heard, ['INVITE', 'CANCEL', 'ACK', 'BYE'])
    peer.respond(peer.last('CANCEL'), 200, 'OK', { toTag: 'a' })
    peer.respond(peer.last('BYE'), 200, 'OK')
    await clock.advance(10)
    assert.equal(record.failure?.status, 487)
    assert.equal(record.answered, undefined)
    await assertClean()
  })

  it('a late 200 of another fork after the 487 is acknowledged and ended', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
    const request = peer.last('INVITE')
    peer.respond(request, 180, 'Ringing', { toTag: 'a' })
    await clock.advance(10)
    invite.cancel()
    await clock.advance(10)
    peer.respond(request, 487, 'Request Terminated', { toTag: 'a' })
    await clock.advance(10)
    peer.respond(request, 200, 'OK', { toTag: 'b' })
    await clock.advance(10)
    assert.deepEqual(peer.heard.slice(-2), ['ACK', 'BYE'])
    peer.respond(peer.last('BYE'), 200, 'OK')
    await clock.advance(10)
    assert.equal(record.failure?.status, 487)
    await assertClean()
  })

  it('gives up 64·T1 after a CANCEL that brought no final response', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
    peer.respond(peer.last('INVITE'), 180, 'Ringing', { toTag: 'a' })
    await clock.advance(10)
    invite.cancel()
    await clock.advance(10)
    peer.respond(peer.last('CANCEL'), 200, 'OK')
    await clock.advance(32_100)
    assert.equal(record.failure?.status, 487)
    await assertClean()
  })

  it('after the answer it hangs up', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
    peer.respond(peer.last('INVITE'), 200, 'OK', { toTag: 'a' })
    await clock.advance(10)
    invite.cancel()
    invite.cancel()
    await clock.advance(10)
    assert.deepEqual(peer.heard, ['INVITE', 'ACK', 'BYE'])
    peer.respond(peer.last('BYE'), 200, 'OK')
    await clock.advance(10)
    assert.deepEqual(record.ends, ['local'])
    await assertClean()
  })
})

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
    const { clock, network, createAgent } = createTestNetwork()
    const { agent } = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    const record = recordInvite()
    const invite = agent.invite(testInvite(6000), record.handler)
    await clock.advance(10)
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
