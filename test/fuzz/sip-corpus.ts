import { createInvite } from '../../bench/parser.ts'
import { tortureMessages } from '../fixtures/sip/torture-messages.ts'

const lines = (...text: string[]): Buffer => Buffer.from(`${text.join('\r\n')}\r\n\r\n`)

/** What mutations begin from: whole messages of every kind that we meet, and the torture messages. */
export const sipCorpus: readonly Buffer[] = [
  createInvite(),
  lines(
    'REGISTER sip:example.com SIP/2.0',
    'Via: SIP/2.0/TCP [2001:db8::9:1]:5061;branch=z9hG4bKnashds7;rport;received=2001:db8::9:1',
    'Max-Forwards: 70',
    'From: "Bob \\"B\\" <x>" <sip:bob@example.com>;tag=456248',
    'To: Bob <sip:bob@example.com>',
    'Call-ID: 843817637684230@998sdasdh09',
    'CSeq: 1826 REGISTER',
    'Contact: <sip:bob@[2001:db8::9:1];ob>;expires=60;q=0.5, <tel:+61-2-5550-1000;phone-context=example.com>',
    'Authorization: Digest username="bob", realm="example.com", nonce="0123456789abcdef", uri="sip:example.com",',
    ' response="6629fae49393a05397450978507c4ef1", algorithm=MD5, qop=auth, nc=00000001, cnonce="0a4f113b"',
    'Expires: 7200',
    'Content-Length: 0',
  ),
  lines(
    'SIP/2.0 401 Unauthorized',
    'v: SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bK74b43;received=192.0.2.4, SIP/2.0/UDP a.example.com;branch=z9hG4bK1',
    'f: Alice <sip:alice@example.com>;tag=9fxced76sl',
    't: sip:bob@example.com;tag=8321234356',
    'i: 3848276298220188511@example.com',
    'CSeq: 1 INVITE',
    'WWW-Authenticate: Digest realm="example.com", nonce="f84f1cec41e6cbe5aea9c8e88d359", algorithm=SHA-256, qop="auth"',
    'Record-Route: <sip:p1.example.com;lr>, <sips:p2.example.com:5061;lr;x="a,b">',
    'l: 0',
  ),
  Buffer.from('\r\n\r\n'),
  ...tortureMessages.map(({ octets }) => octets),
]
