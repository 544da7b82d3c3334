import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SipRequest } from '../message/message.ts'
import { parseMessage } from '../message/parse-message.ts'
import { SipParseError } from '../message/sip-parse-error.ts'
import { answerMalformed } from './answer-malformed.ts'
import type { Source } from './destination.ts'
import { responseDestination } from './response-destination.ts'
import { stampReceived } from './stamp-received.ts'

const source = (host: string, port: number, protocol: Source['protocol'] = 'udp'): Source => ({
  protocol,
  host,
  port,
  local: { host: '192.0.2.1', port: 5060 },
  flow: `${protocol}:x`,
})

const requestWith = (via: string): SipRequest => {
  const head = [
    'OPTIONS sip:a@b SIP/2.0',
    `Via: ${via}`,
    'From: <sip:a@b>;tag=1',
    'To: <sip:c@d>',
    'Call-ID: x',
    'CSeq: 1 OPTIONS',
  ]
  const message = parseMessage(Buffer.from(`${head.join('\r\n')}\r\n\r\n`))
  assert.ok(message instanceof SipRequest)
  return message
}

describe('RFC 3261 section 18.2.1 and RFC 3581 section 4: received and rport', () => {
  const cases = [
    [
      'the address is the sent-by’s',
      'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKA',
      'SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKA',
    ],
    [
      'the sent-by is another address',
      'SIP/2.0/UDP 10.0.0.1;branch=z',
      'SIP/2.0/UDP 10.0.0.1;branch=z;received=192.0.2.2',
    ],
    [
      'the sent-by is a name',
      'SIP/2.0/UDP Phone.Example;branch=z',
      'SIP/2.0/UDP Phone.Example;branch=z;received=192.0.2.2',
    ],
    [
      'rport is asked for',
      'SIP/2.0/UDP 192.0.2.2;rport;branch=z',
      'SIP/2.0/UDP 192.0.2.2;branch=z;rport=31000;received=192.0.2.2',
    ],
    [
      'the client made up values',
      'SIP/2.0/UDP 192.0.2.2;received=8.8.8.8;rport=1;branch=z',
      'SIP/2.0/UDP 192.0.2.2;branch=z;rport=31000;received=192.0.2.2',
    ],
    [
      'a quoted string looks like the parameters',
      'SIP/2.0/UDP 192.0.2.2;x="a;rport=b;received=c";rport="d;e";branch=z',
      'SIP/2.0/UDP 192.0.2.2;x="a;rport=b;received=c";branch=z;rport=31000;received=192.0.2.2',
    ],
    [
      'a proxy is behind it',
      'SIP/2.0/UDP 10.0.0.1;branch=z, SIP/2.0/UDP 10.0.0.9;branch=y',
      'SIP/2.0/UDP 10.0.0.1;branch=z;received=192.0.2.2, SIP/2.0/UDP 10.0.0.9;branch=y',
    ],
  ] as const
  for (const [when, before, after] of cases) {
    it(`where ${when}`, () => {
      const request = requestWith(before)
      stampReceived(request, { host: '192.0.2.2', port: 31_000 })
      assert.equal(request.headers.get('Via'), after)
      assert.equal(request.headers.has('Call-ID'), true)
    })
  }

  it('compares IPv6 addresses without their brackets', () => {
    const request = requestWith('SIP/2.0/UDP [2001:db8::1]:5060;branch=z')
    stampReceived(request, { host: '2001:db8::1', port: 5060 })
    assert.equal(request.via.params.has('received'), false)
  })
})

describe('RFC 3261 section 18.2.2: where a response goes', () => {
  const cases = [
    ['by UDP to the port of the sent-by', 'SIP/2.0/UDP 192.0.2.2:5066;branch=z', 'udp', 5066],
    ['by UDP to 5060 without one', 'SIP/2.0/UDP 192.0.2.2;branch=z', 'udp', 5060],
    ['by UDP to the port of a sent-by that is a name', 'SIP/2.0/UDP proxy.example:5066;branch=z', 'udp', 5066],
    ['by UDP through a NAT, though without rport', 'SIP/2.0/UDP 10.0.0.1:5066;branch=z', 'udp', 31_000],
    ['RFC 3581: by UDP to the port it came from with rport', 'SIP/2.0/UDP 10.0.0.1:5066;rport;branch=z', 'udp', 31_000],
    [
      'by TCP over the same connection, else to the sent-by’s port',
      'SIP/2.0/TCP 10.0.0.1:5066;rport;branch=z',
      'tcp',
      5066,
    ],
    ['never to maddr', 'SIP/2.0/UDP 192.0.2.2:5066;maddr=198.51.100.1;branch=z', 'udp', 5066],
  ] as const
  for (const [name, via, protocol, port] of cases) {
    it(name, () => {
      const destination = responseDestination(requestWith(via), source('192.0.2.2', 31_000, protocol))
      assert.deepEqual(destination, { protocol, host: '192.0.2.2', port, flow: `${protocol}:x` })
    })
  }
})

describe('RFC 3261 section 8.2: requests that cannot be read', () => {
  const answer = (text: string) => {
    const octets = Buffer.from(text)
    let error = new SipParseError('Bad')
    try {
      parseMessage(octets)
    } catch (caught) {
      error = caught as SipParseError
    }
    return answerMalformed(octets, error, source('192.0.2.2', 31_000), () => 'tag')
  }
  const via = 'Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx;rport\r\n'

  it('are answered with what they hold of Via, From, To, Call-ID and CSeq', () => {
    const made = answer(`INVITE sip:a@b SIP/2.0\r\n${via}f: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCSeq: 1 INVITE\r\n\r\n`)
    assert.equal(made?.response.status, 400)
    assert.equal(made.response.reason, 'Missing call-id')
    assert.match(made.response.headers.get('Via') ?? '', /branch=z9hG4bKx;rport=31000;received=192\.0\.2\.2$/)
    assert.equal(made.response.headers.get('From'), '<sip:a@b>;tag=1')
    assert.equal(made.response.headers.get('To'), '<sip:c@d>;tag=tag')
  })

  it('go back to where they came from, whatever their Via quotes', () => {
    for (const parameters of [
      'x="a;rport=b";rport',
      'rport="a;b"',
      'received="a;b";rport',
      'rport;x="\\\\";y=";rport="',
    ]) {
      const made = answer(`INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx;${parameters}\r\n\r\n`)
      assert.equal(made?.destination.port, 31_000, parameters)
    }
  })

  for (const [name, line, broken, status] of [
    ['RFC 4475 section 3.1.2.1: with stray separators in it', 'SIP/2.0', 'SIP/2.0/UDP 192.0.2.15;;,;,,', 400],
    ['RFC 4475 section 3.1.2.16: of another version', 'SIP/7.0', 'SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw', 505],
    ['of a port that no host has', 'SIP/2.0', 'SIP/2.0/UDP 127.0.0.1:99999999;branch=z9hG4bKx', 400],
    ['that is nonsense', 'SIP/2.0', 'UDP nonsense', 400],
  ] as const) {
    it(`with a broken Via, ${name}, go back to their source with the Via as it was: ${status}`, () => {
      const made = answer(`OPTIONS sip:a@b ${line}\r\nTo: <sip:c@d>\r\nVia: ${broken}\r\n\r\n`)
      assert.equal(made?.response.status, status)
      assert.equal(made.response.headers.get('Via'), broken)
      assert.deepEqual([made.destination.host, made.destination.port], ['192.0.2.2', 31_000])
    })
  }

  it('RFC 4475 section 3.1.2.10: with white space behind the version get 400', () => {
    const made = answer(
      `OPTIONS sip:a@b SIP/2.0  \r\n${via}From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n\r\n`,
    )
    assert.equal(made?.response.status, 400)
  })

  it('with another version get 505', () => {
    const made = answer(
      `INVITE sip:a@b SIP/7.0\r\n${via}From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n`,
    )
    assert.equal(made?.response.status, 505)
  })

  it('with a broken To get it back as it was', () => {
    const made = answer(
      `BYE sip:a@b SIP/2.0\r\n${via}From: <sip:a@b>;tag=1\r\nTo: "<sip:c@d\r\nCall-ID: x\r\nCSeq: 1 BYE\r\n\r\n`,
    )
    assert.equal(made?.response.headers.get('To'), '"<sip:c@d')
  })

  for (const [name, text] of [
    ['an ACK', `ACK sip:a@b SIP/2.0\r\n${via}\r\n`],
    ['a response', `SIP/2.0 200 OK\r\n${via}\r\n`],
    ['without a Via', 'INVITE sip:a@b SIP/2.0\r\nFrom: x\r\n\r\n'],
    ['noise', '\u0000\u0001\u0002\u0003\u0004\u0005'],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ] as const) {
    it(`are dropped: ${name}`, () => assert.equal(answer(text), undefined))
  }
})
