import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Headers } from '../message/headers.ts'
import { SipRequest, SipResponse } from '../message/message.ts'
import { sessionDescription } from './session-description.ts'

const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1'
const isup = Buffer.from([0x01, 0x00, 0x48, 0xff, 0x0d, 0x0a, 0xfe])
const part = (type: string, content: string | Buffer) =>
  Buffer.concat([
    Buffer.from(`\r\n--b 1\r\nContent-Type: ${type}\r\nContent-Disposition: session\r\n\r\n`),
    Buffer.from(content),
  ])
const headersOf = (type?: string): Headers => {
  const headers = new Headers()
  if (type !== undefined) headers.append('Content-Type', type)
  return headers
}
const request = (body: string | Buffer, type?: string) =>
  new SipRequest('INVITE', 'sip:a@b', headersOf(type), Buffer.from(body))
const mixed = 'multipart/mixed;boundary="b 1"'
const end = Buffer.from('\r\n--b 1--\r\n')

describe('the SDP of a message', () => {
  it('alone, or not at all', () => {
    assert.equal(sessionDescription(request(sdp, 'Application/SDP; charset=utf-8')), sdp)
    assert.equal(sessionDescription(request('')), '')
    assert.equal(sessionDescription(request(sdp, 'text/plain')), undefined)
    assert.equal(sessionDescription(request(sdp)), undefined)
    assert.equal(sessionDescription(new SipResponse(200, 'OK', headersOf(), Buffer.from(sdp))), sdp)
  })

  it('RFC 2046 section 5.1: among other parts, in any order', () => {
    const other = part('application/isup;version=itu-t92+', isup)
    const own = part('application/sdp', sdp)
    for (const parts of [
      [own, other],
      [other, own],
    ]) {
      const body = Buffer.concat([Buffer.from('preamble'), ...parts, end])
      assert.equal(sessionDescription(request(body, mixed)), sdp)
    }
    assert.equal(sessionDescription(request(own.subarray(2), mixed)), sdp, 'without preamble and end')
  })

  it('is not found where none is, or behind the end', () => {
    const own = part('application/sdp', sdp)
    assert.equal(sessionDescription(request(Buffer.concat([part('application/sdpx', sdp), end]), mixed)), undefined)
    assert.equal(sessionDescription(request(Buffer.concat([end, own]), mixed)), undefined)
    for (const type of ['multipart/mixed', 'multipart/mixed;boundary=other', 'multipart/mixed;boundary="', mixed]) {
      assert.equal(sessionDescription(request(type === mixed ? 'x' : own, type)), undefined)
    }
  })

  it('no octets make it throw', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (type, body) => void sessionDescription(request(body, type))))
    fc.assert(fc.property(fc.string(), (body) => void sessionDescription(request(`--b 1\r\n${body}`, mixed))))
  })
})
