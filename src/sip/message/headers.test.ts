import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Headers } from './headers.ts'
import { SipRequest, SipResponse } from './message.ts'
import { parseMessage } from './parse-message.ts'
import { serializeMessage } from './serialize-message.ts'

describe('RFC 3261 section 7.3: header fields', () => {
  it('names are compared without case, and with their compact forms', () => {
    const headers = new Headers([
      ['v', 'one'],
      ['VIA', 'two'],
      ['x-Own', 'three'],
    ])
    assert.equal(headers.get('Via'), 'one')
    assert.deepEqual(headers.getAll('via'), ['one', 'two'])
    assert.equal(headers.get('X-OWN'), 'three')
    assert.deepEqual(
      [...headers.entries()],
      [
        ['Via', 'one'],
        ['Via', 'two'],
        ['x-Own', 'three'],
      ],
    )
  })

  it('lists are taken apart at commas that are not in quotes or brackets', () => {
    const headers = new Headers([
      ['Contact', '"A, \\"B" <sip:a@h;x=",">;q=1 ,<sip:b,c@h>'],
      ['m', 'sip:d@h'],
      ['Subject', 'one, two'],
      ['WWW-Authenticate', 'Digest realm="r", nonce="n"'],
    ])
    assert.deepEqual(headers.getAll('Contact'), ['"A, \\"B" <sip:a@h;x=",">;q=1', '<sip:b,c@h>', 'sip:d@h'])
    assert.deepEqual(headers.getAll('Subject'), ['one, two'])
    assert.equal(headers.getAll('WWW-Authenticate').length, 1)
    assert.deepEqual(headers.getAll('Route'), [])
  })

  it('set replaces all and keeps the place of the first', () => {
    const headers = new Headers([
      ['X-A', '1'],
      ['X-B', '2'],
      ['x-a', '3'],
      ['X-C', '4'],
    ])
    headers.set('X-A', 'x')
    headers.set('X-D', 'y')
    assert.deepEqual(
      [...headers.entries()],
      [
        ['X-A', 'x'],
        ['X-B', '2'],
        ['X-C', '4'],
        ['X-D', 'y'],
      ],
    )
  })

  it('prepend, delete, replaceFirst, clone and copy', () => {
    const headers = new Headers([
      ['Via', 'one, two'],
      ['X-B', '2'],
      ['Via', 'three'],
    ])
    headers.replaceFirst('Via', 'ONE')
    assert.deepEqual(headers.getAll('Via'), ['ONE', 'two', 'three'])
    headers.prepend('Via', 'zero')
    const clone = headers.clone()
    headers.delete('v')
    assert.deepEqual([...headers.entries()], [['X-B', '2']])
    assert.deepEqual(clone.getAll('Via'), ['zero', 'ONE', 'two', 'three'])
    headers.copy('Via', clone)
    assert.deepEqual(
      [...headers.entries()],
      [
        ['X-B', '2'],
        ['Via', 'zero'],
        ['Via', 'ONE, two'],
        ['Via', 'three'],
      ],
    )
    headers.replaceFirst('Route', '<sip:p>')
    assert.equal([...headers.entries()][0]?.[0], 'Route')
  })

  it('a message forgets what it parsed when a header changes', () => {
    const request = new SipRequest(
      'OPTIONS',
      'sip:x',
      new Headers([
        ['From', '<sip:a@b>;tag=1'],
        ['Contact', '<sip:c@d>'],
      ]),
    )
    assert.equal(request.fromTag, '1')
    assert.equal(request.contacts.length, 1)
    request.headers.set('From', '<sip:a@b>;tag=2')
    request.headers.append('Contact', '<sip:e@f>')
    assert.equal(request.fromTag, '2')
    assert.equal(request.contacts.length, 2)
  })
})

describe('nothing that is set can leave its line', () => {
  const base: readonly (readonly [string, string])[] = [
    ['Via', 'SIP/2.0/UDP h;branch=z9hG4bK1'],
    ['From', '<sip:a@b>;tag=1'],
    ['To', '<sip:c@d>'],
    ['Call-ID', 'x'],
    ['CSeq', '1 OPTIONS'],
  ]
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(
        fc.constantFrom('\r', '\n', '\0', '\r\n', 'Injected: yes', ' ', '\u2028', '\u0085', '\u010a', '\u010d', 'a'),
        { maxLength: 12 },
      )
      .map((parts) => parts.join('')),
  )

  it('whatever way a value comes in', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (first, second, third) => {
        const headers = new Headers([...base, ['X-One', first]])
        headers.append('X-Two', second)
        headers.set('X-Two', third)
        headers.prepend('X-Three', first)
        headers.replaceFirst('X-Three', second)
        const lines = serializeMessage(new SipRequest('OPTIONS', 'sip:x', headers))
          .toString('latin1')
          .split(/[\r\n]+/)
        assert.deepEqual(
          lines.map((line) => line.split(':')[0]),
          ['OPTIONS sip', 'X-Three', 'Via', 'From', 'To', 'Call-ID', 'CSeq', 'X-One', 'X-Two', 'Content-Length', ''],
        )
      }),
    )
  })

  it('nor the request line, nor the status line', () => {
    fc.assert(
      fc.property(hostile, hostile, (uri, reason) => {
        const request = serializeMessage(new SipRequest('OPTIONS', `sip:${uri}x`, new Headers(base)))
        assert.equal(parseMessageLines(request), 6)
        assert.match(request.toString().split('\r\n', 1)[0] ?? '', /^OPTIONS sip:\S+ SIP\/2\.0$/)
        const response = serializeMessage(new SipResponse(400, reason, new Headers(base)))
        assert.equal(parseMessageLines(response), 6)
        assert.ok(parseMessage(response))
      }),
    )
  })

  it('a name that is no token is a mistake of ours', () => {
    for (const name of ['', 'A b', 'A:', 'A\r\nB', 'Ä']) assert.throws(() => new Headers([[name, 'x']]), TypeError)
  })
})

/** Header lines of a message, Content-Length among them. */
const parseMessageLines = (octets: Buffer): number =>
  octets
    .toString('latin1')
    .trimEnd()
    .split(/\r\n|\r|\n/).length - 1
