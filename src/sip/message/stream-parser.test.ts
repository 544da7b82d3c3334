import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SipParseError } from './sip-parse-error.ts'
import { StreamParser } from './stream-parser.ts'

const message = (callId: string, body = ''): string =>
  [
    'MESSAGE sip:user@example.com SIP/2.0',
    'Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK1',
    'From: <sip:caller@example.org>;tag=1',
    'To: <sip:user@example.com>',
    `Call-ID: ${callId}`,
    'CSeq: 1 MESSAGE',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')

const listen = (withMalformed = true) => {
  const heard: string[] = []
  const parser = new StreamParser({
    onMessage: ({ callId, body }) => heard.push(`${callId} ${body.toString()}`),
    ...(withMalformed && { onMalformed: (_octets: Buffer, error: SipParseError) => heard.push(error.reason) }),
    onLineEnd: () => heard.push('line end'),
    onPing: () => heard.push('ping'),
  })
  return { heard, parser, push: (text: string) => parser.push(Buffer.from(text)) }
}

describe('RFC 3261 section 18.3: framing by Content-Length', () => {
  it('messages behind each other in one piece', () => {
    const { heard, push, parser } = listen()
    push(message('a', 'one') + message('b') + message('c', 'three'))
    assert.deepEqual(heard, ['a one', 'b ', 'c three'])
    assert.equal(parser.buffered, 0)
  })

  it('whatever the pieces', () => {
    const stream = Buffer.from(
      `${message('a', 'x'.repeat(3000))}\r\n\r\n${message('b')}\r\n${message('c', '\r\n\r\nINVITE')}`,
    )
    const wanted = [`a ${'x'.repeat(3000)}`, 'line end', 'ping', 'b ', 'line end', 'c \r\n\r\nINVITE']
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 60 }), (sizes) => {
        const { heard, parser } = listen()
        let at = 0
        for (const size of sizes) {
          parser.push(stream.subarray(at, at + size))
          at = Math.min(stream.length, at + size)
        }
        parser.push(stream.subarray(at))
        assert.deepEqual(heard, wanted)
      }),
    )
  })

  it('a body that was handed out stays as it is while the stream goes on', () => {
    const bodies: Buffer[] = []
    const parser = new StreamParser({ onMessage: ({ body }) => bodies.push(body) })
    const stream = Buffer.from(Array.from({ length: 50 }, (_, index) => message(`c${index}`, `body ${index}`)).join(''))
    for (let at = 0; at < stream.length; at += 7) parser.push(stream.subarray(at, at + 7))
    assert.deepEqual(
      bodies.map(String),
      Array.from({ length: 50 }, (_, index) => `body ${index}`),
    )
  })

  it('section 7.3.3: the length may be in the compact form', () => {
    const { heard, push } = listen()
    push(message('a', 'one').replace('Content-Length', 'l'))
    assert.deepEqual(heard, ['a one'])
  })

  it('a message that cannot be read is passed over, be it for its headers or for what they say', () => {
    const { heard, push } = listen()
    push(message('a', 'one').replace('CSeq: 1 MESSAGE', 'CSeq: x'))
    push(message('b', 'two').replace('Via:', 'Via'))
    push(message('c', 'three'))
    assert.deepEqual(heard, ['Bad CSeq', 'Bad Header', 'c three'])
  })

  it('without a handler for such, push throws, once for each', () => {
    const { heard, push } = listen(false)
    assert.throws(() => push(message('a').replace('CSeq: 1 MESSAGE', 'CSeq: x')), new SipParseError('Bad CSeq'))
    push(message('b'))
    assert.deepEqual(heard, ['b '])
  })
})

describe('a stream that has lost its framing', () => {
  const lost: readonly (readonly [string, string, string])[] = [
    ['section 20.14: no Content-Length', message('a').replace('Content-Length: 0\r\n', ''), 'Missing Content-Length'],
    [
      'a length that is no number',
      message('a').replace('Content-Length: 0', 'Content-Length: -1'),
      'Bad Content-Length',
    ],
    ['two lengths', message('a').replace('CSeq', 'l: 20\r\nCSeq'), 'Missing Content-Length'],
    [
      'a length beyond the bounds',
      message('a').replace('Content-Length: 0', 'Content-Length: 99999999'),
      'Message Too Large',
    ],
    ['CR without LF in front of a message', `\r${message('a')}`, 'Bad Line End'],
  ]
  for (const [what, text, reason] of lost) {
    it(`${what}: push throws, then and ever after`, () => {
      const { heard, push, parser } = listen()
      assert.throws(() => push(text), { reason })
      assert.throws(() => push(message('b')), { reason })
      assert.deepEqual([heard, parser.buffered], [[], 0])
    })
  }

  it('a head without an end is given up at 65,535 octets', () => {
    const { push } = listen()
    push('a'.repeat(65_000))
    assert.throws(() => push('a'.repeat(1000)), new SipParseError('Message Too Large', 513))
  })
})

describe('RFC 5626 section 3.5.1: keep-alive', () => {
  const streams: readonly (readonly [string, string, string[]])[] = [
    ['a pong is told at once', '\r\n', ['line end']],
    ['a ping', '\r\n\r\n', ['line end', 'ping']],
    ['a ping and a pong', '\r\n\r\n\r\n', ['line end', 'ping', 'line end']],
    ['two pings', '\r\n\r\n\r\n\r\n', ['line end', 'ping', 'line end', 'ping']],
    ['a pong, a message and a pong', `\r\n${message('a')}\r\n`, ['line end', 'a ', 'line end']],
    ['a ping, a message and a ping', `\r\n\r\n${message('a')}\r\n\r\n`, ['line end', 'ping', 'a ', 'line end', 'ping']],
  ]
  for (const [what, text, wanted] of streams) {
    it(`${what}, wherever it is cut`, () => {
      for (let cut = 0; cut <= text.length; cut++) {
        const { heard, push, parser } = listen()
        push(text.slice(0, cut))
        push(text.slice(cut))
        assert.deepEqual(heard, wanted, `cut at ${cut}`)
        assert.equal(parser.buffered, 0)
      }
    })
    it(`${what}, an octet at a time`, () => {
      const { heard, push } = listen()
      for (const octet of text) push(octet)
      assert.deepEqual(heard, wanted)
    })
  }
})
