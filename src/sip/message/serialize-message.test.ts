import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createResponse } from './create-response.ts'
import { Headers } from './headers.ts'
import { SipRequest } from './message.ts'
import { parseMessage } from './parse-message.ts'
import { serializeMessage } from './serialize-message.ts'

const headers = (): Headers =>
  new Headers([
    ['Via', 'SIP/2.0/UDP one.example.com;branch=z9hG4bK1, SIP/2.0/UDP two.example.com;branch=z9hG4bK2'],
    ['v', 'SIP/2.0/UDP three.example.com;branch=z9hG4bK3'],
    ['From', '"Al" <sip:a@example.com>;tag=1'],
    ['To', '<sip:b@example.com>'],
    ['Call-ID', 'x'],
    ['CSeq', '1 MESSAGE'],
  ])

describe('messages on the wire', () => {
  it('carry the length of their body in octets, whatever stood there before', () => {
    const request = new SipRequest('MESSAGE', 'sip:b@example.com', headers(), Buffer.from('gr\u00fc\u00dfe'))
    request.headers.set('Content-Length', '99')
    const text = serializeMessage(request).toString()
    assert.match(text, /^MESSAGE sip:b@example\.com SIP\/2\.0\r\n/)
    assert.match(text, /\r\nContent-Length: 7\r\n\r\ngr\u00fc\u00dfe$/)
    assert.deepEqual(parseMessage(Buffer.from(text)).body, request.body)
  })

  it('escape in a Request-URI what may not stand there', () => {
    const request = new SipRequest('MESSAGE', 'sip:b c@example.com\r\nX: y', headers())
    assert.match(serializeMessage(request).toString(), /^MESSAGE sip:b%20c@example\.com%0D%0AX:%20y SIP\/2\.0\r\n/)
  })
})

describe('RFC 3261 section 8.2.6.2: responses', () => {
  const request = new SipRequest('MESSAGE', 'sip:b@example.com', headers())

  it('carry Via, From, To, Call-ID and CSeq of the request to the letter, and a tag in To', () => {
    const response = createResponse(request, 200, 'OK', { toTag: 'mine' })
    assert.deepEqual(
      [...response.headers.entries()],
      [...request.headers.entries()].map(([name, value]) => [name, name === 'To' ? `${value};tag=mine` : value]),
    )
    assert.equal(response.toTag, 'mine')
  })

  it('keep a tag that is there, and need none', () => {
    const within = new SipRequest('MESSAGE', 'sip:b@example.com', headers())
    within.headers.set('To', '<sip:b@example.com>;tag=theirs')
    assert.equal(createResponse(within, 200, 'OK', { toTag: 'mine' }).toTag, 'theirs')
    assert.equal(createResponse(request, 100).toTag, undefined)
  })

  it('have a reason phrase of their own accord', () => {
    assert.equal(createResponse(request, 486).reason, 'Busy Here')
    assert.equal(createResponse(request, 499).reason, 'Unknown')
  })
})
