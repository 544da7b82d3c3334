import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { parseMessage } from '../message/parse-message.ts'
import { Dialog } from './dialog.ts'

const message = (lines: string[]) => parseMessage(Buffer.from(`${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`))

const invite = (headers: string[] = []): SipRequest =>
  message([
    'INVITE sip:bob@192.0.2.2:5070 SIP/2.0',
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
    'Max-Forwards: 70',
    'From: Alice <sip:alice@example.com>;tag=alice',
    'To: <sip:bob@example.com>',
    'Call-ID: call-1',
    'CSeq: 7 INVITE',
    'Contact: <sip:alice@192.0.2.1:5060>',
    ...headers,
  ]) as SipRequest

const response = (status: number, headers: string[] = [], contact = '<sip:bob@192.0.2.2:5070>'): SipResponse =>
  message([
    `SIP/2.0 ${status} Whatever`,
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
    'From: Alice <sip:alice@example.com>;tag=alice',
    'To: <sip:bob@example.com>;tag=bob',
    'Call-ID: call-1',
    'CSeq: 7 INVITE',
    `Contact: ${contact}`,
    ...headers,
  ]) as SipResponse

describe('RFC 3261 section 12.1.2: a dialog at the UAC', () => {
  it('takes the route set in reverse and the target from the Contact', () => {
    const dialog = Dialog.fromResponse(invite(), response(180, ['Record-Route: <sip:p2;lr>, <sip:p1;lr>']))
    assert.equal(dialog.state, 'early')
    assert.deepEqual(dialog.routeSet, ['<sip:p1;lr>', '<sip:p2;lr>'])
    assert.equal(dialog.remoteTarget, 'sip:bob@192.0.2.2:5070')
    assert.equal(dialog.localSequence, 7)
    assert.equal(dialog.remoteSequence, undefined)
  })

  it('section 13.2.2.4: the 2xx recomputes the route set and refreshes the target', () => {
    const dialog = Dialog.fromResponse(invite(), response(180, ['Record-Route: <sip:old;lr>']))
    dialog.confirm(response(200, ['Record-Route: <sip:new;lr>'], '<sip:bob@192.0.2.9>'))
    assert.equal(dialog.state, 'confirmed')
    assert.deepEqual(dialog.routeSet, ['<sip:new;lr>'])
    assert.equal(dialog.remoteTarget, 'sip:bob@192.0.2.9')
  })

  it('a 2xx without a Contact leaves the Request-URI as the target', () => {
    const answered = message([
      'SIP/2.0 200 OK',
      'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
      'From: <sip:alice@example.com>;tag=alice',
      'To: <sip:bob@example.com>;tag=bob',
      'Call-ID: call-1',
      'CSeq: 7 INVITE',
    ]) as SipResponse
    assert.equal(Dialog.fromResponse(invite(), answered).remoteTarget, 'sip:bob@192.0.2.2:5070')
  })
})

describe('RFC 3261 section 12.1.1: a dialog at the UAS', () => {
  it('takes the route set in order and the remote sequence from the INVITE', () => {
    const dialog = Dialog.fromRequest(
      invite(['Record-Route: <sip:p2;lr>', 'Record-Route: <sip:p1;lr>']),
      'us',
      '<sip:us@h>',
    )
    assert.deepEqual(dialog.routeSet, ['<sip:p2;lr>', '<sip:p1;lr>'])
    assert.equal(dialog.remoteSequence, 7)
    assert.equal(dialog.localUri, 'sip:bob@example.com')
    assert.equal(dialog.remoteUri, 'sip:alice@example.com')
    assert.equal(dialog.remoteTarget, 'sip:alice@192.0.2.1:5060')
  })
})

describe('RFC 3261 section 12.2.1.1: requests within a dialog', () => {
  it('without a route go to the remote target', () => {
    const dialog = Dialog.fromResponse(invite(), response(200))
    const bye = dialog.createRequest('BYE')
    assert.equal(bye.uri, 'sip:bob@192.0.2.2:5070')
    assert.equal(bye.headers.get('From'), '<sip:alice@example.com>;tag=alice')
    assert.equal(bye.headers.get('To'), '<sip:bob@example.com>;tag=bob')
    assert.equal(bye.headers.get('CSeq'), '8 BYE')
    assert.equal(bye.headers.has('Route'), false)
  })

  it('with a loose router carry the whole route set', () => {
    const dialog = Dialog.fromResponse(invite(), response(200, ['Record-Route: <sip:p2;lr>, <sip:p1:5080;lr>']))
    const bye = dialog.createRequest('BYE')
    assert.equal(bye.uri, 'sip:bob@192.0.2.2:5070')
    assert.deepEqual(bye.headers.getAll('Route'), ['<sip:p1:5080;lr>', '<sip:p2;lr>'])
    assert.equal(dialog.nextHopUri(), 'sip:p1:5080;lr')
  })

  it('with a strict router go to it by the Request-URI, the target last', () => {
    const dialog = Dialog.fromResponse(invite(), response(200, ['Record-Route: <sip:p2;lr>, <sip:p1?Subject=x>']))
    const bye = dialog.createRequest('BYE')
    assert.equal(bye.uri, 'sip:p1')
    assert.deepEqual(bye.headers.getAll('Route'), ['<sip:p2;lr>', '<sip:bob@192.0.2.2:5070>'])
  })

  it('an ACK repeats the CSeq number of its INVITE', () => {
    const dialog = Dialog.fromResponse(invite(), response(200))
    dialog.createRequest('INFO')
    assert.equal(dialog.createRequest('ACK').headers.get('CSeq'), '7 ACK')
    assert.equal(dialog.createRequest('BYE').headers.get('CSeq'), '9 BYE')
  })
})

describe('RFC 3261 section 12.2.2: the peer’s sequence', () => {
  it('may stay or grow, with gaps, and never fall', () => {
    const dialog = Dialog.fromRequest(invite(), 'us', '<sip:us@h>')
    const request = (sequence: number): SipRequest =>
      message([
        'INFO sip:us@192.0.2.2 SIP/2.0',
        'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK2',
        'From: <sip:alice@example.com>;tag=alice',
        'To: <sip:bob@example.com>;tag=us',
        'Call-ID: call-1',
        `CSeq: ${sequence} INFO`,
      ]) as SipRequest
    assert.equal(dialog.receive(request(8)), 'in-order')
    assert.equal(dialog.receive(request(100)), 'in-order')
    assert.equal(dialog.receive(request(99)), 'out-of-order')
    assert.equal(dialog.receive(request(100)), 'in-order')
  })
})

describe('a restored dialog', () => {
  it('is the same after JSON, and counts on from above what the dead process may have sent', () => {
    const dialog = Dialog.fromResponse(invite(), response(200, ['Record-Route: <sip:p1;lr>']), {
      protocol: 'udp',
      host: '192.0.2.2',
      port: 5070,
    })
    const snapshot = dialog.snapshot()
    for (let index = 0; index < 5; index++) dialog.createRequest('INFO')
    const restored = Dialog.restore(JSON.parse(JSON.stringify(snapshot)))
    assert.equal(restored.id, dialog.id)
    assert.deepEqual(restored.routeSet, dialog.routeSet)
    assert.equal(restored.createRequest('ACK').headers.get('CSeq'), '7 ACK')
    const sequence = restored.createRequest('BYE').cseq.number
    assert.ok(sequence > dialog.localSequence)
  })
})
