import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  answer,
  attemptsOf,
  createTestEngine,
  lineDestination,
  ringing,
  testDescription,
  testTrunk,
  trunkDestination,
  within,
} from '../../../test/support/test-engine.ts'
import { type LogFields, silentLog } from '../../log.ts'
import { noStatistics } from '../../media/endpoint-statistics.ts'

const twoPhones = [
  { line: '101', port: 6001 },
  { line: '101', port: 6002 },
] as const
const threePhones = [...twoPhones, { line: '101', port: 6003 }] as const

describe('a line with several phones', () => {
  test('all ring at once; the first to answer has the call, the others are told where it went', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(threePhones)
    const [desk, soft, late] = [ringing(peer(6001)), ringing(peer(6002)), ringing(peer(6003))]
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    answer(soft)
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'answered'])
    assert.deepEqual(soft.heard, ['INVITE', 'ACK'])
    for (const other of [desk, late]) {
      assert.deepEqual(other.heard, ['INVITE', 'CANCEL', 'ACK'])
      assert.match(other.last('CANCEL').header('Reason'), /cause=200;text="Call completed elsewhere"/)
    }
    within(soft, 'BYE', 1)
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:completed'])
    await assertClean()
  })

  test('busy is told two seconds after the call at the latest, though another phone of the line is switched off', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(twoPhones)
    const desk = peer(6001)
    desk.onMessage = (message) => {
      if (message.method === 'INVITE') desk.respond(message, 486, 'Busy Here', { toTag: 'desk' })
    }
    const off = peer(6002)
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(1900)
    assert.ok(!leg.story.includes('ended:busy'), 'the other phone may be slow')
    await clock.advance(200)
    assert.equal(leg.end?.cause, 'busy')
    assert.ok(off.heard.every((method) => method === 'INVITE'))
    await assertClean()
  })

  test('a phone that rings is waited for, whatever another one of the line said', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(twoPhones)
    const desk = peer(6001)
    desk.onMessage = (message) => {
      if (message.method === 'INVITE') desk.respond(message, 486, 'Busy Here', { toTag: 'desk' })
    }
    const soft = ringing(peer(6002))
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(10_000)
    assert.equal(leg.end, undefined)
    answer(soft)
    await clock.advance(100)
    assert.ok(leg.story.includes('answered'))
    leg.handle.hangup('completed')
    await assertClean()
  })

  test('a phone that was switched off is unreachable: found out, left out of calls, and back when it answers', async () => {
    const { clock, dial, peer, engine } = await createTestEngine(twoPhones, { qualifySeconds: 60 })
    const [desk, soft] = [peer(6001), peer(6002)]
    let isOn = true
    for (const phone of [desk, soft]) {
      phone.onMessage = (message) => {
        if (phone === soft && !isOn) return
        if (message.method === 'OPTIONS') phone.respond(message, 200, 'OK', { toTag: 'o' })
        if (message.method === 'INVITE') phone.respond(message, 486, 'Busy Here', { toTag: 'b' })
      }
    }
    const line = { account: 'acme', number: '101' }
    const reachable = () => engine.contacts(line).filter(({ reachable }) => reachable).length
    await clock.advance(40_000)
    assert.match(desk.last('OPTIONS').firstLine, /^OPTIONS sip:101@127\.0\.0\.1:6001 SIP/)
    isOn = false
    await clock.advance(70_000)
    assert.deepEqual([engine.contacts(line).length, reachable()], [2, 1])
    assert.deepEqual(engine.presence(line), { reachable: true, contacts: 2 })
    const invites = soft.all('INVITE').length
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    assert.equal(leg.end?.cause, 'busy', 'at once')
    assert.equal(soft.all('INVITE').length, invites)
    isOn = true
    await clock.advance(30_000)
    assert.equal(reachable(), 2)
    await engine.close()
  })

  test('where the only phone is off nobody is reachable, and a call that finds it out asks it at once', async () => {
    const { clock, dial, peer, engine } = await createTestEngine([{ line: '101', port: 6001 }], {
      qualifySeconds: 3600,
    })
    const desk = peer(6001)
    desk.onMessage = (message) => {
      if (message.method === 'OPTIONS') desk.respond(message, 200, 'OK', { toTag: 'o' })
    }
    await clock.advance(40_000)
    desk.onMessage = undefined
    const line = { account: 'acme', number: '101' }
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(8100)
    assert.equal(leg.end?.cause, 'unavailable')
    assert.equal(engine.presence(line).reachable, true)
    await clock.advance(6000)
    assert.deepEqual(engine.presence(line), { reachable: false, contacts: 1 })
    const next = dial({ callId: 'call-2', destination: lineDestination('101') })
    await clock.advance(10)
    assert.equal(next.end?.cause, 'unavailable')
    await engine.close()
  })

  test('a 200 of another phone that crosses its CANCEL is confirmed and hung up', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(twoPhones)
    const [desk, soft] = [ringing(peer(6001)), ringing(peer(6002))]
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    answer(desk)
    answer(soft)
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'answered'])
    assert.deepEqual(soft.heard.slice(-2), ['ACK', 'BYE'])
    leg.handle.hangup('completed')
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:completed'])
    await assertClean()
  })

  test('a phone that hangs up before its answer is written down is confirmed all the same, and repeats it no longer', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine([{ line: '101', port: 6001 }])
    const phone = ringing(peer(6001))
    const journal = (moment: string) =>
      new Promise<void>((resolve) => clock.setTimeout(resolve, moment === 'answered' ? 200 : 0))
    const leg = dial({ destination: lineDestination('101'), journal })
    await clock.advance(100)
    answer(phone)
    await clock.advance(50)
    within(phone, 'BYE', 1)
    await clock.advance(500)
    assert.deepEqual(phone.heard, ['INVITE', '200', 'ACK'])
    answer(phone)
    await clock.advance(10)
    assert.deepEqual(phone.heard, ['INVITE', '200', 'ACK', 'ACK'])
    assert.deepEqual(leg.story, ['ringing', 'ended:completed'])
    await assertClean()
  })

  test('a dead phone does not hold back the end of a call that another phone answered', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(twoPhones)
    const desk = ringing(peer(6001))
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    answer(desk)
    await clock.advance(1000)
    within(desk, 'BYE', 1)
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:completed'])
    await assertClean()
  })

  test('nor the end of a cancelled one; if it comes to life it is stopped, or confirmed and hung up', async () => {
    const { clock, network, dial, peer, assertClean } = await createTestEngine(twoPhones)
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    leg.handle.hangup('cancelled')
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ended:cancelled'])
    assert.ok(!network.summary().some((line) => line.endsWith('CANCEL')), 'RFC 3261 section 9.1: nothing to cancel yet')
    // The repetition at 0.5 s finds one ringing and the other in somebody's hand.
    const late = ringing(peer(6001))
    const picked = peer(6002)
    picked.onMessage = (message) => {
      if (message.method === 'INVITE') answer(picked)
      if (message.method === 'BYE') picked.respond(message, 200, 'OK')
    }
    await clock.advance(1000)
    assert.deepEqual(late.heard, ['INVITE', 'CANCEL', 'ACK'])
    assert.deepEqual(picked.heard, ['INVITE', 'ACK', 'BYE'])
    await assertClean()
  })

  test('a phone that dies while it rings holds the end back for 4 s, no longer', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(twoPhones)
    const dying = peer(6001)
    dying.onMessage = (message) => {
      if (message.method === 'INVITE') dying.respond(message, 180, 'Ringing', { toTag: 'a' })
    }
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    leg.handle.hangup('cancelled')
    await clock.advance(3900)
    assert.deepEqual(leg.story, ['ringing'])
    await clock.advance(200)
    assert.deepEqual(leg.story, ['ringing', 'ended:cancelled'])
    await assertClean()
  })

  test('a phone in a call is asked every 5 minutes whether it is there; one that is dead is not held', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine([{ line: '101', port: 6001 }])
    const desk = ringing(peer(6001))
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    answer(desk)
    await clock.advance(100)
    const { onMessage } = desk
    desk.onMessage = (message) =>
      message.method === 'OPTIONS' ? desk.respond(message, 200, 'OK') : onMessage?.(message)
    await clock.advance(600_000)
    assert.deepEqual(leg.story, ['ringing', 'answered'])
    assert.equal(desk.heard.filter((method) => method === 'OPTIONS').length, 2)
    desk.onMessage = () => {}
    await clock.advance(340_000)
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:failed'])
    await assertClean()
  })

  test('a phone that nothing can be sent to stays in its call as long as it is heard, and no longer', async () => {
    const { clock, dial, peer, media, assertClean } = await createTestEngine([{ line: '101', port: 6001 }])
    const phone = ringing(peer(6001))
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    // A connection that cannot be made again, as when the phone has lost its power.
    const contact = '<sip:101@127.0.0.2:6001;transport=tcp>'
    phone.respond(phone.last('INVITE'), 200, 'OK', { toTag: 'tag-6001', contact, body: testDescription() })
    await clock.advance(100)
    const [endpoint] = media.endpoints
    assert.ok(endpoint)
    let packetsReceived = 0
    endpoint.statistics = () => Promise.resolve({ ...noStatistics, packetsReceived: packetsReceived++ })
    await clock.advance(1_500_000)
    assert.deepEqual(leg.story, ['ringing', 'answered'])
    endpoint.statistics = () => Promise.resolve({ ...noStatistics, packetsReceived })
    await clock.advance(600_000)
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:failed'])
    await assertClean()
  })

  test('the most telling failure ends the leg, with its own status', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(threePhones)
    for (const [port, status] of [
      [6001, 480],
      [6002, 486],
      [6003, 500],
    ] as const) {
      const phone = peer(port)
      phone.onMessage = (message) => {
        if (message.method === 'INVITE') phone.respond(message, status, 'No', { toTag: 'a' })
      }
    }
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    assert.deepEqual(leg.end, { type: 'ended', cause: 'busy', sipStatus: 486 })
    assert.deepEqual(
      attemptsOf(leg.events).map(({ line, to, sipStatus, reason, cause }) => [line, to, sipStatus, reason, cause]),
      [
        ['101', 'sip:101@127.0.0.1:6001', 480, 'No', 'unavailable'],
        ['101', 'sip:101@127.0.0.1:6002', 486, 'No', 'busy'],
        ['101', 'sip:101@127.0.0.1:6003', 500, 'No', 'failed'],
      ],
    )
    await assertClean()
  })

  test('an answered leg does not end with the status of a phone that failed', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(twoPhones)
    const busy = peer(6001)
    busy.onMessage = (message) => {
      if (message.method === 'INVITE') busy.respond(message, 486, 'Busy Here', { toTag: 'a' })
    }
    const desk = ringing(peer(6002))
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    answer(desk)
    await clock.advance(100)
    within(desk, 'BYE', 1)
    await clock.advance(100)
    assert.equal(leg.end?.cause, 'completed')
    assert.equal(leg.end?.sipStatus, undefined)
    assert.equal(leg.end?.media?.packetsReceived, 7)
    await assertClean()
  })

  test("one person's rejection speaks for the line: the other phones stop ringing", async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(twoPhones)
    const [desk, soft] = [ringing(peer(6001)), ringing(peer(6002))]
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    desk.respond(desk.last('INVITE'), 603, 'Decline', { toTag: 'tag-6001' })
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'ended:rejected'])
    assert.equal(leg.end?.sipStatus, 603)
    assert.deepEqual(soft.heard, ['INVITE', 'CANCEL', 'ACK'])
    await assertClean()
  })

  test('a ring that nobody answers ends as no-answer, a silence as unavailable', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine([...twoPhones, { line: '102', port: 6009 }])
    const desk = ringing(peer(6001))
    const rung = dial({ destination: lineDestination('101'), ringSeconds: 20 })
    const silent = dial({ destination: lineDestination('102'), ringSeconds: 20 })
    await clock.advance(7900)
    assert.deepEqual(silent.story, [])
    // Whoever is there says so; the caller does not hear ringback from an empty room.
    await clock.advance(200)
    assert.deepEqual(silent.story, ['ended:unavailable'])
    await clock.advance(11_800)
    assert.deepEqual(rung.story, ['ringing'])
    await clock.advance(200)
    assert.deepEqual(rung.story, ['ringing', 'ended:no-answer'])
    assert.deepEqual(silent.story, ['ended:unavailable'])
    assert.equal(desk.last('CANCEL').header('Reason'), 'Q.850;cause=19')
    await assertClean()
  })
})

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
    const { clock, network, engine, dial, peer, assertClean } = await createTestEngine()
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
    const { clock, dial, peer, assertClean } = await createTestEngine()
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
