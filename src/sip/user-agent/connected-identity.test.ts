import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialScriptedPeer } from '../../../test/support/dialled-peer.ts'
import { establishSession } from '../../../test/support/established-session.ts'

const carol = { displayName: 'Carol "C"', uri: 'sip:carol@example.com', params: new Map() }
const withUpdate = ['Allow: INVITE, ACK, BYE', 'Allow: UPDATE']

describe('telling a phone whom it talks to now (RFC 4916, RFC 5876)', () => {
  it('by UPDATE without an offer where its Allow has that', async () => {
    const { session, peer, clock } = await establishSession(withUpdate)
    const told = session.updateIdentity(carol)
    await clock.advance(10)
    const update = peer.last('UPDATE')
    assert.equal(update.header('P-Asserted-Identity'), '"Carol \\"C\\"" <sip:carol@example.com>')
    assert.equal(update.body, '')
    assert.match(update.header('Contact'), /^<sip:/)
    peer.respond(update, 200, 'OK')
    await clock.advance(10)
    assert.deepEqual(await told, { status: 'answered', answer: '' })
    assert.equal(peer.all('INVITE').length, 1)
  })

  it('by re-INVITE where it has not, with the answer for the owner', async () => {
    const { session, peer, clock } = await establishSession(['Allow: INVITE, ACK, BYE, XUPDATE'])
    const told = session.updateIdentity(carol, () => 'the same')
    await clock.advance(10)
    const reinvite = peer.last('INVITE')
    assert.match(reinvite.header('P-Asserted-Identity'), /carol/)
    assert.equal(reinvite.body, 'the same')
    peer.respond(reinvite, 200, 'OK', { body: 'yes' })
    await clock.advance(10)
    assert.deepEqual(await told, { status: 'answered', answer: 'yes' })
    assert.equal(peer.all('UPDATE').length, 0)
  })

  it('by UPDATE also where its NOTIFY came before the 2xx that says so', async () => {
    const { clock, peer, record, invite } = await dialScriptedPeer()
    const request = peer.last('INVITE')
    peer.respond(request, 180, 'Ringing', { toTag: 'a' })
    await clock.advance(10)
    const head = [
      'From: <sip:bob@example.com>;tag=a',
      `To: ${request.header('From')}`,
      'Event: refer',
      'CSeq: 5 NOTIFY',
    ]
    const lines = [...head, `Call-ID: ${request.header('Call-ID')}`]
    peer.request('NOTIFY sip:alice@127.0.0.1:5060', lines, { host: '127.0.0.1', port: 5060 })
    await clock.advance(10)
    peer.respond(request, 200, 'OK', { toTag: 'a', headers: withUpdate })
    await clock.advance(10)
    const session = invite.acknowledge(record.dialog) ?? assert.fail()
    void session.updateIdentity(carol)
    await clock.advance(10)
    assert.equal(peer.all('UPDATE').length, 1)
  })

  it('not at all where there is nothing to offer', async () => {
    const { session, peer, clock } = await establishSession()
    assert.deepEqual(await session.updateIdentity(carol), { status: 'unsupported' })
    await clock.advance(10)
    assert.equal(peer.all('INVITE').length, 1)
  })

  it('a phone that says UPDATE and does not know it is asked by re-INVITE, from then on', async () => {
    const { session, peer, clock } = await establishSession(withUpdate)
    peer.onMessage = (message) => {
      if (message.method === 'UPDATE') peer.respond(message, 501, 'Not Implemented')
      if (message.method === 'INVITE') peer.respond(message, 200, 'OK', { body: 'yes' })
    }
    for (const _ of ['once', 'twice']) {
      const told = session.updateIdentity(carol, () => 'the same')
      await clock.advance(20)
      assert.deepEqual(await told, { status: 'answered', answer: 'yes' })
    }
    assert.equal(peer.all('UPDATE').length, 1)
  })

  it('one at a time: of those that wait only the newest is told', async () => {
    const { session, peer, clock } = await establishSession(withUpdate)
    const names = ['one', 'two', 'three'].map((displayName) => session.updateIdentity({ ...carol, displayName }))
    await clock.advance(10)
    assert.equal(peer.all('UPDATE').length, 1)
    peer.respond(peer.last('UPDATE'), 200, 'OK')
    await clock.advance(10)
    assert.match(peer.last('UPDATE').header('P-Asserted-Identity'), /"three"/)
    peer.respond(peer.last('UPDATE'), 200, 'OK')
    await clock.advance(10)
    const outcomes = await Promise.all(names)
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['answered', 'superseded', 'answered'],
    )
  })

  it('after a glare again, and never once the call has ended', async () => {
    const { session, peer, clock, ask, assertClean } = await establishSession(withUpdate)
    const told = session.updateIdentity(carol)
    await clock.advance(10)
    peer.respond(peer.last('UPDATE'), 491, 'Request Pending')
    await clock.advance(10)
    assert.equal((await ask('BYE', 5)).status, 200)
    assert.deepEqual(await told, { status: 'ended' })
    assert.deepEqual(await session.updateIdentity(carol), { status: 'ended' })
    await assertClean()
    assert.equal(peer.all('UPDATE').length, 1)
  })

  it('a phone that lost the call ends it', async () => {
    const { session, peer, clock, record } = await establishSession(withUpdate)
    const told = session.updateIdentity(carol)
    await clock.advance(10)
    peer.respond(peer.last('UPDATE'), 481, 'Gone')
    await clock.advance(10)
    assert.deepEqual(await told, { status: 'ended' })
    assert.deepEqual(record.ends, ['lost'])
  })
})
