import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { establishSession } from '../../../test/support/established-session.ts'
import type { WireMessage } from '../../../test/support/scripted-peer.ts'
import type { IncomingInvite } from './incoming-invite.ts'

const offersTransfer = (message: WireMessage): boolean =>
  /REFER|NOTIFY|replaces|norefersub/.test(`${message.header('Allow')} ${message.header('Supported')}`)

describe('a user agent whose owner takes no part in transfers', () => {
  it('names none of them, in requests and in answers', async () => {
    const { peer, ask, session, clock } = await establishSession([], { transfers: false })
    void session.offer('an offer')
    await clock.advance(10)
    const seen = [...peer.all('INVITE'), await ask('OPTIONS', 5), await ask('FROBNICATE', 6)]
    assert.equal(seen.length, 4)
    for (const message of seen) {
      assert.match(message.header('Allow'), /UPDATE$/)
      assert.equal(offersTransfer(message), false)
    }
  })

  it('refuses REFER and NOTIFY with 405, within a call and outside', async () => {
    const { ask, peer, to, clock, record } = await establishSession([], { transfers: false })
    record.handler.onTransferAsked = () => assert.fail('nobody is to hear of it')
    for (const [index, method] of ['REFER', 'NOTIFY'].entries()) {
      const headers = ['Refer-To: <sip:carol@example.com>', 'Event: refer']
      const answer = await ask(method, 5 + index, headers)
      assert.equal(answer.status, 405)
      assert.equal(offersTransfer(answer), false)
      const strange = ['From: <sip:x@y>;tag=1', 'To: <sip:z@y>', 'Call-ID: strange', `CSeq: 1 ${method}`]
      peer.request(`${method} sip:alice@127.0.0.1:5060`, [...strange, ...headers], to)
      await clock.advance(10)
      assert.equal(peer.received.at(-1)?.status, 405)
    }
  })

  it('takes a call with Replaces as any other, and refuses one that insists on it', async () => {
    const { agent, session, peer, to, clock } = await establishSession([], { transfers: false })
    const invites: IncomingInvite[] = []
    agent.onInvite = (invite) => void invites.push(invite)
    const { callId, localTag, remoteTag } = session.dialog
    const call = async (name: string, ...more: string[]): Promise<WireMessage | undefined> => {
      const head = ['From: <sip:carol@example.com>;tag=c', 'To: <sip:alice@example.com>', `Call-ID: ${name}`]
      const replaces = `Replaces: ${callId};to-tag=${localTag};from-tag=${remoteTag}`
      const lines = [...head, 'CSeq: 1 INVITE', 'Contact: <sip:carol@127.0.0.1:6000>', replaces, ...more]
      peer.request('INVITE sip:alice@127.0.0.1:5060', lines, to)
      await clock.advance(10)
      return peer.received.findLast((message) => message.status >= 180 && message.header('Call-ID') === name)
    }
    assert.equal(await call('plain'), undefined)
    assert.equal(invites[0]?.replaced, undefined)
    invites[0]?.ring()
    await clock.advance(10)
    assert.equal(offersTransfer(peer.received.at(-1) ?? assert.fail()), false)
    const refused = await call('insisting', 'Require: replaces')
    assert.equal(refused?.status, 420)
    assert.equal(refused?.header('Unsupported'), 'replaces')
    assert.equal(invites.length, 1)
  })
})
