import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTestEngine, lineDestination } from '../../../test/support/test-engine.ts'
import { autoAnswerHeaders } from './auto-answer-headers.ts'

const autoAnswer = 'Alert-Info: <http://localhost>;info=alert-autoanswer;delay=0'
const answerAfter = 'Call-Info: <sip:localhost>;answer-after=0'
const linesFor = (userAgent: string | undefined) =>
  autoAnswerHeaders(userAgent).map(([name, value]) => `${name}: ${value}`)

describe('what makes a phone pick up by itself', () => {
  for (const [userAgent, ...lines] of [
    ['Yealink SIP-T46S 66.85.0.5', autoAnswer, answerAfter],
    ['snom870/8.7.3.25.9', autoAnswer, answerAfter],
    ['Grandstream GXP2170 1.0.11.6', autoAnswer, answerAfter],
    ['Fanvil X5S 2.4.0', autoAnswer, answerAfter],
    ['PolycomVVX-VVX_411-UA/5.9.5.0614', 'Alert-Info: Ring Answer'],
    ['PolycomSoundPointIP-SPIP_450-UA/4.0.8', 'Alert-Info: Ring Answer'],
    ['Cisco/SPA504G-7.6.2b', answerAfter],
    ['Mitel-6867i/5.1.0 MT6867i', autoAnswer, answerAfter],
    ['Aastra 6731i/3.3.1.4358', autoAnswer, answerAfter],
    ['Panasonic_KX-HDV130/08.002', 'Alert-Info: Intercom', answerAfter],
    ['Sangoma S505 V3.0.4.83', 'Alert-Info: <http://localhost>;info=external', answerAfter],
    ['Sangoma P310 4_10_4', 'Alert-Info: ring-answer', answerAfter],
    ['Sangoma Windows Softphone', 'Alert-Info: Direct-Intercom', answerAfter],
    ['Digium D65 2_9_20', 'Alert-Info: ring-answer', answerAfter],
    ['baresip v2.10.0', answerAfter, 'Answer-Mode: Auto'],
  ] as const) {
    test(userAgent, () => assert.deepEqual(linesFor(userAgent), lines))
  }

  test('a phone that nobody knows gets one of each kind, none of which makes a strict parser refuse the call', () => {
    for (const userAgent of ['SomePhone/1.0', undefined]) {
      assert.deepEqual(linesFor(userAgent), [autoAnswer, answerAfter, 'Answer-Mode: Auto'])
    }
  })

  test('RFC 5373 section 4.1: never with Require, which a phone without it would refuse', () => {
    for (const userAgent of ['baresip', undefined]) assert.doesNotMatch(linesFor(userAgent).join('\n'), /Require/)
  })

  test('each phone of a line is told in its own words, and only where auto-answer was asked for', async () => {
    const { clock, dial, peer } = await createTestEngine([
      { line: '101', port: 6001, userAgent: 'Yealink SIP-T46S 66.85.0.5' },
      { line: '101', port: 6002, userAgent: 'Panasonic_KX-HDV130/08.002' },
      { line: '102', port: 6003, userAgent: 'Yealink SIP-T46S 66.85.0.5' },
    ])
    const phones = [peer(6001), peer(6002), peer(6003)] as const
    dial({ destination: lineDestination('101'), autoAnswer: true })
    dial({ destination: lineDestination('102') })
    await clock.advance(10)
    const told = phones.map((phone) => phone.last('INVITE').headers('Alert-Info'))
    assert.deepEqual(told, [['<http://localhost>;info=alert-autoanswer;delay=0'], ['Intercom'], []])
  })
})
