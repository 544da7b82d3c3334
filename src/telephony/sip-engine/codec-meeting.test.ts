import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { answerTo, join, talk, upright, versionOf } from '../../../test/support/talking-legs.ts'
import { answer, ringing, testDescription, testTrunk, trunkDestination } from '../../../test/support/test-engine.ts'

describe('codecs meet', () => {
  const codecsOf = (body: string) => /^m=audio \d+ RTP\/AVP ([\d ]+)/m.exec(body)?.[1]
  /** Each once, however often it was repeated. */
  const reinvites = (phone: ScriptedPeer) =>
    phone
      .all('INVITE')
      .filter((message) => message.tag('To') !== '')
      .filter((message, index, all) => all[index - 1]?.header('CSeq') !== message.header('CSeq'))

  test('the second leg is offered what the first speaks, then all that can be converted', async () => {
    for (const [first, offered] of [
      ['9 8 0 101', '9 8 0 101'],
      ['0 101', '0 8 9 101'],
      ['9', '9 8 0 101'],
    ] as const) {
      const { bob, end } = await talk(first, '8')
      assert.equal(codecsOf(bob.all('INVITE')[0]?.body ?? ''), offered, first)
      await end()
    }
  })

  test('a phone that listed what the carrier speaks is asked to speak it', async () => {
    const { alice, bob, clock, lastRemote, media, end } = await talk('9 8 0 101', '8 101')
    const [reinvite] = reinvites(alice)
    assert.ok(reinvite)
    assert.equal(codecsOf(reinvite.body), '8 101')
    assert.equal(versionOf(reinvite.body), 2)
    assert.ok(
      media.commands.some(({ op }) => op === 'hear'),
      'they are joined all the same',
    )
    assert.equal(lastRemote(30_002)?.codec, 'G722')
    answerTo(alice, reinvite, testDescription(41_000, '8 101'))
    await clock.advance(10)
    assert.equal(lastRemote(30_002)?.codec, 'PCMA')
    assert.equal(alice.last('ACK').header('CSeq'), reinvite.header('CSeq').replace('INVITE', 'ACK'))
    assert.deepEqual(reinvites(bob), [])
    await end()
  })

  test('a carrier that listed what the phone speaks is asked likewise', async () => {
    const { alice, bob, clock, lastRemote, end } = await talk('8', '9 8')
    const [reinvite] = reinvites(bob)
    assert.ok(reinvite)
    assert.equal(codecsOf(reinvite.body), '8 101')
    answerTo(bob, reinvite, testDescription(42_000, '8'))
    await clock.advance(10)
    assert.equal(lastRemote(30_004)?.codec, 'PCMA')
    assert.deepEqual(reinvites(alice), [])
    await end()
  })

  for (const [first, second, why] of [
    ['8 0 101', '8 101', 'they speak the same'],
    ['8', '0', 'a table converts'],
    ['9', '8', 'nothing is in common: the relay converts'],
    ['8', '9', 'nothing is in common: the relay converts'],
    ['9 8', '8 9', 'each hears what the other prefers to speak'],
  ] as const) {
    test(`${first} and ${second}: nobody is asked, for ${why}`, async () => {
      const { alice, bob, clock, end, one, other } = await talk(first, second)
      await clock.advance(5000)
      assert.deepEqual([...reinvites(alice), ...reinvites(bob)], [])
      assert.deepEqual([one.story, other.story], [upright, upright])
      await end()
    })
  }

  for (const status of [403, 488, 500, 606]) {
    test(`a phone that refuses with ${status} is left in peace; the call goes on`, async () => {
      const { alice, clock, lastRemote, end, one } = await talk('9 8', '8')
      const [reinvite] = reinvites(alice)
      assert.ok(reinvite)
      alice.respond(reinvite, status, 'No')
      await clock.advance(10_000)
      assert.equal(reinvites(alice).length, 1)
      assert.equal(lastRemote(30_002)?.codec, 'G722')
      assert.deepEqual(one.story, upright)
      await end()
    })
  }

  test('an answer that cannot be used leaves the session as it was', async () => {
    const { alice, clock, lastRemote, end, one } = await talk('9 8', '8')
    const [reinvite] = reinvites(alice)
    assert.ok(reinvite)
    answerTo(alice, reinvite, testDescription(41_000, '9'))
    await clock.advance(10_000)
    assert.equal(lastRemote(30_002)?.codec, 'G722')
    assert.deepEqual(one.story, upright)
    await end()
  })

  test('RFC 3261 section 14.1: after glare the owner of the Call-ID asks again 2.1 to 4 seconds later, a few times', async () => {
    const { alice, clock, lastRemote, end, one } = await talk('9 8', '8')
    for (let tries = 1; tries <= 3; tries++) {
      assert.equal(reinvites(alice).length, tries)
      alice.respond(alice.last('INVITE'), 491, 'Request Pending')
      await clock.advance(2090)
      assert.equal(reinvites(alice).length, tries, 'not before 2.1 s')
      await clock.advance(1920)
    }
    answerTo(alice, alice.last('INVITE'), testDescription(41_000, '8'))
    await clock.advance(10)
    assert.equal(lastRemote(30_002)?.codec, 'PCMA')
    assert.deepEqual(one.story, upright)
    await end()
  })

  test('glare without end is given up', async () => {
    const { alice, clock, end, one } = await talk('9 8', '8')
    for (let asked = 0; asked < reinvites(alice).length; ) {
      asked = reinvites(alice).length
      alice.respond(alice.last('INVITE'), 491, 'Request Pending')
      await clock.advance(5000)
    }
    assert.equal(reinvites(alice).length, 4)
    assert.deepEqual(one.story, upright)
    await end()
  })

  test('a phone that holds meanwhile is told to wait, and holds then', async () => {
    const { alice, clock, offer, lastRemote, end } = await talk('9 8', '8')
    const [reinvite] = reinvites(alice)
    assert.ok(reinvite)
    const early = await offer(alice, 'UPDATE', 1, testDescription(41_000, '9', ['a=sendonly']))
    assert.equal(early.status, 491)
    answerTo(alice, reinvite, testDescription(41_000, '8'))
    await clock.advance(10)
    const held = await offer(alice, 'UPDATE', 2, testDescription(41_000, '9 8', ['a=sendonly']))
    assert.equal(held.status, 200)
    assert.equal(codecsOf(held.body), '8 9')
    assert.equal(lastRemote(30_002)?.direction, 'sendonly')
    await end()
  })

  test('hung up while the phone thinks about it: one end, nothing is left', async () => {
    const { alice, clock, one, other, assertClean } = await talk('9 8', '8')
    one.handle.hangup('completed')
    other.handle.hangup('completed')
    await clock.advance(10)
    const [reinvite] = reinvites(alice)
    assert.ok(reinvite)
    answerTo(alice, reinvite, testDescription(41_000, '8'))
    await assertClean()
    assert.deepEqual(one.story, [...upright, 'ended:completed'])
  })

  test('after a redirect the new party is met as the first one was', async () => {
    const { alice, clock, dial, peer, one, other, lastRemote, assertClean } = await talk('9 8 0', '9')
    assert.deepEqual(reinvites(alice), [])
    other.handle.hangup('completed')
    await clock.advance(10)
    const carrier = ringing(peer(7001))
    const next = dial({ destination: trunkDestination(testTrunk(7001)), leg: 'second', partner: one.handle })
    await clock.advance(10)
    assert.equal(codecsOf(carrier.last('INVITE').body), '9 8 0 101')
    answer(carrier, testDescription(43_000, '8 101'))
    await clock.advance(10)
    await join(one.handle, next.handle)
    await clock.advance(10)
    const [reinvite] = reinvites(alice)
    assert.ok(reinvite)
    assert.equal(codecsOf(reinvite.body), '8 101')
    answerTo(alice, reinvite, testDescription(41_000, '8'))
    await clock.advance(10)
    assert.equal(lastRemote(30_002)?.codec, 'PCMA')
    for (const leg of [one, next]) leg.handle.hangup('completed')
    await assertClean()
    assert.deepEqual(next.story, [...upright, 'ended:completed'])
  })
})
