import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CodecName, codecs } from './codec.ts'
import { canHear, codecsToMeet, routeDigits, routePayloads } from './codec-route.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'

/** A leg that chose the first of these and accepted all. */
const leg = (...names: readonly CodecName[]): NegotiatedMedia => {
  const accepted = names.map((codec) => ({ codec, payloadType: codecs[codec].payloadType }))
  const [chosen] = accepted
  assert.ok(chosen)
  return {
    ...chosen,
    clockRate: codecs[chosen.codec].clockRate,
    accepted,
    remote: { host: '192.0.2.7', port: 4000, rtcpPort: 4001 },
    ptime: 20,
    direction: 'sendrecv',
  }
}

/** `8 as it is`, `9 to 8`: what becomes of each payload type. */
const ways = (from: NegotiatedMedia, to: NegotiatedMedia): string[] =>
  routePayloads(from, to).map((route) =>
    route.conversion === undefined ? `${route.from} as ${route.to}` : `${route.from} converted to ${route.to}`,
  )

describe('how one leg is sent what another speaks', () => {
  for (const [from, to, expected] of [
    [['PCMA'], ['PCMA'], ['8 as 8']],
    [['PCMA'], ['PCMU'], ['8 converted to 0']],
    [['PCMA'], ['PCMU', 'PCMA'], ['8 converted to 0']],
    [['G722'], ['PCMA'], ['9 converted to 8']],
    [['PCMU'], ['G722'], ['0 converted to 9']],
    // A codec that was accepted is cheaper than a conversion over samples.
    [['G722'], ['PCMA', 'G722'], ['9 as 9']],
    [['PCMU'], ['G722', 'PCMA'], ['0 converted to 8']],
    [['PCMU'], ['G722', 'PCMA', 'PCMU'], ['0 as 0']],
    [['G722', 'PCMA'], ['PCMA'], ['9 converted to 8', '8 as 8']],
    [['opus'], ['opus'], ['111 as 111']],
    [['opus'], ['PCMA'], []],
    [['G722'], ['opus'], []],
  ] as const) {
    test(`${from} to ${to}: ${expected.join(', ') || 'not at all'}`, () => {
      assert.deepEqual(ways(leg(...from), leg(...to)), expected)
      assert.equal(canHear(leg(...to), leg(...from)), expected.length > 0)
    })
  }
})

describe('what a leg is asked to speak, so that the other hears it as it is', () => {
  for (const [speaker, known, listener, expected] of [
    [['G722', 'PCMA', 'PCMU'], ['G722', 'PCMA', 'PCMU'], ['PCMA'], ['PCMA']],
    [['G722'], ['G722', 'PCMA'], ['PCMU'], ['PCMA']],
    [['G722'], ['G722'], ['PCMA'], []],
    [['G722', 'PCMA'], ['G722', 'PCMA'], ['PCMA', 'G722'], []],
    [['PCMA'], ['PCMA', 'PCMU'], ['PCMU'], []],
    [['PCMA'], ['PCMA', 'G722'], ['G722'], ['G722']],
    [['PCMA'], ['PCMA'], ['PCMA'], []],
    [['opus'], ['opus', 'PCMA'], ['PCMU'], ['PCMA']],
    [['opus'], ['opus'], ['PCMU'], []],
  ] as const) {
    test(`${speaker}, which knows ${known}, for ${listener}: ${expected.join(', ') || 'nothing'}`, () => {
      assert.deepEqual(codecsToMeet(leg(...speaker), known, leg(...listener)), expected)
    })
  }
})

describe('how a key gets from one leg to another', () => {
  const knowing = (media: NegotiatedMedia, dtmfPayloadType: number): NegotiatedMedia => ({ ...media, dtmfPayloadType })
  for (const [name, from, to, route] of [
    ['both know events', knowing(leg('PCMA'), 101), knowing(leg('G722'), 96), 'packets'],
    ['both do, at clocks of their own', knowing(leg('opus'), 110), knowing(leg('PCMA'), 101), 'anew'],
    ['the one that speaks does', knowing(leg('PCMA'), 101), leg('PCMA'), 'anew'],
    ['the one that hears does', leg('PCMA'), knowing(leg('PCMA'), 101), 'anew'],
    ['neither does', leg('PCMA'), leg('G722'), 'sound'],
  ] as const) {
    test(`${name}: ${route}`, () => assert.equal(routeDigits(from, to), route))
  }

  test('events at another clock do not cross as they are', () => {
    const [fast, slow] = [knowing(leg('opus'), 110), knowing(leg('PCMA'), 101)]
    assert.deepEqual(ways(fast, slow), [])
  })
})
