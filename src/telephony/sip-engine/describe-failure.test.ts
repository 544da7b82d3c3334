import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readableContacts } from '../../sip/dialog/contact.ts'
import { Headers } from '../../sip/message/headers.ts'
import { SipResponse } from '../../sip/message/message.ts'
import { describeFailure } from './describe-failure.ts'

describe('what the far side said, in one line', () => {
  for (const [name, phrase, headers, expected] of [
    ['the phrase alone', 'Busy Here', [], 'Busy Here'],
    [
      'the text of a Warning',
      'Forbidden',
      [['Warning', '399 carrier.example "Caller Origination Number is Invalid"']],
      'Forbidden (Caller Origination Number is Invalid)',
    ],
    [
      'the texts of several Reasons',
      'Decline',
      [['Reason', 'SIP;cause=603;text="Network Blocked", Q.850;cause=21;text="rejected, by us"']],
      'Decline (Network Blocked; rejected, by us)',
    ],
    ['a Q.850 cause without a text', 'Gone', [['Reason', 'Q.850;cause=22']], 'Gone (Q.850 cause 22)'],
    [
      'the same text once',
      'No',
      [
        ['Reason', 'Q.850;text="x"'],
        ['Warning', '399 a "x"'],
      ],
      'No (x)',
    ],
    ['when to come back', 'Busy', [['Retry-After', '30']], 'Busy (Retry-After: 30)'],
    ['whom a redirection names', 'Moved', [['Contact', '<sip:other.example>']], 'Moved (to sip:other.example)'],
    ['no phrase', '', [['Warning', '399 a "x"']], '(x)'],
    [
      'what cannot be read is left out',
      'No',
      [
        ['Reason', 'Q.850;text="x'],
        ['Warning', 'x'],
        ['Reason', ';;='],
      ],
      'No',
    ],
    ['another line than its own', 'No', [['Warning', '399 a "b\u0000c\u202ed\u2028e"']], 'No (b c d e)'],
  ] as const) {
    test(name, () => {
      const response = new SipResponse(403, phrase, new Headers(headers.map(([key, value]) => [key, value])))
      const failure = { status: 403, reason: phrase, response, contacts: readableContacts(response) }
      assert.equal(describeFailure(failure), expected)
    })
  }

  test('nothing came back: why', () => {
    assert.equal(describeFailure({ status: 503, reason: 'Service Unavailable: closed' }), 'closed')
    assert.equal(describeFailure({ status: 408, reason: 'Request Timeout' }), 'no response in time')
  })

  test('what was said is repeated, also where the stack says the same of silence', () => {
    const response = new SipResponse(408, 'Request Timeout', new Headers())
    assert.equal(describeFailure({ status: 408, reason: 'Request Timeout', response }), 'Request Timeout')
  })

  test('a stranger who says much is cut short', () => {
    const headers = new Headers(Array.from({ length: 1000 }, () => ['Warning', `399 a "${'x'.repeat(300)}"`] as const))
    const response = new SipResponse(403, 'No', headers)
    assert.equal(describeFailure({ status: 403, reason: 'No', response }).length, 240)
  })
})
