import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tortureMessages } from '../../../test/fixtures/sip/torture-messages.ts'
import { createResponse } from './create-response.ts'
import { parseMessage } from './parse-message.ts'
import { serializeMessage } from './serialize-message.ts'
import { SipParseError } from './sip-parse-error.ts'
import { StreamParser } from './stream-parser.ts'
import { parseUri, serializeUri } from './uri.ts'

const read = (section: string) => {
  const found = tortureMessages.find((message) => message.section === section)
  assert.ok(found !== undefined)
  return parseMessage(found.octets)
}

describe('RFC 4475: every message of the table', () => {
  for (const { section, what, octets, refusal } of tortureMessages) {
    if (refusal === undefined) {
      it(`section ${section}: ${what}, is read, and again as we write it`, () => {
        const message = parseMessage(octets)
        const again = parseMessage(serializeMessage(message))
        assert.deepEqual(again.via, message.via)
        assert.deepEqual(again.from, message.from)
        assert.deepEqual(again.to, message.to)
        assert.deepEqual([again.callId, again.cseq], [message.callId, message.cseq])
        assert.deepEqual(again.body, message.body)
        if (message.kind === 'request')
          parseMessage(serializeMessage(createResponse(message, 200, 'OK', { toTag: 'x' })))
      })
    } else {
      it(`section ${section}: ${what}, is refused with ${refusal.status}`, () => {
        assert.throws(() => parseMessage(octets), new SipParseError(refusal.reason, refusal.status))
      })
    }
  }
})

describe('RFC 4475: what the messages say', () => {
  it('section 3.1.1.1: folding, compact forms, escaped quotes, spaces wherever they may stand', () => {
    const message = read('3.1.1.1')
    assert.equal(message.to.uri, 'sip:vivek@chair.example.com')
    assert.equal(message.toTag, '1918181833n')
    assert.equal(message.from.displayName, 'J Rosenberg \\"')
    assert.equal(message.fromTag, '98asjd8')
    assert.deepEqual(message.cseq, { number: 9, method: 'INVITE' })
    assert.equal(message.via.host, '192.0.2.2')
    assert.equal(message.via.branch, '390skdjuw')
    assert.equal(message.headers.getAll('Via').length, 3)
    assert.equal(message.headers.get('Subject'), '')
    assert.equal(message.headers.get('newfangledheader'), 'newfangled value continued newfangled value')
    assert.equal(message.headers.get('UnknownHeaderWithUnusualValue'), ';;,,;;,;')
    assert.ok(message.contacts !== '*')
    assert.equal(message.contacts[0]?.displayName, 'Quoted string ""')
    assert.equal(message.contacts[0]?.params.get('newparam'), 'newvalue')
    assert.equal(message.contacts[0]?.params.get('q'), '0.33')
    assert.equal(message.body.length, 101)
  })

  it('section 3.1.1.2: any character where the grammar has it', () => {
    const message = read('3.1.1.2')
    assert.equal(message.kind === 'request' && message.method, "!interesting-Method0123456789_*+`.%indeed'~")
    assert.equal(message.to.displayName, 'BEL:\u0007 NUL:\u0000 DEL:\u007f')
    assert.equal(message.from.displayName, "token1~` token2'+_ token3*%!.-")
    assert.equal(
      message.from.params.get("fromparam''~+*_!.-%"),
      '\u0440\u0430\u0431\u043e\u0442\u0430\u044e\u0449\u0438\u0439',
    )
    assert.equal(message.fromTag, "_token~1'+`*%!-.")
    const uri = parseUri(message.kind === 'request' ? message.uri : '')
    assert.equal(uri.user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
    assert.equal(uri.password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)")
    assert.equal(uri.host, 'example.com')
  })

  it('section 3.1.1.3: escapes are resolved in a user, and made again', () => {
    const message = read('3.1.1.3')
    const target = message.kind === 'request' ? message.uri : ''
    assert.equal(parseUri(target).user, 'sips:user@example.com')
    assert.equal(serializeUri(parseUri(target)), 'sip:sips%3Auser%40example.com@example.net')
    assert.equal(parseUri(message.to.uri).user, 'user')
    assert.equal(parseUri(message.from.uri).user, 'I have spaces')
    assert.equal(message.contacts !== '*' && parseUri(message.contacts[0]?.uri ?? '').user, 'caller')
  })

  it('section 3.1.1.4: a null is a character like others, and two are not one', () => {
    const message = read('3.1.1.4')
    assert.equal(parseUri(message.to.uri).user, 'null-\0-null')
    assert.ok(message.contacts !== '*')
    assert.deepEqual(
      message.contacts.map((contact) => parseUri(contact.uri).user),
      ['\0', '\0\0'],
    )
  })

  it('section 3.1.1.5: what looks like an escape outside of URIs is none', () => {
    const message = read('3.1.1.5')
    assert.equal(message.kind === 'request' && message.method, 'RE%47IST%45R')
    assert.equal(message.to.displayName, '%Z%45')
    assert.equal(message.contacts.length, 1)
  })

  it('section 3.1.1.8: what follows the body is dropped', () => {
    const message = read('3.1.1.8')
    assert.equal(message.kind === 'request' && message.method, 'REGISTER')
    assert.equal(message.body.length, 0)
  })

  it('section 3.1.1.9: semicolons before the at sign are of the user', () => {
    const message = read('3.1.1.9')
    const uri = parseUri(message.kind === 'request' ? message.uri : '')
    assert.equal(uri.user, 'user;par=u@example.net')
    assert.equal(uri.params.size, 0)
  })

  it('sections 3.1.1.12 and 3.1.1.13: reason phrases of any letters, and of none', () => {
    const unusual = read('3.1.1.12')
    assert.match(unusual.kind === 'response' ? unusual.reason : '', /^= 2\*\*3 \* 5\*\*2 \u043d\u043e/)
    const empty = read('3.1.1.13')
    assert.equal(empty.kind === 'response' ? empty.reason : undefined, '')
  })

  it('section 3.1.2.13: a Contact with a question mark needs brackets; it is refused when it is asked for', () => {
    const message = read('3.3.12')
    message.headers.set('Contact', 'sip:user@example.com?Route=%3Csip:sip.example.com%3E')
    assert.throws(() => message.contacts, new SipParseError('Address Needs Brackets'))
  })

  it('sections 3.3.2 and 3.3.3: unknown schemes are 416 when they are asked for', () => {
    for (const section of ['3.3.2', '3.3.3']) {
      const message = read(section)
      assert.throws(() => parseUri(message.kind === 'request' ? message.uri : ''), { status: 416 })
    }
  })

  it('sections 3.3.12 and 3.3.13: without brackets a parameter is of the header, within of the URI', () => {
    const bare = read('3.3.12').contacts
    const bracketed = read('3.3.13').contacts
    assert.ok(bare !== '*' && bracketed !== '*')
    assert.equal(bare[0]?.params.has('unknownparam'), true)
    assert.equal(bracketed[0]?.params.has('unknownparam'), false)
    assert.equal(parseUri(bracketed[0]?.uri ?? '').params.has('unknownparam'), true)
  })
})

describe('RFC 4475 over a stream', () => {
  const framed = tortureMessages.filter(
    ({ section, octets }) =>
      section !== '3.1.1.8' && /\r\n(content-length|l)[^\r]*: *(?!-|9999)\d/i.test(octets.toString('latin1')),
  )

  it('every message with a length is found, one octet at a time, behind each other', () => {
    const heard: string[] = []
    const parser = new StreamParser({
      onMessage: () => heard.push('read'),
      onMalformed: (_octets, error) => heard.push(error.reason),
    })
    const wanted = framed.filter(({ refusal }) => refusal?.reason !== 'Repeated Content-Length')
    const stream = Buffer.concat(wanted.map(({ octets }) => octets))
    for (let index = 0; index < stream.length; index++) parser.push(stream.subarray(index, index + 1))
    assert.deepEqual(
      heard,
      wanted.map(({ refusal }) => refusal?.reason ?? 'read'),
    )
    assert.equal(parser.buffered, 0)
  })
})
