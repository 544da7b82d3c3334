import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cpuMilliseconds } from '../../../test/support/cpu-milliseconds.ts'
import { createSeededRandom } from '../../../test/support/seeded-random.ts'
import { VirtualClock } from '../../../test/support/virtual-clock.ts'
import { answerChallenge } from '../digest/digest-client.ts'
import { DigestServer } from '../digest/digest-server.ts'
import { maximumLineLength, maximumMessageOctets } from './message-limits.ts'
import { parseNameAddr } from './name-addr.ts'
import { parseMessage } from './parse-message.ts'
import { serializeMessage } from './serialize-message.ts'
import { SipParseError } from './sip-parse-error.ts'
import { StreamParser } from './stream-parser.ts'
import { parseUri } from './uri.ts'

const head = (line: string, headers: readonly string[]): Buffer =>
  Buffer.from(`${line}\r\n${headers.join('\r\n')}\r\n\r\n`)

const sound = [
  'Via: SIP/2.0/UDP host.example.com:5060;branch=z9hG4bK1',
  'From: "Caller" <sip:caller@example.org>;tag=1',
  'To: <sip:user@example.com>',
  'Call-ID: 1',
  'CSeq: 1 OPTIONS',
  'Contact: "C" <sip:c@example.com>;q=1',
  'Authorization: Digest username="u", realm="r", nonce="n", uri="sip:x", response="0", qop=auth, nc=00000001, cnonce="c"',
  'Content-Length: 0',
]

const useAll = (octets: Buffer): void => {
  const attempt = (task: () => unknown): void => {
    try {
      task()
    } catch (error) {
      if (!(error instanceof SipParseError)) throw error
    }
  }
  attempt(() => {
    const message = parseMessage(octets)
    attempt(() => message.contacts)
    attempt(() => message.kind === 'request' && parseUri(message.uri))
    attempt(() => parseUri(message.to.uri))
    for (const [name] of message.headers.entries())
      for (const value of message.headers.getAll(name)) attempt(() => parseNameAddr(value))
    if (message.kind === 'request')
      new DigestServer({ clock: new VirtualClock(), random: createSeededRandom(1) }).verify(message, () => undefined)
    const challenges = message.headers.getAll('Authorization')
    answerChallenge({ method: 'X', uri: 'x', challenges, username: 'u', password: 'p', cnonce: 'c', nonceCount: 1 })
    attempt(() => parseMessage(serializeMessage(message)))
  })
}

describe('time is in proportion to the octets', () => {
  const runs = [
    ' ',
    '\t',
    '"',
    '\\',
    '\\"',
    '<',
    '>',
    ';',
    ';a',
    ';a=',
    ';a="b"',
    ',',
    ', ',
    '<>,',
    ':',
    '=',
    '@',
    '?',
    '%',
    '%41',
    '/',
    '[',
    '-',
    '0',
    'a',
    'a.',
    '\r\n ',
    ' \r\n ',
    'é',
    '\ufffd',
  ]

  for (const run of runs) {
    it(`runs of ${JSON.stringify(run)} in any header`, () => {
      const long = run.repeat(Math.floor((maximumLineLength - 200) / Buffer.byteLength(run)))
      const started = cpuMilliseconds()
      for (const [index, header] of sound.entries()) {
        for (const at of [header.indexOf(':') + 2, header.indexOf(':') + 8, header.length]) {
          const headers = sound.with(index, `${header.slice(0, at)}${long}${header.slice(at)}`)
          useAll(head('OPTIONS sip:x@example.com SIP/2.0', headers))
        }
      }
      useAll(head(`OPTIONS sip:x${long}@example.com SIP/2.0`, sound))
      useAll(head('OPTIONS sip:x@example.com SIP/2.0', [...sound, ...Array<string>(6).fill(`X: a${long}b`)]))
      // Some 200 kB; a quadratic step among 26 would take seconds.
      assert.ok(cpuMilliseconds() - started < 1000, `${cpuMilliseconds() - started} ms`)
    })
  }

  it('a message that comes octet by octet', () => {
    const started = cpuMilliseconds()
    const parser = new StreamParser({ onMessage: () => {} })
    const octet = Buffer.from('a')
    assert.throws(() => {
      for (let index = 0; index <= maximumMessageOctets; index++) parser.push(octet)
    }, new SipParseError('Message Too Large', 513))
    assert.ok(cpuMilliseconds() - started < 1000)
  })
})

describe('bounds', () => {
  const refused = (octets: Buffer, reason: string, status = 400): void =>
    assert.throws(() => parseMessage(octets), new SipParseError(reason, status))

  it('a datagram of more than 65,535 octets', () => refused(Buffer.alloc(65_536, 'a'), 'Message Too Large', 513))

  it('256 headers, and no more', () => {
    const fill = (count: number): string[] => [...sound, ...Array<string>(count - sound.length).fill('X: y')]
    assert.equal(parseMessage(head('OPTIONS sip:x SIP/2.0', fill(256))).headers.size, 256)
    refused(head('OPTIONS sip:x SIP/2.0', fill(257)), 'Too Many Headers')
  })

  it('8192 characters a header, continuation lines included', () => {
    const long = (count: number): Buffer => head('OPTIONS sip:x SIP/2.0', [...sound, `X: ${'y'.repeat(count)}`])
    assert.equal(parseMessage(long(8189)).headers.get('X')?.length, 8189)
    refused(long(8190), 'Header Too Long')
    refused(head('OPTIONS sip:x SIP/2.0', [...sound, `X: ${'y\r\n '.repeat(2100)}z`]), 'Header Too Long')
  })

  it('a start line of 8192 characters: 414 for a longer one', () => {
    refused(head(`OPTIONS sip:${'x'.repeat(8192)} SIP/2.0`, sound), 'Start Line Too Long', 414)
  })
})

describe('a second reading of the same octets', () => {
  const refused = (text: string, reason: string): void =>
    assert.throws(() => parseMessage(Buffer.from(text)), new SipParseError(reason))
  const start = 'OPTIONS sip:x@example.com SIP/2.0'

  it('a lone LF or CR ends no line, and is not passed on either', () => {
    const text = head(start, sound).toString()
    refused(text.replace('Call-ID: 1', 'Call-ID: 1\nInjected: yes'), 'Bad Line End')
    refused(text.replace('Call-ID: 1', 'Call-ID: 1\rInjected: yes'), 'Bad Line End')
    refused(text.replace('Call-ID: 1', 'Call-ID: 1\n\nInjected: yes'), 'Bad Line End')
    refused(text.replaceAll('\r\n', '\n'), 'Message Incomplete')
  })

  it('NUL only in a quoted pair', () => {
    refused(head(start, [...sound, 'X: a\0b']).toString(), 'Bad Character')
    assert.ok(parseMessage(head(start, [...sound, 'X: "a\\\0b"'])))
  })

  it('no header twice that must be single, in whatever spelling', () => {
    refused(head(start, [...sound, 'l: 0']).toString(), 'Repeated Content-Length')
    refused(head(start, [...sound, 'i: 2']).toString(), 'Repeated Call-ID')
    refused(head(start, [...sound, 'T: <sip:other@example.com>']).toString(), 'Repeated To')
  })

  it('no tag or branch that could pass for two', () => {
    refused(head(start, sound.with(1, 'From: <sip:a@b>;tag="1 2"')).toString(), 'Bad Tag')
    refused(head(start, sound.with(1, 'From: <sip:a@b>;tag')).toString(), 'Bad Tag')
    refused(head(start, sound.with(0, 'Via: SIP/2.0/UDP h;branch="z9hG4bK 1"')).toString(), 'Bad Branch')
    refused(head(start, sound.with(3, 'Call-ID: 1 2')).toString(), 'Bad Call-ID')
  })

  it('octets that are no UTF-8 are kept as Latin-1', () => {
    const octets = Buffer.from(head(start, sound.with(1, 'From: "J\u00fcrgen" <sip:a@b>;tag=1')).toString(), 'latin1')
    assert.equal(parseMessage(octets).from.displayName, 'J\u00fcrgen')
  })
})
