import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ScriptedPeer, WireMessage } from '../../../test/support/scripted-peer.ts'
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

const phones = [
  { line: '101', port: 6001 },
  { line: '102', port: 6002 },
] as const

/** Two legs in a call, each with the payload types that its phone answered with. */
const talk = async (first = '8 101', second = '8 101') => {
  const engine = await createTestEngine(phones)
  const [alice, bob] = [ringing(engine.peer(6001)), ringing(engine.peer(6002))]
  const one = engine.dial({ destination: lineDestination('101') })
  await engine.clock.advance(10)
  answer(alice, testDescription(41_000, first))
  await engine.clock.advance(10)
  const other = engine.dial({ destination: lineDestination('102'), leg: 'second', partner: one.handle })
  await engine.clock.advance(10)
  answer(bob, testDescription(42_000, second))
  await engine.clock.advance(10)
  await engine.engine.bridge(one.handle, other.handle)
  await engine.clock.advance(10)
  /** Offers within the dialog, and acknowledges what is answered; the response. */
  const offer = async (phone: typeof alice, method: 'INVITE' | 'UPDATE', sequence: number, body: string) => {
    within(phone, method, sequence, body)
    await engine.clock.advance(10)
    const response = phone.received.findLast(({ status }) => status >= 200)
    assert.ok(response)
    if (method === 'INVITE') within(phone, 'ACK', sequence, body === '' ? testDescription(43_000, '8') : '')
    await engine.clock.advance(10)
    return response
  }
  const lastRemote = (port: number) => {
    const id = engine.media.endpoints.find((endpoint) => endpoint.port === port)?.id
    const remotes = engine.media.commands.flatMap((command) => (command.op === 'remote' ? [command] : []))
    return remotes.findLast((command) => command.id === id)?.media
  }
  const end = async () => {
    one.handle.hangup('completed')
    other.handle.hangup('completed')
    await engine.assertClean()
    assert.equal(one.end?.cause, 'completed')
    assert.equal(other.end?.cause, 'completed')
  }
  return { ...engine, alice, bob, one, other, offer, lastRemote, end }
}

/** The phone takes an offer of ours. */
const answerTo = (phone: ScriptedPeer, offer: WireMessage, body: string) => phone.respond(offer, 200, 'OK', { body })

const attribute = (body: string, name: string) => new RegExp(`^a=${name}\\r?$`, 'm').test(body)
const upright = ['ringing', 'answered']
const versionOf = (body: string) => Number(/^o=\S+ \d+ (\d+)/m.exec(body)?.[1])

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
        assert.deepEqual([one.story, other.story], [upright, upright])
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
    const engine = await createTestEngine(phones)
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
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:completed'])
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
    const { engine, one, other, clock, end } = await talk()
    one.handle.hangup('completed')
    await assert.rejects(engine.bridge(one.handle, other.handle), /ended/)
    await assert.rejects(engine.bridge(other.handle, one.handle), /ended/)
    await clock.advance(10)
    await end()
  })
})

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
      media.commands.some(({ op }) => op === 'bridge'),
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
    const { alice, clock, dial, engine, peer, one, other, lastRemote, assertClean } = await talk('9 8 0', '9')
    assert.deepEqual(reinvites(alice), [])
    other.handle.hangup('completed')
    await clock.advance(10)
    const carrier = ringing(peer(7001))
    const next = dial({ destination: trunkDestination(testTrunk(7001)), leg: 'second', partner: one.handle })
    await clock.advance(10)
    assert.equal(codecsOf(carrier.last('INVITE').body), '9 8 0 101')
    answer(carrier, testDescription(43_000, '8 101'))
    await clock.advance(10)
    await engine.bridge(one.handle, next.handle)
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

describe('digits by INFO', () => {
  const pressed = (commands: Awaited<ReturnType<typeof talk>>['media']['commands']) =>
    commands.flatMap((command) =>
      command.op === 'press' ? [`${command.id}: ${command.digit} ${command.milliseconds}`] : [],
    )
  const info = (phone: ScriptedPeer, sequence: number, digit: string) =>
    within(phone, 'INFO', sequence, `Signal=${digit}\r\nDuration=160\r\n`, 'application/dtmf-relay')

  test('cross to the other leg, from either side, in order', async () => {
    const { alice, bob, clock, media, end } = await talk()
    info(alice, 1, '4')
    info(alice, 2, '2')
    info(bob, 1, '#')
    await clock.advance(700)
    info(alice, 3, '7')
    await clock.advance(10)
    assert.deepEqual(pressed(media.commands), ['2: 4 160', '2: 2 160', '1: # 160', '2: 7 160'])
    await end()
  })

  test('that the media bring as well have crossed already', async () => {
    const { alice, clock, media, end } = await talk()
    const endpoint = media.endpoints[0]
    info(alice, 1, '4')
    endpoint?.deliver({ event: 'dtmf', id: endpoint.id, digit: '4', milliseconds: 100 })
    await clock.advance(1000)
    info(alice, 2, '5')
    await clock.advance(1000)
    assert.deepEqual(pressed(media.commands), [])
    await end()
  })

  test('of a leg that is joined with none stay where they are', async () => {
    const { clock, dial, peer, media, assertClean } = await createTestEngine(phones)
    const alice = ringing(peer(6001))
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(10)
    answer(alice)
    await clock.advance(10)
    info(alice, 1, '4')
    await clock.advance(1000)
    assert.deepEqual(pressed(media.commands), [])
    leg.handle.hangup('completed')
    await assertClean()
  })
})
