import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { establishSession } from '../../../test/support/established-session.ts'
import { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { createTestNetwork, recordInvite, testInvite } from '../../../test/support/test-agent.ts'
import type { IncomingInvite } from './incoming-invite.ts'
import type { UserAgent } from './user-agent.ts'

type Network = ReturnType<typeof createTestNetwork>

/** Carol, who calls us with a Replaces; what came of it. */
const setUpCarol = ({ network, clock }: Network, agent: UserAgent) => {
  const invites: IncomingInvite[] = []
  agent.onInvite = (invite) => void invites.push(invite)
  const carol = new ScriptedPeer(network, 7000)
  let calls = 0
  /** The status of the answer, `undefined` where the call is told and waits. */
  const call = async (...replaces: string[]): Promise<number | undefined> => {
    const head = [
      'From: <sip:carol@example.com>;tag=carol',
      'To: <sip:alice@example.com>',
      `Call-ID: carol-${++calls}`,
      'CSeq: 1 INVITE',
      'Contact: <sip:carol@127.0.0.1:7000>',
      'Require: replaces',
    ]
    const before = carol.received.length
    const lines = [...head, ...replaces.map((value) => `Replaces: ${value}`)]
    carol.request('INVITE sip:alice@127.0.0.1:5060', lines, { host: '127.0.0.1', port: 5060 })
    await clock.advance(10)
    return carol.received.slice(before).find((message) => message.status >= 200)?.status
  }
  return { call, carol, invites }
}

/** A confirmed session of ours, its dialog as Bob knows it, and Carol. */
const setUp = async () => {
  const scene = await establishSession()
  const { callId, localTag, remoteTag } = scene.session.dialog
  const replaces = `${callId};to-tag=${localTag};from-tag=${remoteTag}`
  return { ...scene, ...setUpCarol(scene, scene.agent), callId, localTag, remoteTag, replaces }
}

describe('RFC 3891 section 3: an INVITE that takes the place of another call', () => {
  it('is told with the session that it names', async () => {
    const { call, invites, session, replaces } = await setUp()
    assert.equal(await call(replaces), undefined)
    assert.equal(invites[0]?.replaced, session)
  })

  it('also where the caller names the tags as it knows them itself', async () => {
    const { call, invites, session, callId, localTag, remoteTag } = await setUp()
    assert.equal(await call(`${callId};to-tag=${remoteTag};from-tag=${localTag}`), undefined)
    assert.equal(invites[0]?.replaced, session)
  })

  it('a call without one replaces nothing', async () => {
    const { call, invites } = await setUp()
    assert.equal(await call(), undefined)
    assert.equal(invites[0]?.replaced, undefined)
  })

  it('with early-only, an answered call stays: 486', async () => {
    const { call, invites, replaces } = await setUp()
    assert.equal(await call(`${replaces};early-only`), 486)
    assert.deepEqual(invites, [])
  })

  it('names no dialog of ours: 481, whichever of its three parts is guessed', async () => {
    const { call, invites, callId, localTag, remoteTag, transactions } = await setUp()
    const before = transactions.counts().serverTransactions
    for (const value of [
      `other;to-tag=${localTag};from-tag=${remoteTag}`,
      `${callId};to-tag=guess;from-tag=${remoteTag}`,
      `${callId};to-tag=${localTag};from-tag=guess`,
      `${callId};to-tag=${localTag};from-tag=0`,
      `${callId};to-tag=${localTag};from-tag=${localTag}`,
    ]) {
      assert.equal(await call(value), 481, value)
    }
    assert.deepEqual(invites, [])
    assert.equal(transactions.counts().serverTransactions, before, 'nothing is kept of it')
  })

  it('one that is ending already: 603', async () => {
    const { call, session, replaces } = await setUp()
    void session.bye()
    assert.equal(await call(replaces), 603)
  })

  it('one that is over: 481', async () => {
    const { call, ask, replaces } = await setUp()
    await ask('BYE', 5)
    assert.equal(await call(replaces), 481)
  })

  it('two of them, or one that cannot be read: 400', async () => {
    const { call, replaces, invites } = await setUp()
    assert.equal(await call(replaces, replaces), 400)
    assert.equal(await call('nonsense'), 400)
    assert.deepEqual(invites, [])
  })

  it('an early dialog of an INVITE of ours is replaced, with early-only as well', async () => {
    const scene = createTestNetwork()
    const { agent } = await scene.createAgent(5060)
    const { call, invites } = setUpCarol(scene, agent)
    const bob = new ScriptedPeer(scene.network, 6000)
    const record = recordInvite()
    agent.invite(testInvite(6000), record.handler)
    await scene.clock.advance(10)
    const request = bob.last('INVITE')
    bob.respond(request, 180, 'Ringing', { toTag: 'b' })
    await scene.clock.advance(10)
    const replaces = `${request.header('Call-ID')};to-tag=${request.tag('From')};from-tag=b`
    assert.equal(await call(`${replaces};early-only`), undefined)
    assert.equal(await call(replaces), undefined)
    assert.deepEqual(
      invites.map(({ replaced }) => replaced?.dialog.remoteTag),
      ['b', 'b'],
    )
  })

  it('a call that rings here is nobody’s to take: 481', async () => {
    const scene = createTestNetwork()
    const { agent } = await scene.createAgent(5060)
    const { call, invites } = setUpCarol(scene, agent)
    assert.equal(await call(), undefined)
    const ringing = invites[0]
    assert.ok(ringing)
    ringing.ring()
    const { callId, localTag, remoteTag } = ringing.dialog
    assert.equal(await call(`${callId};to-tag=${localTag};from-tag=${remoteTag}`), 481)
  })

  it('a REFER that names a call of ours finds it', async () => {
    const { agent, session, callId, localTag, remoteTag } = await setUp()
    const replaces = { callId, toTag: localTag, fromTag: remoteTag, earlyOnly: false }
    assert.equal(agent.findReplaced(replaces), session)
    assert.equal(agent.findReplaced({ ...replaces, toTag: 'guess' }), undefined)
  })
})
