import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  answer,
  attemptsOf,
  createTestEngine,
  ringing,
  testTrunk,
  trunkDestination,
} from '../../../test/support/test-engine.ts'
import { type LogFields, silentLog } from '../../log.ts'

describe('a number over several trunks', () => {
  const refusing = (peer: ReturnType<Awaited<ReturnType<typeof createTestEngine>>['peer']>, status: number) => {
    peer.onMessage = (message) => {
      if (message.method === 'INVITE') peer.respond(message, status, 'No', { toTag: 'a' })
    }
    return peer
  }

  for (const [status, cause, isFinal] of [
    [503, 'congestion', false],
    [500, 'congestion', false],
    [302, 'carrier-refused', false],
    [401, 'carrier-refused', false],
    [402, 'carrier-refused', false],
    [403, 'carrier-refused', false],
    [404, 'invalid-number', false],
    [433, 'carrier-refused', false],
    [484, 'invalid-number', false],
    [488, 'media-failed', false],
    [480, 'no-answer', true],
    [486, 'busy', true],
    [600, 'busy', true],
    [603, 'rejected', true],
    [604, 'invalid-number', true],
    [606, 'media-failed', true],
    [607, 'rejected', true],
    [608, 'rejected', true],
  ] as const) {
    test(`${status} of the first trunk is ${isFinal ? 'final' : 'no reason to give up'}`, async () => {
      const { clock, dial, peer, assertClean } = await createTestEngine()
      refusing(peer(7001), status)
      const second = refusing(peer(7002), 600)
      const leg = dial({ destination: trunkDestination(testTrunk(7001), testTrunk(7002)) })
      await clock.advance(100)
      assert.equal(second.all('INVITE').length, isFinal ? 0 : 1)
      assert.equal(leg.end?.cause, isFinal ? cause : 'busy')
      assert.equal(leg.end?.sipStatus, isFinal ? status : 600)
      const told = attemptsOf(leg.events).map(({ trunk, sipStatus, cause: end }) => [trunk, sipStatus, end])
      assert.deepEqual(told, [['trunk-7001', status, cause], ...(isFinal ? [] : [['trunk-7002', 600, 'busy']])])
      await assertClean()
    })
  }

  test('what all of them said decides, not what the last one did', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine()
    refusing(peer(7001), 403)
    refusing(peer(7002), 503)
    const leg = dial({ destination: trunkDestination(testTrunk(7001), testTrunk(7002)) })
    await clock.advance(100)
    assert.deepEqual(leg.end, { type: 'ended', cause: 'carrier-refused', sipStatus: 403 })
    await assertClean()
  })

  test('each failed attempt is one line of the log at warn; one that was cancelled is none', async () => {
    const lines: LogFields[] = []
    const log = { ...silentLog, warn: (fields: LogFields) => void lines.push(fields) }
    const { clock, dial, peer, assertClean } = await createTestEngine([], { log })
    const first = peer(7001)
    const headers = ['Warning: 399 carrier "Caller Origination Number is Invalid"']
    first.onMessage = (message) => {
      if (message.method === 'INVITE') first.respond(message, 403, 'Forbidden', { toTag: 'a', headers })
    }
    ringing(peer(7002))
    const leg = dial({ destination: trunkDestination(testTrunk(7001), testTrunk(7002)) })
    await clock.advance(100)
    leg.handle.hangup('cancelled')
    await clock.advance(100)
    assert.deepEqual(lines, [
      {
        callId: 'call-1',
        leg: 'first',
        trunk: 'trunk-7001',
        to: 'sip:0412345678@127.0.0.1:7001',
        sipStatus: 403,
        reason: 'Forbidden (Caller Origination Number is Invalid)',
        cause: 'carrier-refused',
      },
    ])
    assert.deepEqual(
      attemptsOf(leg.events).map(({ cause }) => cause),
      ['carrier-refused', 'cancelled'],
    )
    await assertClean()
  })

  test('a silent trunk is left for the next after 4 s; its late answer is confirmed and hung up', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine()
    const slow = peer(7001)
    slow.onMessage = (message) => {
      if (message.method === 'BYE') slow.respond(message, 200, 'OK')
    }
    const next = ringing(peer(7002))
    const leg = dial({ destination: trunkDestination(testTrunk(7001), testTrunk(7002)) })
    await clock.advance(3900)
    assert.deepEqual(next.heard, [])
    await clock.advance(200)
    assert.deepEqual(leg.story, ['ringing'])
    answer(next)
    await clock.advance(100)
    answer(slow)
    await clock.advance(100)
    assert.deepEqual(slow.heard.slice(-2), ['ACK', 'BYE'])
    assert.deepEqual(leg.story, ['ringing', 'answered'])
    leg.handle.hangup('completed')
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:completed'])
    await assertClean()
  })

  test('a silent trunk that rings after all is cancelled', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine()
    const slow = peer(7001)
    const next = ringing(peer(7002))
    const leg = dial({ destination: trunkDestination(testTrunk(7001), testTrunk(7002)) })
    await clock.advance(4500)
    assert.deepEqual(next.heard, ['INVITE'])
    const invite = slow.last('INVITE')
    ringing(slow)
    slow.respond(invite, 180, 'Ringing', { toTag: 'tag-7001' })
    await clock.advance(100)
    assert.deepEqual(slow.heard.slice(-2), ['CANCEL', 'ACK'])
    answer(next)
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'answered'])
    leg.handle.hangup('completed')
    await assertClean()
  })

  test('a trunk that has said 100 Trying is not silent', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine()
    const trying = peer(7001)
    trying.onMessage = (message) => {
      if (message.method === 'INVITE') trying.respond(message, 100, 'Trying')
      if (message.method === 'CANCEL') {
        trying.respond(message, 200, 'OK')
        trying.respond(trying.last('INVITE'), 487, 'Request Terminated', { toTag: 'a' })
      }
    }
    const next = peer(7002)
    const leg = dial({ destination: trunkDestination(testTrunk(7001), testTrunk(7002)), ringSeconds: 10 })
    await clock.advance(9900)
    assert.deepEqual(next.heard, [])
    await clock.advance(200)
    assert.deepEqual(leg.story, ['ended:no-answer'])
    await assertClean()
  })

  test('the last trunk has the whole ring time, then its silence is congestion', async () => {
    const { clock, dial, assertClean } = await createTestEngine()
    const leg = dial({ destination: trunkDestination(testTrunk(7001), testTrunk(7002)), ringSeconds: 15 })
    await clock.advance(14_900)
    assert.deepEqual(leg.story, [])
    await clock.advance(200)
    assert.deepEqual(leg.story, ['ended:congestion'])
    await assertClean()
  })
})

describe('carriers in trouble', () => {
  const trunks = trunkDestination(testTrunk(7001), testTrunk(7002))
  const busy = (peer: ReturnType<Awaited<ReturnType<typeof createTestEngine>>['peer']>) => {
    peer.onMessage = (message) => {
      if (message.method === 'INVITE') peer.respond(message, 486, 'Busy Here', { toTag: 'a' })
      if (message.method === 'OPTIONS') peer.respond(message, 404, 'Not Found', { toTag: 'a' })
    }
    return peer
  }

  test('one that was silent costs the next call nothing; when it is back it has its turn again', async () => {
    const { clock, engine, dial, peer, assertClean } = await createTestEngine([], { isTrunk: () => true })
    const second = busy(peer(7002))
    const ends: number[] = []
    const call = async () => {
      const begun = clock.now()
      const leg = dial({ destination: trunks })
      for (let waited = 0; leg.end === undefined && waited < 10_000; waited += 10) await clock.advance(10)
      assert.equal(leg.end?.cause, 'busy')
      ends.push(Math.round((clock.now() - begun) / 1000))
    }
    await call()
    assert.equal(engine.isTrunkDown('trunk-7001'), true)
    await call()
    await call()
    assert.deepEqual(ends, [4, 0, 0])
    // It is asked by OPTIONS, and any response will do.
    const first = busy(peer(7001))
    await clock.advance(40_000)
    assert.equal(engine.isTrunkDown('trunk-7001'), false)
    const before = second.all('INVITE').length
    await call()
    assert.ok(first.heard.includes('OPTIONS') && first.heard.includes('INVITE'))
    assert.equal(second.all('INVITE').length, before)
    await assertClean()
  })

  test('a lone one that is down is tried all the same, but not waited for as long as it may ring', async () => {
    const { clock, engine, dial, assertClean } = await createTestEngine([], { isTrunk: () => true })
    const lone = trunkDestination(testTrunk(7001))
    const ended = async (milliseconds: number, destination = lone) => {
      const leg = dial({ destination, ringSeconds: 15 })
      await clock.advance(milliseconds - 100)
      assert.deepEqual(leg.story, [])
      await clock.advance(200)
      assert.deepEqual(leg.story, ['ended:congestion'])
      assert.deepEqual(attemptsOf(leg.events).length, 1)
    }
    await ended(15_000)
    await ended(4000)
    // Nobody asks any more whether it is back.
    void engine.close()
    await assertClean()
  })

  test('a closed port ends the attempt at once, and the next call does not try it first', async () => {
    const { clock, network, engine, dial, peer, assertClean } = await createTestEngine([], { isTrunk: () => true })
    network.closePort({ host: '127.0.0.1', port: 7001 })
    busy(peer(7002))
    const leg = dial({ destination: trunks })
    await clock.advance(150)
    assert.equal(leg.end?.cause, 'busy')
    assert.match(attemptsOf(leg.events)[0]?.reason ?? '', /nobody listens at 127\.0\.0\.1:7001/)
    assert.equal(engine.isTrunkDown('trunk-7001'), true)
    const next = dial({ destination: trunks })
    await clock.advance(50)
    assert.deepEqual(
      attemptsOf(next.events).map(({ trunk }) => trunk),
      ['trunk-7002'],
    )
    void engine.close()
    await assertClean()
  })

  test('a port that is closed to the question, but whose carrier answers, is no fault', async () => {
    const { clock, network, dial, peer, assertClean } = await createTestEngine()
    network.closePort({ host: '127.0.0.1', port: 7001 })
    const carrier = ringing(peer(7001))
    const leg = dial({ destination: trunkDestination(testTrunk(7001)) })
    await clock.advance(1000)
    answer(carrier)
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'answered'])
    leg.handle.hangup('completed')
    await assertClean()
  })

  test('a 503 with Retry-After is left alone for so long, and told so', async () => {
    const { clock, engine, dial, peer, assertClean } = await createTestEngine([], { isTrunk: () => true })
    const tired = peer(7001)
    tired.onMessage = (message) => {
      if (message.method === 'INVITE') {
        tired.respond(message, 503, 'Busy', { toTag: 'a', headers: ['Retry-After: 30 (maintenance)'] })
      }
    }
    busy(peer(7002))
    const first = dial({ destination: trunks })
    await clock.advance(100)
    assert.equal(first.end?.cause, 'busy')
    const second = dial({ destination: trunks })
    const lone = dial({ destination: trunkDestination(testTrunk(7001)) })
    await clock.advance(100)
    assert.equal(tired.all('INVITE').length, 1)
    assert.equal(second.end?.cause, 'busy')
    assert.deepEqual(lone.story, ['ended:congestion'])
    assert.match(attemptsOf(lone.events)[0]?.reason ?? '', /^not dialled: .* until 2026-01-01T00:00:30/)
    await clock.advance(30_000)
    dial({ destination: trunkDestination(testTrunk(7001)) })
    await clock.advance(100)
    assert.equal(tired.all('INVITE').length, 2)
    void engine.close()
    await assertClean()
  })

  test('a 503 without one is not remembered: another call may find room', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine()
    const full = peer(7001)
    full.onMessage = (message) => {
      if (message.method === 'INVITE') full.respond(message, 503, 'Full', { toTag: 'a' })
    }
    for (let calls = 0; calls < 2; calls++) dial({ destination: trunkDestination(testTrunk(7001)) })
    await clock.advance(100)
    assert.equal(full.all('INVITE').length, 2)
    await assertClean()
  })
})
