import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  answer,
  createTestEngine,
  lineDestination,
  ringing,
  testTrunk,
  trunkDestination,
  within,
} from '../../../test/support/test-engine.ts'
import type { LegRecovery } from '../../call/call-event.ts'

const twoPhones = [
  { line: '101', port: 6001 },
  { line: '101', port: 6002 },
] as const

/** A journal whose writes end when the test says so. */
const slowJournal = (slow: 'dialled' | 'answered') => {
  const written = Promise.withResolvers<void>()
  const journal = (moment: string): Promise<void> => (moment === slow ? written.promise : Promise.resolve())
  return { journal, written }
}

describe('nothing is on the wire that the log does not hold', () => {
  test('no INVITE before `dialled` is written', async () => {
    const { clock, network, dial, assertClean } = await createTestEngine(twoPhones)
    const { journal, written } = slowJournal('dialled')
    const leg = dial({ destination: lineDestination('101'), journal })
    await clock.advance(5000)
    assert.deepEqual(network.sent, [])
    written.resolve()
    await clock.advance(1)
    assert.deepEqual(network.summary(), ['5060>6001 INVITE', '5060>6002 INVITE'])
    leg.handle.hangup('cancelled')
    await assertClean()
  })

  test('no ACK before `answered` is', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(twoPhones.slice(0, 1))
    const { journal, written } = slowJournal('answered')
    const desk = ringing(peer(6001))
    const leg = dial({ destination: lineDestination('101'), journal })
    await clock.advance(100)
    answer(desk)
    await clock.advance(2000)
    assert.deepEqual(desk.heard, ['INVITE'])
    assert.deepEqual(leg.story, ['ringing'])
    written.resolve()
    await clock.advance(10)
    assert.deepEqual(desk.heard, ['INVITE', 'ACK'])
    assert.deepEqual(leg.story, ['ringing', 'answered'])
    leg.handle.hangup('completed')
    await assertClean()
  })

  test('a leg that cannot be written down is not dialled', async () => {
    const { clock, network, dial, assertClean } = await createTestEngine(twoPhones)
    const leg = dial({ destination: lineDestination('101'), journal: () => Promise.reject(new Error('disk full')) })
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ended:failed'])
    assert.deepEqual(network.sent, [])
    await assertClean()
  })

  test('an answer that cannot be written down is confirmed and hung up', async () => {
    const { clock, dial, peer, assertClean } = await createTestEngine(twoPhones.slice(0, 1))
    const desk = ringing(peer(6001))
    const leg = dial({
      destination: lineDestination('101'),
      journal: (moment) => (moment === 'answered' ? Promise.reject(new Error('disk full')) : Promise.resolve()),
    })
    await clock.advance(100)
    answer(desk)
    await clock.advance(100)
    assert.deepEqual(desk.heard, ['INVITE', 'ACK', 'BYE'])
    assert.deepEqual(leg.story, ['ringing', 'ended:failed'])
    await assertClean()
  })
})

describe('the end does not overtake what is being written', () => {
  test('hung up while `dialled` is written: nobody is rung, `ended` comes after', async () => {
    const { clock, network, dial, assertClean } = await createTestEngine(twoPhones)
    const { journal, written } = slowJournal('dialled')
    const leg = dial({ destination: lineDestination('101'), journal })
    await clock.advance(10)
    leg.handle.hangup('cancelled')
    await clock.advance(10_000)
    assert.deepEqual(leg.story, [])
    written.resolve()
    await clock.advance(10)
    assert.deepEqual(leg.story, ['ended:cancelled'])
    assert.deepEqual(network.sent, [])
    await assertClean()
  })

  for (const [who, hangUp] of [
    ['us', undefined],
    ['the phone', 1],
  ] as const) {
    test(`hung up by ${who} while \`answered\` is written`, async () => {
      const { clock, dial, peer, assertClean } = await createTestEngine(twoPhones.slice(0, 1))
      const { journal, written } = slowJournal('answered')
      const desk = ringing(peer(6001))
      const leg = dial({ destination: lineDestination('101'), journal })
      await clock.advance(100)
      answer(desk)
      await clock.advance(100)
      if (hangUp === undefined) leg.handle.hangup('cancelled')
      else within(desk, 'BYE', hangUp)
      await clock.advance(3000)
      assert.deepEqual(leg.story, ['ringing'])
      written.resolve()
      await clock.advance(100)
      assert.deepEqual(leg.story, ['ringing', hangUp === undefined ? 'ended:cancelled' : 'ended:completed'])
      await assertClean()
    })
  }

  test('hung up before anything was written, and before a port was had', async () => {
    const { clock, network, dial, assertClean } = await createTestEngine(twoPhones)
    const leg = dial({ destination: lineDestination('101') })
    leg.handle.hangup('cancelled')
    leg.handle.hangup('failed')
    assert.deepEqual(leg.story, [], 'events come after the call that causes them')
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ended:cancelled'])
    assert.deepEqual(leg.journal, [])
    assert.deepEqual(network.sent, [])
    await assertClean()
  })
})

describe('a restart ends what the log holds', () => {
  /** The process dies: it sends no more, and hears nothing; another one starts on the same port with the newest record. */
  const dieAndRecover = async (
    engine: Awaited<ReturnType<typeof createTestEngine>>,
    recovery: LegRecovery | undefined,
  ): Promise<void> => {
    assert.ok(recovery !== undefined)
    const { clock, network, start } = engine
    network.faults = () => []
    await engine.engine.close().catch(() => undefined)
    network.faults = () => [1]
    const next = await start(5060, 2)
    let isDone = false
    void next.recover([recovery]).then(() => {
      isDone = true
    })
    await clock.advance(1500)
    assert.ok(isDone)
  }
  const crash = async (engine: Awaited<ReturnType<typeof createTestEngine>>, recovery: LegRecovery | undefined) => {
    const { clock } = engine
    let isOver = false
    const over = dieAndRecover(engine, recovery).finally(() => {
      isOver = true
    })
    // Its own patience passes in virtual time.
    while (!isOver) await clock.advance(20)
    await over
  }

  test('ringing: every phone is cancelled', async () => {
    const engine = await createTestEngine(twoPhones)
    const phones = [ringing(engine.peer(6001)), ringing(engine.peer(6002))]
    const leg = engine.dial({ destination: lineDestination('101') })
    await engine.clock.advance(100)
    await crash(engine, leg.journal.at(-1)?.recovery)
    for (const phone of phones) assert.ok(phone.heard.includes('CANCEL'), phone.heard.join())
  })

  test('just answered: the one who answered is hung up, and the others, who were being told, are cancelled', async () => {
    const engine = await createTestEngine(twoPhones)
    const [desk, soft] = [ringing(engine.peer(6001)), ringing(engine.peer(6002))]
    const leg = engine.dial({ destination: lineDestination('101') })
    await engine.clock.advance(100)
    // The CANCEL to the other is lost, and so is the ACK.
    engine.network.faults = (_datagram, from) => (from.port === 5060 ? [] : [1])
    answer(desk)
    await engine.clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'answered'])
    assert.deepEqual(soft.heard, ['INVITE'])
    await crash(engine, leg.journal.at(-1)?.recovery)
    assert.ok(desk.heard.includes('ACK') && desk.heard.includes('BYE'), desk.heard.join())
    assert.ok(soft.heard.includes('CANCEL'), soft.heard.join())
  })

  test('a trunk that was left for its silence stays in doubt when the next is dialled, and when that answers', async () => {
    const { clock, dial, peer } = await createTestEngine()
    const next = ringing(peer(7002))
    const leg = dial({ destination: trunkDestination(testTrunk(7001), testTrunk(7002)) })
    await clock.advance(4100)
    answer(next)
    await clock.advance(100)
    const trunks = leg.journal.map(({ recovery }) => {
      const data = recovery.data as { invites: { trunk: string }[]; answered?: { trunk: string } }
      return [...data.invites.map(({ trunk }) => trunk), ...(data.answered === undefined ? [] : [data.answered.trunk])]
    })
    assert.deepEqual(trunks, [['trunk-7001'], ['trunk-7001', 'trunk-7002'], ['trunk-7001', 'trunk-7002']])
  })

  test('over a trunk that challenges the BYE: the secret is looked up by name, and is not in the record', async () => {
    const credentials = { username: 'acme', password: 's3cret-trunk' }
    const asked: string[] = []
    const engine = await createTestEngine([], {
      trunkCredentials: (name) => {
        asked.push(name)
        return credentials
      },
    })
    const carrier = ringing(engine.peer(7001))
    const leg = engine.dial({ destination: trunkDestination(testTrunk(7001, credentials)) })
    await engine.clock.advance(100)
    answer(carrier)
    await engine.clock.advance(100)
    carrier.onMessage = (message) => {
      if (message.method !== 'BYE') return
      if (message.header('Authorization') !== '') return carrier.respond(message, 200, 'OK')
      const challenge = 'WWW-Authenticate: Digest realm="carrier", nonce="n", algorithm=MD5'
      carrier.respond(message, 401, 'Unauthorized', { headers: [challenge] })
    }
    const recovery = leg.journal.at(-1)?.recovery
    assert.doesNotMatch(JSON.stringify(leg.journal), /s3cret/)
    await crash(engine, recovery)
    assert.match(carrier.last('BYE').header('Authorization'), /^Digest username="acme"/)
    assert.deepEqual(asked, ['trunk-7001'])
  })

  test("another driver's legs are left alone", async () => {
    const { engine, network, clock } = await createTestEngine()
    await engine.recover([{ driver: 'asterisk', data: { channel: 'PJSIP/101-1' } }])
    await clock.advance(100)
    assert.deepEqual(network.sent, [])
  })
})
