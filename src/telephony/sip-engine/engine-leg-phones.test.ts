import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  answer,
  attemptsOf,
  createTestEngine,
  lineDestination,
  ringing,
  testDescription,
  within,
} from '../../../test/support/test-engine.ts'
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
