import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { join, talk, twoPhones, upright, versionOf } from '../../../test/support/talking-legs.ts'
import {
  answer,
  createTestEngine,
  lineDestination,
  ringing,
  testDescription,
  within,
} from '../../../test/support/test-engine.ts'

const attribute = (body: string, name: string) => new RegExp(`^a=${name}\\r?$`, 'm').test(body)
describe('hold (RFC 3264 section 8.4, RFC 3261 section 14)', () => {
  for (const method of ['INVITE', 'UPDATE'] as const) {
    for (const [offered, answered] of [
      ['sendonly', 'recvonly'],
      ['inactive', 'inactive'],
      ['recvonly', 'sendonly'],
      ['sendrecv', 'sendrecv'],
    ] as const) {
      test(`${method} with ${offered} is answered ${answered}, from either phone`, async () => {
        const { alice, bob, offer, lastRemote, end, one, other } = await talk()
        for (const [phone, port] of [
          [alice, 30_002],
          [bob, 30_004],
        ] as const) {
          const response = await offer(phone, method, 1, testDescription(41_000, '8 101', [`a=${offered}`]))
          assert.equal(response.status, 200)
          assert.ok(answered === 'sendrecv' || attribute(response.body, answered), response.body)
          assert.equal(lastRemote(port)?.direction, offered)
          assert.equal(versionOf(response.body), 2)
        }
        // Who only sends, or neither, holds.
        const isHold = offered === 'sendonly' || offered === 'inactive'
        const story = isHold ? [...upright, 'held'] : upright
        assert.deepEqual([one.story, other.story], [story, story])
        await end()
      })
    }
  }

  test('and resume: the session is as it was, each description with the next version', async () => {
    const { alice, offer, lastRemote, end } = await talk()
    await offer(alice, 'INVITE', 1, testDescription(41_000, '8 101', ['a=sendonly']))
    const response = await offer(alice, 'INVITE', 2, testDescription(41_000, '8 101'))
    assert.equal(lastRemote(30_002)?.direction, 'sendrecv')
    assert.equal(versionOf(response.body), 3)
    await end()
  })

  test('hold the way of RFC 2543, by c=0.0.0.0', async () => {
    const { alice, offer, lastRemote, end } = await talk()
    const body = testDescription(41_000, '8 101').replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0')
    assert.equal((await offer(alice, 'INVITE', 1, body)).status, 200)
    assert.equal(lastRemote(30_002)?.remote.host, '0.0.0.0')
    await end()
  })

  test('a re-INVITE without SDP gets our offer; the answer comes in its ACK', async () => {
    const { alice, offer, lastRemote, end } = await talk()
    const response = await offer(alice, 'INVITE', 1, '')
    assert.match(response.body, /^m=audio 30002 RTP\/AVP 8 /m)
    assert.equal(lastRemote(30_002)?.remote.port, 43_000)
    await end()
  })

  test('a phone that moves is followed', async () => {
    const { bob, offer, lastRemote, end } = await talk()
    await offer(bob, 'INVITE', 1, testDescription(45_000, '8'))
    assert.equal(lastRemote(30_004)?.remote.port, 45_000)
    await end()
  })
})

describe('a new offer and the other leg', () => {
  test("what is spoken stays, whatever the phone's own order: the other leg would not hear G.722", async () => {
    const { alice, offer, lastRemote, end } = await talk('8 0 9', '8')
    const response = await offer(alice, 'INVITE', 1, testDescription(41_000, '9 8 0'))
    assert.match(response.body, /^m=audio 30002 RTP\/AVP 8/m)
    assert.equal(lastRemote(30_002)?.codec, 'PCMA')
    await end()
  })

  test('and where the other leg could hear it as well: nobody has to change in the middle of a call', async () => {
    const { alice, offer, lastRemote, end } = await talk('8 9', '8 9')
    await offer(alice, 'INVITE', 1, testDescription(41_000, '9 8'))
    assert.equal(lastRemote(30_002)?.codec, 'PCMA')
    await end()
  })

  test('one of another codec alone is taken: the relay converts', async () => {
    const { alice, offer, lastRemote, end } = await talk('8 0', '8')
    assert.equal((await offer(alice, 'INVITE', 1, testDescription(41_000, '9'))).status, 200)
    assert.equal(lastRemote(30_002)?.codec, 'G722')
    await end()
  })

  test('one of nothing that the other leg can hear is refused, and the call goes on as it was', async () => {
    const { alice, offer, lastRemote, end, one } = await talk('8 0 9', '8')
    const response = await offer(alice, 'INVITE', 1, testDescription(41_000, '18'))
    assert.equal(response.status, 488)
    assert.equal(lastRemote(30_002)?.codec, 'PCMA')
    assert.equal(one.end, undefined)
    const next = await offer(alice, 'INVITE', 2, testDescription(41_000, '8'))
    assert.equal(versionOf(next.body), 2, 'a refused offer takes no version')
    await end()
  })

  test('G.711 of the other law is taken: it can be converted', async () => {
    const { alice, offer, lastRemote, end } = await talk('8 0', '8')
    assert.equal((await offer(alice, 'UPDATE', 1, testDescription(41_000, '0'))).status, 200)
    assert.equal(lastRemote(30_002)?.codec, 'PCMU')
    await end()
  })

  for (const body of ['v=0\r\n', 'no description at all', '\0\0\0']) {
    test(`${JSON.stringify(body)} is refused`, async () => {
      const { alice, offer, end } = await talk()
      assert.equal((await offer(alice, 'INVITE', 1, body)).status, 488)
      await end()
    })
  }
})

describe('glare and races', () => {
  test('RFC 3261 section 14.2: an offer before our ACK gets 491, and is taken when it comes again', async () => {
    const engine = await createTestEngine(twoPhones)
    const alice = ringing(engine.peer(6001))
    const written = Promise.withResolvers<void>()
    const journal = (moment: string) => (moment === 'answered' ? written.promise : Promise.resolve())
    const leg = engine.dial({ destination: lineDestination('101'), journal })
    await engine.clock.advance(10)
    answer(alice)
    await engine.clock.advance(10)
    within(alice, 'INVITE', 1, testDescription(41_000, '8', ['a=sendonly']))
    await engine.clock.advance(10)
    assert.equal(alice.received.at(-1)?.status, 491)
    within(alice, 'ACK', 1)
    written.resolve()
    await engine.clock.advance(10)
    within(alice, 'INVITE', 2, testDescription(41_000, '8', ['a=sendonly']))
    await engine.clock.advance(10)
    assert.equal(alice.received.at(-1)?.status, 200)
    within(alice, 'ACK', 2)
    leg.handle.hangup('completed')
    await engine.assertClean()
    assert.deepEqual(leg.story, ['ringing', 'answered', 'held', 'ended:completed'])
  })

  test('an offer that crosses our BYE gets 481', async () => {
    const { alice, clock, one, end } = await talk()
    one.handle.hangup('completed')
    within(alice, 'INVITE', 1, testDescription(41_000, '8'))
    await clock.advance(10)
    assert.ok(alice.received.some(({ status }) => status === 481))
    within(alice, 'ACK', 1)
    await end()
  })

  test('hung up between our answer and its ACK: the leg ends, the BYE follows the ACK', async () => {
    const { alice, clock, one, end } = await talk()
    within(alice, 'INVITE', 1, testDescription(41_000, '8', ['a=sendonly']))
    await clock.advance(10)
    one.handle.hangup('completed')
    await clock.advance(10)
    assert.equal(one.end?.cause, 'completed')
    assert.ok(!alice.heard.includes('BYE'), 'RFC 3261 section 15: not before the ACK')
    within(alice, 'ACK', 1)
    await clock.advance(10)
    assert.ok(alice.heard.includes('BYE'))
    await end()
  })

  test('a leg that has ended cannot be joined', async () => {
    const { one, other, clock, end } = await talk()
    one.handle.hangup('completed')
    assert.deepEqual(await join(one.handle, other.handle), ['stopped', 'stopped'])
    await clock.advance(10)
    await end()
  })
})
