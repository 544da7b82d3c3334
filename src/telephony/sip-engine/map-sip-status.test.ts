import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readableContacts } from '../../sip/dialog/contact.ts'
import { Headers } from '../../sip/message/headers.ts'
import { SipResponse } from '../../sip/message/message.ts'
import { readReasons } from './describe-failure.ts'
import { type FarSide, mapFailure, mapSipStatus, mostTelling } from './map-sip-status.ts'

describe('the end cause of a final response', () => {
  for (const [status, onLine, overTrunk] of [
    [300, 'unavailable', 'carrier-refused'],
    [301, 'unavailable', 'carrier-refused'],
    [302, 'unavailable', 'carrier-refused'],
    [305, 'unavailable', 'carrier-refused'],
    [380, 'unavailable', 'carrier-refused'],
    [400, 'failed', 'carrier-refused'],
    [401, 'failed', 'carrier-refused'],
    [402, 'failed', 'carrier-refused'],
    [403, 'rejected', 'carrier-refused'],
    [404, 'unavailable', 'invalid-number'],
    [405, 'failed', 'carrier-refused'],
    [406, 'failed', 'carrier-refused'],
    [407, 'failed', 'carrier-refused'],
    [408, 'unavailable', 'congestion'],
    [410, 'unavailable', 'invalid-number'],
    [413, 'failed', 'carrier-refused'],
    [415, 'media-failed', 'media-failed'],
    [416, 'failed', 'carrier-refused'],
    [420, 'failed', 'carrier-refused'],
    [421, 'failed', 'carrier-refused'],
    [422, 'failed', 'carrier-refused'],
    [428, 'failed', 'carrier-refused'],
    [433, 'rejected', 'carrier-refused'],
    [438, 'failed', 'carrier-refused'],
    [480, 'unavailable', 'no-answer'],
    [481, 'failed', 'carrier-refused'],
    [482, 'failed', 'carrier-refused'],
    [483, 'failed', 'carrier-refused'],
    [484, 'unavailable', 'invalid-number'],
    [485, 'unavailable', 'invalid-number'],
    [486, 'busy', 'busy'],
    [487, 'unavailable', 'congestion'],
    [488, 'media-failed', 'media-failed'],
    [491, 'failed', 'carrier-refused'],
    [493, 'failed', 'carrier-refused'],
    [500, 'failed', 'congestion'],
    [501, 'failed', 'carrier-refused'],
    [502, 'failed', 'congestion'],
    [503, 'unavailable', 'congestion'],
    [504, 'unavailable', 'congestion'],
    [505, 'failed', 'carrier-refused'],
    [513, 'failed', 'carrier-refused'],
    [580, 'failed', 'carrier-refused'],
    [599, 'failed', 'congestion'],
    [600, 'busy', 'busy'],
    [603, 'rejected', 'rejected'],
    [604, 'unavailable', 'invalid-number'],
    [606, 'media-failed', 'media-failed'],
    [607, 'rejected', 'rejected'],
    [608, 'rejected', 'rejected'],
    [699, 'rejected', 'rejected'],
  ] as const) {
    test(`${status}: ${onLine} from a phone, ${overTrunk} from a carrier`, () => {
      assert.equal(mapSipStatus(status, 'line'), onLine)
      assert.equal(mapSipStatus(status, 'trunk'), overTrunk)
    })
  }

  for (const status of [408, 480, 487]) {
    test(`${status} after the party was rung: nobody answered`, () => {
      assert.equal(mapSipStatus(status, 'line', [], true), 'no-answer')
      assert.equal(mapSipStatus(status, 'trunk', [], true), 'no-answer')
    })
  }

  const refused = (status: number, ...headers: readonly (readonly [string, string])[]) =>
    new SipResponse(status, 'No', new Headers(headers.map(([name, value]) => [name, value])))

  for (const [status, reason, cause] of [
    [500, 'Q.850;cause=17;text="User busy"', 'busy'],
    [480, 'Q.850 ; cause = 1', 'invalid-number'],
    [480, 'Q.850;cause=21', 'rejected'],
    [486, 'Q.850;cause=21;text="Call Rejected"', 'rejected'],
    [503, 'SIP;cause=503, Q.850;cause=34', 'congestion'],
    [503, 'q.850;cause=52', 'carrier-refused'],
    [404, 'Q.850;text="no route; really";cause=3', 'invalid-number'],
    [486, 'Q.850;cause=127', 'busy'],
    [486, 'SIP;cause=17', 'busy'],
    [603, 'Q.850;cause=;;=', 'rejected'],
    [603, 'Q.850;cause=21;text="v=analytics1;url=https://carrier.example"', 'rejected'],
    // RFC 3398 section 7.2.4.1: the network's rejection, unless RFC 8606 says that it was the user's.
    [403, 'Q.850;cause=21', 'carrier-refused'],
    [402, 'Q.850;cause=21;location=LN', 'carrier-refused'],
    [403, 'Q.850;cause=21;location=U', 'rejected'],
    [403, 'Q.850;cause=17', 'busy'],
  ] as const) {
    test(`RFC 3326: ${status} of a carrier with "${reason}" is ${cause}`, () => {
      assert.equal(mapSipStatus(status, 'trunk', readReasons(refused(status, ['Reason', reason]))), cause)
    })
  }

  test('RFC 3326: a gateway may send a Reason line for each protocol', () => {
    const response = refused(480, ['Reason', 'SIP;cause=480'], ['Reason', 'Q.850;cause=17'])
    assert.equal(mapFailure({ status: 480, reason: '', response }, { farSide: 'trunk' }).cause, 'busy')
  })

  test('without a response: nobody at the phone, or no carrier; and no status that anybody sent', () => {
    for (const [status, said, reason] of [
      [408, 'Request Timeout', 'no response in time'],
      [503, 'Service Unavailable: no address for carrier.example', 'no address for carrier.example'],
    ] as const) {
      const failure = { status, reason: said }
      assert.deepEqual(mapFailure(failure, { farSide: 'line' }), { cause: 'unavailable', reason })
      assert.deepEqual(mapFailure(failure, { farSide: 'trunk' }), { cause: 'congestion', reason })
    }
  })

  test('with one, its status and words are told', () => {
    const response = new SipResponse(486, 'Busy Here', new Headers())
    assert.deepEqual(mapFailure({ status: 486, reason: 'Busy Here', response }, { farSide: 'line' }), {
      cause: 'busy',
      sipStatus: 486,
      reason: 'Busy Here',
    })
  })

  for (const [status, farSide, isFinal] of [
    [403, 'line', true],
    [603, 'line', true],
    [600, 'line', true],
    [486, 'line', undefined],
    [480, 'line', undefined],
    [403, 'trunk', undefined],
    [404, 'trunk', undefined],
    [600, 'trunk', true],
    [603, 'trunk', true],
    [604, 'trunk', true],
    [606, 'trunk', true],
    [607, 'trunk', true],
    [608, 'trunk', true],
  ] as const) {
    test(`${status} from a ${farSide} is ${isFinal ? '' : 'not '}the last word`, () => {
      const failure = { status, reason: 'No', response: refused(status) }
      assert.equal(mapFailure(failure, { farSide }).isFinal, isFinal)
    })
  }

  test('a trunk that was asked for credentials and has none: that is said', () => {
    const failure = { status: 407, reason: 'Proxy Authentication Required', response: refused(407) }
    const party = { farSide: 'trunk', hasCredentials: false } as const
    assert.match(mapFailure(failure, party).reason ?? '', /^Proxy .* Required; the trunk has no username and password$/)
    assert.equal(mapFailure(failure, { farSide: 'trunk' }).reason, 'Proxy Authentication Required')
  })
})

describe('whom a phone names in its place', () => {
  const forwardOf = (status: number, farSide: FarSide, ...contacts: readonly string[]) => {
    const response = new SipResponse(status, '', new Headers(contacts.map((contact) => ['Contact', contact])))
    return mapFailure({ status, reason: '', response, contacts: readableContacts(response) }, { farSide }).forwardTo
  }
  for (const [contact, dialled] of [
    ['<sip:0412345678@pbx.example;user=phone>;q=0.5', '0412345678'],
    ['sip:+61412345678@10.0.0.1:5070', '+61412345678'],
    ['"Mobile" <tel:+61-412-345-678>', '+61-412-345-678'],
    ['<sips:102;isub=1@pbx.example>', '102'],
    ['<sip:%2A60@pbx.example>', '*60'],
    ['<sip:pbx.example>, <sip:103@pbx.example>', '103'],
    ['<sip:pbx.example>', undefined],
    ['<mailto:alice@pbx.example>', undefined],
    ['<sip:%zz@pbx.example>', undefined],
    ['<<>', undefined],
  ] as const) {
    test(`${contact} is ${dialled ?? 'nobody'}`, () => assert.equal(forwardOf(302, 'line', contact), dialled))
  }
  test('in a 300, 301 or 302 of a phone only', () => {
    const contact = '<sip:103@pbx.example>'
    for (const status of [300, 301, 302]) assert.equal(forwardOf(status, 'line', contact), '103')
    for (const status of [305, 380, 486]) assert.equal(forwardOf(status, 'line', contact), undefined)
    assert.equal(forwardOf(302, 'trunk', contact), undefined)
    assert.equal(forwardOf(302, 'line'), undefined)
  })
})

describe('which of several failures says most', () => {
  test('what a person did comes before what a network did', () => {
    const busy = { cause: 'busy', sipStatus: 486 } as const
    assert.deepEqual(mostTelling([{ cause: 'congestion', sipStatus: 503 }, busy, { cause: 'unavailable' }]), busy)
    assert.deepEqual(mostTelling([busy, { cause: 'rejected', sipStatus: 403 }]), { cause: 'rejected', sipStatus: 403 })
  })

  test('none, or none that is ranked', () => {
    assert.deepEqual(mostTelling([]), { cause: 'unavailable' })
    assert.deepEqual(mostTelling([{ cause: 'cancelled', sipStatus: 487 }]), { cause: 'cancelled', sipStatus: 487 })
  })
})
