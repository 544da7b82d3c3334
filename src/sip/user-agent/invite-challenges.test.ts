import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ScriptedPeer, type WireMessage } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork, recordInvite, testInvite } from '../../../test/support/test-agent.ts'

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
