import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  answer,
  createTestEngine,
  lineDestination,
  ringing,
  testDescription,
  testTrunk,
  trunkDestination,
  within,
} from '../../../test/support/test-engine.ts'

describe('the answer of a 2xx (RFC 3261 section 13.2.1)', () => {
  const progress = async (headers: readonly string[], early: string, final: string, finalTag = 'tag-7001') => {
    const engine = await createTestEngine()
    const carrier = ringing(engine.peer(7001), 100)
    const leg = engine.dial({ destination: trunkDestination(testTrunk(7001)) })
    await engine.clock.advance(100)
    carrier.respond(carrier.last('INVITE'), 183, 'Session Progress', { toTag: 'tag-7001', headers, body: early })
    await engine.clock.advance(100)
    const parts = final === '' ? {} : { body: final }
    carrier.respond(carrier.last('INVITE'), 200, 'OK', { toTag: finalTag, ...parts })
    await engine.clock.advance(100)
    const remotes = engine.media.commands.flatMap((command) =>
      command.op === 'remote' ? [command.media.remote.port] : [],
    )
    leg.handle.hangup('completed')
    await engine.assertClean()
    return { story: leg.story, remotes }
  }
  const reliable = ['Require: 100rel', 'RSeq: 1']

  test('a 200 without SDP stands by what an unreliable 183 announced', async () => {
    const { story, remotes } = await progress([], testDescription(41_000), '')
    assert.deepEqual(story, ['ringing', 'answered', 'ended:completed'])
    assert.deepEqual(remotes, [41_000, 41_000])
  })

  test('and by what a reliable one agreed on', async () => {
    const { story } = await progress(reliable, testDescription(41_000), '')
    assert.deepEqual(story, ['ringing', 'answered', 'ended:completed'])
  })

  test('RFC 6337 section 3.1.1: an unreliable answer is a preview, the one of the 200 counts', async () => {
    const { remotes } = await progress([], testDescription(41_000), testDescription(42_000))
    assert.deepEqual(remotes, [41_000, 42_000])
  })

  test('after a reliable answer another one in the 200 is ignored', async () => {
    const { remotes } = await progress(reliable, testDescription(41_000), testDescription(42_000))
    assert.deepEqual(remotes, [41_000, 41_000])
  })

  test('it may be one of several parts, in the 183 and in the 200 (RFC 5621)', async () => {
    const headers = ['Content-Type: multipart/mixed;boundary=b']
    const wrap = (description: string) =>
      `--b\r\nContent-Type: application/isup\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\n${description}\r\n--b--\r\n`
    const { clock, dial, peer, media, assertClean } = await createTestEngine()
    const carrier = ringing(peer(7001), 100)
    const leg = dial({ destination: trunkDestination(testTrunk(7001)) })
    await clock.advance(100)
    for (const [status, port] of [
      [183, 41_000],
      [200, 42_000],
    ] as const) {
      const parts = { toTag: 'tag-7001', headers, body: wrap(testDescription(port)) }
      carrier.respond(carrier.last('INVITE'), status, 'OK', parts)
      await clock.advance(100)
    }
    const remotes = media.commands.flatMap((command) => (command.op === 'remote' ? [command.media.remote.port] : []))
    assert.deepEqual(remotes, [41_000, 42_000])
    leg.handle.hangup('completed')
    await assertClean()
  })

  test('what another fork announced is no answer: media-failed', async () => {
    const { story } = await progress([], testDescription(41_000), '', 'another-fork')
    assert.deepEqual(story, ['ringing', 'ended:media-failed'])
  })
})

describe('a host name in SDP (RFC 4566 section 5.7)', () => {
  const named = (name: string, port = 41_000) =>
    testDescription(port).replace('IN IP4 127.0.0.1\r\nt=', `IN IP4 ${name}\r\nt=`)
  const lookUpHost = async (name: string) => (name === 'media.example' ? ['127.0.0.1'] : [])

  test('is looked up: in early media, in the answer and in a new offer', async () => {
    const { clock, dial, peer, media, assertClean } = await createTestEngine([], { lookUpHost })
    const carrier = ringing(peer(7001), 100)
    const leg = dial({ destination: trunkDestination(testTrunk(7001)) })
    await clock.advance(100)
    carrier.respond(carrier.last('INVITE'), 183, 'OK', { toTag: 'tag-7001', body: named('media.example', 41_000) })
    await clock.advance(100)
    answer(carrier, named('media.example', 42_000))
    await clock.advance(100)
    within(carrier, 'UPDATE', 1, named('media.example', 43_000))
    await clock.advance(100)
    assert.equal(carrier.received.at(-1)?.status, 200)
    const remotes = media.commands.flatMap((command) => (command.op === 'remote' ? [command.media.remote] : []))
    assert.deepEqual(
      remotes.map(({ host, port }) => `${host}:${port}`),
      ['127.0.0.1:41000', '127.0.0.1:42000', '127.0.0.1:43000'],
    )
    leg.handle.hangup('completed')
    await assertClean()
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:completed'])
  })

  test('that nobody knows, or not in time, is media that cannot be had', async () => {
    for (const silent of [false, true]) {
      const engine = await createTestEngine([], {
        lookUpHost: silent ? () => new Promise(() => {}) : lookUpHost,
      })
      const carrier = ringing(engine.peer(7001), 100)
      const leg = engine.dial({ destination: trunkDestination(testTrunk(7001)) })
      await engine.clock.advance(100)
      answer(carrier, named('nowhere.example'))
      await engine.clock.advance(2100)
      assert.equal(carrier.all('ACK').length, 1)
      await engine.assertClean()
      assert.deepEqual(leg.story, ['ended:media-failed'])
    }
  })

  test('a leg that is hung up while the name is looked up ends as it was told', async () => {
    const engine = await createTestEngine([], { lookUpHost: () => new Promise(() => {}) })
    const carrier = ringing(engine.peer(7001), 100)
    const leg = engine.dial({ destination: trunkDestination(testTrunk(7001)) })
    await engine.clock.advance(100)
    answer(carrier, named('slow.example'))
    await engine.clock.advance(100)
    leg.handle.hangup('cancelled')
    await engine.assertClean()
    assert.deepEqual(leg.story, ['ended:cancelled'])
    assert.equal(carrier.all('BYE').length, 1)
  })
})

describe('RFC 3311: an UPDATE before the answer', () => {
  const progress = { toTag: 'tag-7001', headers: ['Require: 100rel', 'RSeq: 1'], body: testDescription(41_000, '8 0') }

  test('moves the early media, and the 200 leaves it as the UPDATE made it', async () => {
    const { clock, dial, peer, media, assertClean } = await createTestEngine()
    const carrier = ringing(peer(7001), 100)
    const leg = dial({ destination: trunkDestination(testTrunk(7001)) })
    await clock.advance(100)
    carrier.respond(carrier.last('INVITE'), 183, 'Session Progress', progress)
    await clock.advance(100)
    carrier.respond(carrier.last('PRACK'), 200, 'OK')
    within(carrier, 'UPDATE', 1, testDescription(45_000, '0'))
    await clock.advance(100)
    const updated = carrier.received.at(-1)
    assert.equal(updated?.status, 200)
    assert.match(updated?.body ?? '', /^m=audio 30002 RTP\/AVP 0\r$/m)
    answer(carrier, testDescription(41_000, '8'))
    await clock.advance(100)
    const remotes = media.commands.flatMap((command) => (command.op === 'remote' ? [command.media] : []))
    assert.deepEqual(
      remotes.map(({ codec, remote }) => `${codec} ${remote.port}`),
      ['PCMA 41000', 'PCMU 45000', 'PCMU 45000'],
    )
    leg.handle.hangup('completed')
    await assertClean()
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:completed'])
  })

  test('of nothing that we speak is refused, and the call is answered all the same', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine()
    const carrier = ringing(peer(7001), 100)
    const leg = dial({ destination: trunkDestination(testTrunk(7001)) })
    await clock.advance(100)
    carrier.respond(carrier.last('INVITE'), 183, 'Session Progress', progress)
    await clock.advance(100)
    within(carrier, 'UPDATE', 1, testDescription(45_000, '18'))
    await clock.advance(100)
    assert.equal(carrier.received.at(-1)?.status, 488)
    answer(carrier, '')
    await clock.advance(100)
    leg.handle.hangup('completed')
    await assertClean()
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:completed'])
  })

  test('of one of several phones that ring is answered, and not heard before that phone is chosen', async () => {
    const registered = [6001, 6002].map((port) => ({ line: '101', port }))
    const { clock, dial, peer, media, assertClean } = await createTestEngine(registered)
    const [one, other] = [ringing(peer(6001), 100), ringing(peer(6002), 100)]
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    one.respond(one.last('INVITE'), 183, 'Session Progress', { ...progress, toTag: 'tag-6001' })
    await clock.advance(100)
    within(one, 'UPDATE', 1, testDescription(45_000, '0'))
    await clock.advance(100)
    assert.equal(one.received.at(-1)?.status, 200)
    assert.equal(media.commands.filter(({ op }) => op === 'remote').length, 0)
    answer(one, '')
    await clock.advance(100)
    const remotes = media.commands.flatMap((command) => (command.op === 'remote' ? [command.media] : []))
    assert.deepEqual(
      remotes.map(({ codec, remote }) => `${codec} ${remote.port}`),
      ['PCMU 45000'],
    )
    assert.ok(other.heard.includes('CANCEL'))
    leg.handle.hangup('completed')
    await assertClean()
  })
})
