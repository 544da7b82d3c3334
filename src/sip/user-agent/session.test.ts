import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { establishSession } from '../../../test/support/established-session.ts'

describe('RFC 3261 section 12.2.2: requests within a dialog', () => {
  it('a lower CSeq is refused with 500, and leaves the session alone', async () => {
    const { ask, record } = await establishSession()
    assert.equal((await ask('OPTIONS', 10)).status, 200)
    assert.equal((await ask('INFO', 9)).status, 500)
    assert.deepEqual(record.ends, [])
  })

  it('an unknown dialog is answered 481', async () => {
    const { peer, clock, to } = await establishSession()
    peer.request(
      'BYE sip:alice@127.0.0.1:5060',
      ['From: <sip:x@y>;tag=1', 'To: <sip:z@y>;tag=2', 'Call-ID: none', 'CSeq: 1 BYE'],
      to,
    )
    await clock.advance(10)
    assert.equal(peer.received.at(-1)?.status, 481)
  })

  for (const [method, status] of [
    ['SUBSCRIBE', 405],
    ['PUBLISH', 405],
    ['MESSAGE', 405],
    ['FROBNICATE', 501],
  ] as const) {
    it(`section 8.2.1: ${method} gets ${status} with Allow`, async () => {
      const { ask } = await establishSession()
      const answer = await ask(method, 5)
      assert.equal(answer.status, status)
      assert.match(answer.header('Allow'), /INVITE/)
    })
  }

  it('section 8.2.2.3: an extension that we lack gets 420', async () => {
    const { ask } = await establishSession()
    const answer = await ask('INFO', 5, ['Require: tasty'])
    assert.equal(answer.status, 420)
    assert.equal(answer.header('Unsupported'), 'tasty')
  })
})

describe('RFC 3261 section 15: BYE', () => {
  it('of the peer ends the session once', async () => {
    const { ask, record, assertClean } = await establishSession()
    assert.equal((await ask('BYE', 5)).status, 200)
    assert.deepEqual(record.ends, ['remote'])
    await assertClean()
  })

  it('of both at the same time ends it once, and both get 200', async () => {
    const { ask, session, record, peer, clock, assertClean } = await establishSession()
    const over = Promise.all([session.bye(), session.bye()])
    assert.equal((await ask('BYE', 5)).status, 200)
    peer.respond(peer.last('BYE'), 200, 'OK')
    await clock.advance(10)
    await over
    assert.deepEqual(record.ends, ['local'])
    assert.equal(peer.all('BYE').length, 1)
    await assertClean()
  })

  it('without an answer is given up after 64·T1', async () => {
    const { session, clock, assertClean } = await establishSession()
    let done = false
    void session.bye().then(() => {
      done = true
    })
    await clock.advance(32_100)
    assert.equal(done, true)
    await assertClean()
  })
})

describe('RFC 3261 section 14: modifying a session', () => {
  it('a re-INVITE is answered by the handler, refreshes the target, and its 200 is repeated until the ACK', async () => {
    const { ask, peer, clock, dialogHeaders, to, session } = await establishSession()
    const answer = await ask('INVITE', 5, ['Contact: <sip:moved@127.0.0.1:6000>'].slice(1), 'hold')
    assert.equal(answer.status, 200)
    assert.equal(answer.body, 'answer to hold')
    await clock.advance(500)
    assert.equal(peer.received.filter((message) => message.header('CSeq') === '5 INVITE').length, 2)
    peer.request('ACK sip:alice@127.0.0.1:5060', dialogHeaders('ACK', 5), to)
    await clock.advance(40_000)
    assert.equal(peer.received.filter((message) => message.header('CSeq') === '5 INVITE').length, 2)
    assert.equal(session.ended, false)
  })

  it('a refused offer gets 488 and changes nothing', async () => {
    const { ask, session } = await establishSession()
    assert.equal((await ask('INVITE', 5, [], 'refuse')).status, 488)
    assert.equal((await ask('UPDATE', 6, [], 'refuse')).status, 488)
    assert.equal(session.ended, false)
  })

  it('RFC 3311: an UPDATE is answered by the handler; without an offer by a plain 200', async () => {
    const { ask } = await establishSession()
    assert.equal((await ask('UPDATE', 5, [], 'new')).body, 'answer to new')
    const plain = await ask('UPDATE', 6)
    assert.equal(plain.status, 200)
    assert.equal(plain.body, '')
  })

  it('section 14.2: an offer of the peer while ours is open gets 491', async () => {
    const { ask, session, peer, clock } = await establishSession()
    const outcome = session.offer('ours')
    await clock.advance(10)
    assert.equal((await ask('INVITE', 5, [], 'theirs')).status, 491)
    const reinvite = peer.last('INVITE')
    assert.equal(reinvite.body, 'ours')
    peer.respond(reinvite, 200, 'OK', { body: 'yes' })
    await clock.advance(10)
    assert.deepEqual(await outcome, { status: 'answered', answer: 'yes' })
    assert.equal(peer.last('ACK').header('CSeq'), reinvite.header('CSeq').replace('INVITE', 'ACK'))
  })

  it('section 12.2.1.2: 481 to our offer ends the session', async () => {
    const { session, peer, clock, record, assertClean } = await establishSession()
    const outcome = session.offer('ours')
    await clock.advance(10)
    peer.respond(peer.last('INVITE'), 481, 'Gone')
    await clock.advance(10)
    assert.deepEqual(await outcome, { status: 'ended' })
    assert.deepEqual(record.ends, ['lost'])
    await assertClean()
  })

  it('section 14.2: a second re-INVITE before the ACK of the first gets 500 with Retry-After', async () => {
    const { ask } = await establishSession()
    await ask('INVITE', 5, [], 'one')
    const second = await ask('INVITE', 6, [], 'two')
    assert.equal(second.status, 500)
    assert.match(second.header('Retry-After'), /^\d+$/)
  })
})

describe('RFC 6086: INFO', () => {
  it('hands digits to the handler and refuses other bodies', async () => {
    const { ask, record } = await establishSession()
    const digit = await ask('INFO', 5, ['Content-Type: application/dtmf-relay'], 'Signal=5\r\nDuration=160\r\n')
    assert.equal(digit.status, 200)
    assert.deepEqual(record.infos, ['Signal=5\r\nDuration=160\r\n'])
    assert.equal((await ask('INFO', 6, ['Content-Type: text/plain'], 'x')).status, 415)
    assert.equal((await ask('INFO', 7)).status, 200)
  })
})
