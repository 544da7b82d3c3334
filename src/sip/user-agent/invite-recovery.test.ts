import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ScriptedPeer, type WireMessage } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork, recordInvite, testInvite } from '../../../test/support/test-agent.ts'
import type { RecoveryOutcome } from './invite-recovery.ts'

const record = {
  callId: 'dead@cordboard',
  fromTag: 'dead',
  branch: 'z9hG4bKdead',
  sequence: 1,
  uri: 'sip:bob@127.0.0.1:6000',
  destination: { protocol: 'udp', host: '127.0.0.1', port: 6000 },
  from: 'sip:alice@example.com',
  to: 'sip:bob@example.com',
} as const

/** What the dead process had sent; the peer answers to this. */
const deadInvite = (message: WireMessage): WireMessage =>
  Object.assign(Object.create(message) as WireMessage, {
    text: message.text.replaceAll('CANCEL', 'INVITE'),
    from: message.from,
  })

const setUp = async () => {
  const test = createTestNetwork()
  const { agent } = await test.createAgent(5060)
  const peer = new ScriptedPeer(test.network, 6000)
  let outcome: RecoveryOutcome | undefined
  const recover = async () => {
    void agent.recoverInvite(record).then((value) => {
      outcome = value
    })
    await test.clock.advance(10)
    const cancel = peer.all('CANCEL').find((message) => message.header('CSeq') === '1 CANCEL')
    assert.ok(cancel)
    return cancel
  }
  /** The attempts after the first never were. */
  const refuseLaterAttempts = () => {
    for (const cancel of peer.all('CANCEL')) {
      if (cancel.header('CSeq') !== '1 CANCEL') peer.respond(cancel, 481, 'Unknown')
    }
  }
  return { ...test, agent, peer, recover, refuseLaterAttempts, outcome: () => outcome }
}

describe('recovery of an INVITE of a dead process', () => {
  it('RFC 3261 section 9.1: cancels with the same branch, Request-URI, From, To, Call-ID and CSeq number', async () => {
    const { recover } = await setUp()
    const cancel = await recover()
    assert.match(cancel.header('Via'), /branch=z9hG4bKdead(;|$)/)
    assert.equal(cancel.firstLine, 'CANCEL sip:bob@127.0.0.1:6000 SIP/2.0')
    assert.equal(cancel.header('From'), '<sip:alice@example.com>;tag=dead')
    assert.equal(cancel.header('To'), '<sip:bob@example.com>')
    assert.equal(cancel.header('Call-ID'), record.callId)
  })

  it('a ringing peer: its 487 is acknowledged in the INVITE’s transaction', async () => {
    const { clock, peer, recover, refuseLaterAttempts, outcome, assertClean } = await setUp()
    const cancel = await recover()
    refuseLaterAttempts()
    peer.respond(cancel, 200, 'OK', { toTag: 'b' })
    peer.respond(deadInvite(cancel), 487, 'Request Terminated', { toTag: 'b' })
    await clock.advance(10)
    assert.equal(outcome(), 'cancelled')
    const ack = peer.last('ACK')
    assert.match(ack.header('Via'), /branch=z9hG4bKdead(;|$)/)
    assert.equal(ack.header('CSeq'), '1 ACK')
    assert.equal(ack.tag('To'), 'b')
    assert.equal(peer.all('BYE').length, 0)
    await assertClean()
  })

  it('an answered peer: its repeated 200 is acknowledged and ended', async () => {
    const { clock, peer, recover, refuseLaterAttempts, outcome, assertClean } = await setUp()
    const cancel = await recover()
    refuseLaterAttempts()
    peer.respond(cancel, 200, 'OK', { toTag: 'b' })
    peer.respond(deadInvite(cancel), 200, 'OK', { toTag: 'b' })
    await clock.advance(10)
    const bye = peer.last('BYE')
    assert.equal(peer.last('ACK').header('CSeq'), '1 ACK')
    assert.ok(Number.parseInt(bye.header('CSeq'), 10) > 1)
    peer.respond(bye, 200, 'OK')
    await clock.advance(10)
    assert.equal(outcome(), 'ended')
    assert.equal(peer.all('BYE').length, 1)
    await assertClean()
  })

  it('a peer that answered the CANCEL and says no more: it is ended by the tag of that answer within 2 s', async () => {
    const { clock, peer, recover, refuseLaterAttempts, outcome, assertClean } = await setUp()
    const cancel = await recover()
    refuseLaterAttempts()
    peer.respond(cancel, 200, 'OK', { toTag: 'b' })
    await clock.advance(1000)
    assert.equal(peer.last('BYE').tag('To'), 'b')
    assert.equal(peer.all('ACK').length, 1)
    peer.respond(peer.last('BYE'), 481, 'Unknown')
    await clock.advance(10)
    assert.equal(outcome(), 'ended')
    await assertClean()
  })

  it('a peer that knows nothing is done with after T2', async () => {
    const { clock, peer, recover, refuseLaterAttempts, outcome, assertClean } = await setUp()
    const cancel = await recover()
    refuseLaterAttempts()
    peer.respond(cancel, 481, 'Unknown')
    await clock.advance(5000)
    assert.equal(outcome(), 'gone')
    await assertClean()
  })

  it('a peer that is not there is given up', async () => {
    const { clock, recover, outcome, assertClean } = await setUp()
    await recover()
    await clock.advance(33_000)
    assert.equal(outcome(), 'unreachable')
    await assertClean()
  })
})

describe('recovery of an answered call', () => {
  it('is acknowledged and ended with a higher CSeq', async () => {
    const { clock, network, createAgent, assertClean } = createTestNetwork()
    const before = await createAgent(5060)
    const peer = new ScriptedPeer(network, 6000)
    peer.onMessage = (message) => {
      if (message.method === 'INVITE') peer.respond(message, 200, 'OK', { toTag: 'b' })
      if (message.method === 'BYE') peer.respond(message, 200, 'OK')
    }
    const heard = recordInvite()
    before.agent.invite(testInvite(6000), heard.handler)
    await clock.advance(10)
    const snapshot = JSON.parse(JSON.stringify(heard.dialog.snapshot()))
    before.agent.close()
    const after = await createAgent(5060)
    void after.agent.recoverDialog(snapshot)
    await clock.advance(10)
    assert.deepEqual(peer.heard, ['INVITE', 'ACK', 'BYE'])
    assert.equal(peer.last('ACK').header('CSeq'), '1 ACK')
    await assertClean()
  })
})

describe('RFC 3261 section 13.2.2.4: a 2xx of a call that nobody remembers', () => {
  const server = { host: '127.0.0.1', port: 5060 }

  /** A process that calls port 6000 and dies, the one after it, and the 2xx of the call as its peer would write it. */
  const setUp = async () => {
    const test = createTestNetwork()
    const before = await test.createAgent(5060)
    const peer = new ScriptedPeer(test.network, 6000)
    before.agent.invite(testInvite(6000), recordInvite().handler)
    await test.clock.advance(10)
    before.agent.close()
    before.transactions.close()
    await test.createAgent(5060)
    const invite = peer.last('INVITE')
    const answer = (parts: Partial<Record<'Via' | 'Call-ID' | 'Record-Route', string>> = {}): string =>
      [
        'SIP/2.0 200 OK',
        `Via: ${parts.Via ?? invite.header('Via')}`,
        ...(parts['Record-Route'] === undefined ? [] : [`Record-Route: ${parts['Record-Route']}`]),
        `From: ${invite.header('From')}`,
        `To: ${invite.header('To')};tag=theirs`,
        `Call-ID: ${parts['Call-ID'] ?? invite.header('Call-ID')}`,
        'CSeq: 1 INVITE',
        'Contact: <sip:bob@127.0.0.1:7000>',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n')
    peer.received.length = 0
    return { ...test, peer, invite, answer }
  }

  it('is acknowledged and ended by the process that comes after, once', async () => {
    const { clock, peer, answer, assertClean } = await setUp()
    peer.send(answer(), server)
    peer.send(answer(), server)
    await clock.advance(10)
    assert.deepEqual(peer.heard, ['ACK', 'BYE', 'ACK'])
    assert.equal(peer.last('ACK').header('CSeq'), '1 ACK')
    assert.match(peer.last('BYE').firstLine, /^BYE sip:bob@127\.0\.0\.1:7000 /)
    peer.respond(peer.last('BYE'), 200, 'OK')
    await assertClean()
  })

  it('goes back to where the INVITE was sent, whatever its Record-Route and Contact say', async () => {
    const { clock, network, peer, answer } = await setUp()
    const before = network.sent.length
    peer.send(answer({ 'Record-Route': '<sip:127.0.0.1:9999;transport=tcp;lr>' }), server)
    await clock.advance(10)
    assert.deepEqual(
      network.sent.slice(before + 1).map(({ to, text }) => [to.port, text.slice(0, 3)]),
      [
        [6000, 'ACK'],
        [6000, 'BYE'],
      ],
    )
    assert.equal(peer.last('BYE').header('Route'), '<sip:127.0.0.1:9999;transport=tcp;lr>')
  })

  type Scene = Awaited<ReturnType<typeof setUp>>
  const forged: readonly (readonly [string, (scene: Scene) => string])[] = [
    ['without the proof', ({ answer, invite }) => answer({ Via: invite.header('Via').replace(/;proof=\w+/, '') })],
    [
      'with a proof that was made up',
      ({ answer, invite }) => answer({ Via: invite.header('Via').replace(/proof=\w+/, `proof=${'0'.repeat(20)}`) }),
    ],
    [
      'with a proof that is cut short',
      ({ answer, invite }) => answer({ Via: invite.header('Via').replace(/(proof=\w+)\w/, '$1') }),
    ],
    [
      'of another branch',
      ({ answer, invite }) => answer({ Via: invite.header('Via').replace(/(branch=\w+)\w/, '$1x') }),
    ],
    ['of another Call-ID, though it ends like ours', ({ answer }) => answer({ 'Call-ID': 'x@cordboard' })],
  ]
  for (const [what, make] of forged) {
    it(`${what}: nothing leaves`, async () => {
      const scene = await setUp()
      const before = scene.network.sent.length
      scene.peer.send(make(scene), server)
      await scene.clock.advance(40_000)
      assert.equal(scene.network.sent.length, before + 1)
    })
  }

  it('from elsewhere than the INVITE was sent to: nothing leaves', async () => {
    const { clock, network, answer } = await setUp()
    const elsewhere = new ScriptedPeer(network, 6001)
    const before = network.sent.length
    elsewhere.send(answer(), server)
    await clock.advance(40_000)
    assert.equal(network.sent.length, before + 1)
  })

  it('hours later: nothing leaves', async () => {
    const { clock, network, peer, answer } = await setUp()
    await clock.advance(1_000_000)
    const before = network.sent.length
    peer.send(answer(), server)
    await clock.advance(40_000)
    assert.equal(network.sent.length, before + 1)
  })
})
