import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readableContacts } from '../../sip/dialog/contact.ts'
import { Headers } from '../../sip/message/headers.ts'
import { SipResponse } from '../../sip/message/message.ts'
import { type FarSide, mapFailure, mapSipStatus, mostTelling } from './map-sip-status.ts'

describe('the end cause of a final response', () => {
  for (const [status, onLine, overTrunk] of [
    [302, 'unavailable', 'failed'],
    [380, 'unavailable', 'failed'],
    [400, 'failed', 'failed'],
    [401, 'failed', 'failed'],
    [403, 'rejected', 'rejected'],
    [404, 'invalid-number', 'invalid-number'],
    [408, 'unavailable', 'congestion'],
    [410, 'invalid-number', 'invalid-number'],
    [415, 'media-failed', 'media-failed'],
    [480, 'unavailable', 'no-answer'],
    [481, 'failed', 'failed'],
    [484, 'invalid-number', 'invalid-number'],
    [486, 'busy', 'busy'],
    [487, 'cancelled', 'cancelled'],
    [488, 'media-failed', 'media-failed'],
    [500, 'congestion', 'congestion'],
    [502, 'congestion', 'congestion'],
    [503, 'congestion', 'congestion'],
    [504, 'congestion', 'congestion'],
    [599, 'congestion', 'congestion'],
    [600, 'busy', 'busy'],
    [603, 'rejected', 'rejected'],
    [604, 'invalid-number', 'invalid-number'],
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

  for (const [status, reason, cause] of [
    [500, 'Q.850;cause=17;text="User busy"', 'busy'],
    [480, 'Q.850 ; cause = 1', 'invalid-number'],
    [503, 'SIP;cause=503, Q.850;cause=34', 'congestion'],
    [404, 'Q.850;text="no route; really";cause=3', 'invalid-number'],
    [486, 'Q.850;cause=127', 'busy'],
    [486, 'SIP;cause=17', 'busy'],
    [603, 'Q.850;cause=;;=', 'rejected'],
  ] as const) {
    test(`RFC 3326: ${status} with "${reason}" is ${cause}`, () => {
      assert.equal(mapSipStatus(status, 'trunk', reason), cause)
    })
  }

  test('RFC 3326: a gateway may send a Reason line for each protocol', () => {
    const headers = new Headers([
      ['Reason', 'SIP;cause=480'],
      ['Reason', 'Q.850;cause=17'],
    ])
    const response = new SipResponse(480, '', headers)
    assert.equal(mapFailure({ status: 480, reason: '', response }, 'trunk').cause, 'busy')
  })

  test('without a response: nobody at the phone, or no carrier; and no status that anybody sent', () => {
    for (const status of [408, 503]) {
      assert.deepEqual(mapFailure({ status, reason: '' }, 'line'), { cause: 'unavailable' })
      assert.deepEqual(mapFailure({ status, reason: '' }, 'trunk'), { cause: 'congestion' })
    }
  })

  test('with one, its status is told', () => {
    const response = new SipResponse(486, 'Busy Here', new Headers())
    assert.deepEqual(mapFailure({ status: 486, reason: '', response }, 'line'), { cause: 'busy', sipStatus: 486 })
  })
})

describe('whom a phone names in its place', () => {
  const forwardOf = (status: number, farSide: FarSide, ...contacts: readonly string[]) => {
    const response = new SipResponse(status, '', new Headers(contacts.map((contact) => ['Contact', contact])))
    return mapFailure({ status, reason: '', response, contacts: readableContacts(response) }, farSide).forwardTo
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
