import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTestEngine, lineDestination, testTrunk, trunkDestination } from '../../../test/support/test-engine.ts'
import type { DialRequest } from '../driver.ts'

describe('dial never throws: what goes wrong ends the leg', () => {
  for (const [what, destination, cause] of [
    ['a line without phones', lineDestination('109'), 'unavailable'],
    ['no trunk at all', trunkDestination(), 'failed'],
    ['a trunk address that is no URI', trunkDestination(testTrunk(7001, { address: 'carrier.example' })), 'failed'],
    [
      'a trunk address with a port that is none',
      trunkDestination(testTrunk(7001, { address: 'sip:x:99999' })),
      'failed',
    ],
    ['a trunk that is a telephone number', trunkDestination(testTrunk(7001, { address: 'tel:+61' })), 'failed'],
    ['an empty number', { ...trunkDestination(testTrunk(7001)), number: '' }, 'invalid-number'],
    ['a number of two lines', { ...trunkDestination(testTrunk(7001)), number: '1\r\nRoute: x' }, 'invalid-number'],
    ['a number with a space', { ...trunkDestination(testTrunk(7001)), number: '04 12' }, 'invalid-number'],
    [
      'a transport that we do not listen on',
      trunkDestination(testTrunk(7001, { address: 'sip:127.0.0.1;transport=tcp' })),
      'congestion',
    ],
  ] as const) {
    test(`${what}: ${cause}`, async () => {
      const { clock, network, dial, assertClean } = await createTestEngine()
      const leg = dial({ destination: destination as DialRequest['destination'] })
      assert.deepEqual(leg.events, [], 'events come after dial has returned')
      await clock.advance(100)
      assert.deepEqual(leg.story, [`ended:${cause}`])
      assert.deepEqual(network.sent, [])
      await assertClean()
    })
  }

  test('no port for the media: congestion, and nobody is rung', async () => {
    const { clock, network, media, dial, assertClean } = await createTestEngine([{ line: '101', port: 6001 }])
    media.isFull = true
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ended:congestion'])
    assert.deepEqual(network.sent, [])
    await assertClean()
  })
})

describe('a web page about the call', () => {
  const link = 'https://crm.example/?id=1;2'
  test("stands in the INVITE to a line's phone, beside what makes it answer (RFC 3261 section 20.9)", async () => {
    const { clock, dial, peer } = await createTestEngine([{ line: '101', port: 6001 }])
    const phone = peer(6001)
    dial({ destination: lineDestination('101'), link, autoAnswer: true })
    await clock.advance(100)
    const shown = phone.last('INVITE').headers('Call-Info')
    assert.deepEqual(shown, ['<sip:localhost>;answer-after=0', `<${link}>;purpose=info`])
  })
  test('is no business of a carrier', async () => {
    const { clock, dial, peer } = await createTestEngine()
    const carrier = peer(7001)
    dial({ destination: trunkDestination(testTrunk(7001)), link })
    await clock.advance(100)
    assert.doesNotMatch(JSON.stringify(carrier.last('INVITE')), /crm\.example/)
  })
})

describe('what goes out over a trunk', () => {
  test('a trunk that cannot be dialled is left out, the others are tried', async () => {
    const { clock, dial, peer } = await createTestEngine()
    const good = peer(7002)
    dial({ destination: trunkDestination(testTrunk(7001, { address: 'sip:' }), testTrunk(7002)) })
    await clock.advance(100)
    assert.equal(good.last('INVITE').firstLine, 'INVITE sip:0412345678@127.0.0.1:7002 SIP/2.0')
  })

  test("the number in the carrier's format, the caller as an identity, and no more than a name may hold", async () => {
    const { clock, dial, peer } = await createTestEngine()
    const carrier = peer(7001)
    dial({
      destination: trunkDestination(testTrunk(7001, { dialString: '+61412345678', username: 'acme', password: 'x' })),
      callerId: { name: 'Al "the" <Bob>', number: '+61255501000' },
    })
    await clock.advance(100)
    const invite = carrier.last('INVITE')
    assert.equal(invite.firstLine, 'INVITE sip:+61412345678@127.0.0.1:7001 SIP/2.0')
    assert.equal(invite.header('P-Asserted-Identity'), '<sip:+61255501000@127.0.0.1>')
    assert.match(invite.header('From'), /^"Al \\"the\\" <Bob>" <sip:\+61255501000@127\.0\.0\.1>;tag=/)
  })

  test('RFC 3261 section 8.1.1.3: without an identity the caller is anonymous', async () => {
    const { clock, dial, peer } = await createTestEngine()
    const carrier = peer(7001)
    dial({ destination: trunkDestination(testTrunk(7001)), callerId: {} })
    await clock.advance(100)
    assert.match(carrier.last('INVITE').header('From'), /sip:anonymous@anonymous\.invalid/)
    assert.equal(carrier.last('INVITE').header('P-Asserted-Identity'), '')
  })
})
