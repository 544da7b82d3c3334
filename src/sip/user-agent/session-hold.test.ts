import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { establishSession } from '../../../test/support/established-session.ts'
import { directionOf } from './media-direction.ts'
import type { WishOutcome } from './patient-offers.ts'

const description = (direction = 'sendrecv', host = '192.0.2.1'): string =>
  [
    'v=0',
    'o=- 1 1 IN IP4 192.0.2.1',
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    'm=audio 4000 RTP/AVP 8',
    `a=${direction}`,
    '',
  ].join('\r\n')

/** An established session whose owner answers every offer with a description of its own. */
const setUp = async () => {
  const scene = await establishSession()
  scene.record.handler.onOffer = () => description()
  const acknowledge = (sequence: number, body = '') =>
    scene.peer.request('ACK sip:alice@127.0.0.1:5060', scene.dialogHeaders('ACK', sequence), scene.to, body)
  /** Answers the newest re-INVITE of ours. */
  const answer = async (status: number, body = '') => {
    const parts = status === 200 ? { body } : {}
    scene.peer.respond(scene.peer.last('INVITE'), status, status === 200 ? 'OK' : 'Refused', parts)
    await scene.clock.advance(10)
  }
  return { ...scene, acknowledge, answer }
}

describe('RFC 3264 section 8.4: the peer holds us', () => {
  for (const method of ['INVITE', 'UPDATE'] as const) {
    it(`by ${method}, plays something, plays nothing, and comes back`, async () => {
      const { ask, acknowledge, record, clock } = await setUp()
      const heard: string[][] = []
      for (const [index, direction] of ['sendonly', 'sendonly', 'inactive', 'sendrecv', 'sendrecv'].entries()) {
        assert.equal((await ask(method, 5 + index, [], description(direction))).status, 200)
        if (method === 'INVITE') acknowledge(5 + index)
        await clock.advance(10)
        heard.push(record.holds.splice(0))
      }
      assert.deepEqual(heard, [['held sendonly'], [], ['held inactive'], ['resumed sendrecv'], []])
    })
  }

  it('with the c=0.0.0.0 of RFC 2543', async () => {
    const { ask, acknowledge, record } = await setUp()
    await ask('INVITE', 5, [], description('sendrecv', '0.0.0.0'))
    acknowledge(5)
    await ask('INVITE', 6, [], description())
    assert.deepEqual(record.holds, ['held inactive', 'resumed sendrecv'])
  })

  it('is told after the answer, and not of an offer that was refused', async () => {
    const { ask, record } = await setUp()
    record.handler.onOffer = () => {
      assert.deepEqual(record.holds, [])
      return undefined
    }
    assert.equal((await ask('UPDATE', 5, [], description('sendonly'))).status, 488)
    assert.deepEqual(record.holds, [])
  })

  it('in the ACK of a re-INVITE without an offer', async () => {
    const { ask, acknowledge, record, clock } = await setUp()
    assert.equal(directionOf((await ask('INVITE', 5)).body), 'sendrecv')
    acknowledge(5, description('sendonly'))
    await clock.advance(10)
    assert.deepEqual(record.holds, ['held sendonly'])
  })

  it('in its answer to an offer of ours', async () => {
    const { session, answer, record, clock } = await setUp()
    const outcome = session.offer(description())
    await clock.advance(10)
    await answer(200, description('sendonly'))
    assert.equal((await outcome).status, 'answered')
    assert.deepEqual(record.holds, ['held sendonly'])
  })
})

describe('RFC 3264 section 8.4: we hold the peer', () => {
  it('by re-INVITE, sendonly, and take it back', async () => {
    const { session, peer, answer, record, clock } = await setUp()
    const held = session.hold(() => description())
    await clock.advance(10)
    assert.equal(directionOf(peer.last('INVITE').body), 'sendonly')
    await answer(200, description('recvonly'))
    assert.equal((await held).status, 'answered')
    const resumed = session.resume(() => description())
    await clock.advance(10)
    assert.equal(directionOf(peer.last('INVITE').body), 'sendrecv')
    await answer(200, description())
    assert.equal((await resumed).status, 'answered')
    assert.deepEqual(record.holds, [], 'the peer heard all the time')
  })

  it('section 6.1: answers what the peer offers meanwhile without hearing it, and offers so itself', async () => {
    const { session, peer, ask, acknowledge, answer, record, clock } = await setUp()
    void session.hold(() => description())
    await clock.advance(10)
    await answer(200, description('recvonly'))
    for (const [index, [offered, owner, answered]] of (
      [
        ['sendrecv', 'sendrecv', 'sendonly'],
        ['recvonly', 'sendonly', 'sendonly'],
        ['sendonly', 'recvonly', 'inactive'],
        ['inactive', 'inactive', 'inactive'],
      ] as const
    ).entries()) {
      record.handler.onOffer = () => description(owner)
      assert.equal(directionOf((await ask('INVITE', 5 + index, [], description(offered))).body), answered, offered)
      acknowledge(5 + index)
      await clock.advance(10)
    }
    assert.deepEqual(record.holds, ['held sendonly', 'held inactive'])
    const outcome = session.offer(description())
    await clock.advance(10)
    assert.equal(directionOf(peer.last('INVITE').body), 'sendonly')
    await answer(200, description('inactive'))
    assert.equal((await outcome).status, 'answered')
  })

  it('refused, it leaves the session as it was', async () => {
    const { session, ask, answer, clock } = await setUp()
    const held = session.hold(() => description())
    await clock.advance(10)
    await answer(488)
    assert.deepEqual(await held, { status: 'refused', code: 488 })
    assert.equal(directionOf((await ask('UPDATE', 5, [], description())).body), 'sendrecv')
  })

  it('RFC 3261 section 14.1: after a glare it is tried again within 2.1 to 4 s, with a new description', async () => {
    const { session, peer, answer, clock } = await setUp()
    let made = 0
    const held = session.hold(() => description().replace('o=- 1 1', `o=- 1 ${++made}`))
    await clock.advance(10)
    await answer(491)
    await clock.advance(2080)
    // Each offer once, however often it was repeated.
    const sequences = () => new Set(peer.all('INVITE').map((message) => message.header('CSeq'))).size
    assert.equal(sequences(), 2)
    await clock.advance(1930)
    assert.equal(sequences(), 3)
    assert.match(peer.last('INVITE').body, /^o=- 1 2 /m)
    await answer(200, description('recvonly'))
    assert.equal((await held).status, 'answered')
  })

  it('gives up after four glares', async () => {
    const { session, peer, clock } = await setUp()
    peer.onMessage = (message) => message.method === 'INVITE' && peer.respond(message, 491, 'Request Pending')
    const held = session.hold(() => description())
    await clock.advance(20_000)
    assert.deepEqual(await held, { status: 'refused', code: 491 })
    assert.equal(peer.all('INVITE').length, 5)
  })

  it('waits while the peer makes an offer of its own', async () => {
    const { session, peer, ask, acknowledge, answer, clock } = await setUp()
    await ask('INVITE', 5, [], description())
    const held = session.hold(() => description())
    await clock.advance(100)
    assert.equal(peer.all('INVITE').length, 1)
    acknowledge(5)
    await clock.advance(4100)
    assert.equal(directionOf(peer.last('INVITE').body), 'sendonly')
    await answer(200, description('recvonly'))
    assert.equal((await held).status, 'answered')
  })

  it('of wishes that come while one is under way only the newest is carried out', async () => {
    const { session, peer, answer, clock } = await setUp()
    const first = session.hold(() => description())
    const second = session.resume(() => description())
    const third = session.hold(() => description())
    const fourth = session.resume(() => description())
    await clock.advance(10)
    await answer(200, description('recvonly'))
    await answer(200, description())
    const outcomes = await Promise.all([first, second, third, fourth])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['answered', 'superseded', 'superseded', 'answered'],
    )
    assert.deepEqual(
      peer
        .all('INVITE')
        .slice(1)
        .map((message) => directionOf(message.body)),
      ['sendonly', 'sendrecv'],
    )
  })

  it('the end of the call ends what waits, and leaves nothing behind', async () => {
    const { session, ask, answer, clock, assertClean } = await setUp()
    const held = session.hold(() => description())
    const resumed = session.resume(() => description())
    await clock.advance(10)
    await answer(491)
    assert.equal((await ask('BYE', 5)).status, 200)
    assert.deepEqual(await Promise.all([held, resumed]), [{ status: 'ended' }, { status: 'ended' }])
    assert.deepEqual(await session.hold(() => description()), { status: 'ended' })
    await assertClean()
  })

  it('the end of the call ends what the peer has neither taken nor refused', async () => {
    const { session, peer, ask, clock, assertClean } = await setUp()
    let outcome: WishOutcome | undefined
    void session
      .hold(() => description())
      .then((held) => {
        outcome = held
      })
    await clock.advance(10)
    peer.respond(peer.last('INVITE'), 100, 'Trying')
    assert.equal((await ask('BYE', 5)).status, 200)
    assert.deepEqual(outcome, { status: 'ended' })
    peer.respond(peer.last('INVITE'), 487, 'Request Terminated')
    await assertClean()
  })

  it('what cannot be described is told to who asked', async () => {
    const { session } = await setUp()
    const broken = () => {
      throw new Error('no media')
    }
    await assert.rejects(session.hold(broken), /no media/)
    assert.equal(session.ended, false)
  })
})

describe('RFC 3261 section 14.1: who did not make the Call-ID waits up to 2 s', () => {
  it('is drawn in units of 10 ms', async () => {
    const { glareMilliseconds } = await import('./patient-offers.ts')
    const ofByte = (byte: number, madeCallId: boolean) =>
      glareMilliseconds({ bytes: () => Buffer.from([byte]), token: () => '' }, madeCallId)
    const all = (madeCallId: boolean) => Array.from({ length: 256 }, (_, byte) => ofByte(byte, madeCallId))
    assert.deepEqual([Math.min(...all(true)), Math.max(...all(true))], [2100, 4000])
    assert.deepEqual([Math.min(...all(false)), Math.max(...all(false))], [0, 2000])
    assert.ok([...all(true), ...all(false)].every((wait) => wait % 10 === 0))
  })
})
