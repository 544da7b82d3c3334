/** What a stranger may have heard of: never a tag of a dialog, nor the proof in a Via. */
export interface Known {
  /** Of a call that is up. */
  readonly callId: string
  readonly elsewhere: readonly string[]
  /** Of the newest challenge. */
  nonce: string
}

type Below = (limit: number) => number
interface Address {
  readonly host: string
  readonly port: number
}

const methods = [
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE', 'PUBLISH', 'REFER'],
  ...['INFO', 'PRACK', 'UPDATE', 'HELLO', 'invite'],
]
const statuses = [100, 180, 183, 199, 200, 200, 200, 202, 300, 302, 401, 407, 408, 481, 486, 487, 500, 503, 600, 603]
const sdp = 'v=0\r\no=- 1 1 IN IP4 10.9.9.9\r\ns=-\r\nc=IN IP4 10.9.9.9\r\nt=0 0\r\nm=audio 5060 RTP/AVP 0 8 101\r\n'

/** One packet, of any kind that a stranger may send by UDP to port 5060. */
export const strangerPacket = (known: Known, from: Address, below: Below): Buffer => {
  const kind = below(20)
  if (kind === 0) return Buffer.from(['\r\n\r\n', '\r\n', '\0\0\0\0', '', 'GET / HTTP/1.1\r\n\r\n'][below(5)] ?? '')
  if (kind === 1) return stun(below)
  if (kind < 9) return Buffer.from(response(known, from, below))
  return Buffer.from(request(known, from, below))
}

/** A binding request (RFC 5389 section 6). */
const stun = (below: Below): Buffer => {
  const octets = Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...Array.from({ length: 12 }, () => below(256))])
  return below(2) === 0 ? octets : Buffer.concat([octets, Buffer.alloc(below(500))])
}

const hexadecimal = (length: number, below: Below): string =>
  Array.from({ length }, () => below(16).toString(16)).join('')

const one = <Item>(items: readonly Item[], below: Below): Item => items[below(items.length)] as Item

const callIdOf = (known: Known, below: Below): string =>
  one([known.callId, `${hexadecimal(32, below)}@cordboard`, hexadecimal(below(40) + 1, below)], below)

const tagOf = (below: Below): string => one([hexadecimal(16, below), 'carriers-own-ta', 'x'], below)

/** Headers that aim elsewhere. */
const aims = (known: Known, from: Address, below: Below): string[] => {
  const host = (): string => one([...known.elsewhere, from.host], below)
  const uri = (): string =>
    `<sip:x@${host()}:${one([5060, 53, 9], below)}${one([';lr', ';transport=tcp;lr', '', ';maddr=10.9.9.9'], below)}>`
  const lines: string[] = []
  for (const name of ['Record-Route', 'Route', 'Contact', 'Path', 'Refer-To', 'Service-Route', 'Alert-Info']) {
    if (below(3) === 0) lines.push(`${name}: ${uri()}`)
  }
  return lines
}

const via = (known: Known, from: Address, below: Below): string => {
  const host = one([from.host, from.host, ...known.elsewhere], below)
  const port = one(['', `:${from.port}`, ':9', ':5060'], below)
  const parameters = one(
    [
      ';rport',
      '',
      ';rport=9',
      ';received=10.9.9.9',
      ';maddr=10.9.9.9',
      ';rport;received=10.9.9.9',
      ';ttl=1;maddr=239.1.1.1',
    ],
    below,
  )
  return `SIP/2.0/${one(['UDP', 'UDP', 'TCP', 'TLS'], below)} ${host}${port};branch=z9hG4bK${hexadecimal(below(24), below)}${parameters}`
}

const request = (known: Known, from: Address, below: Below): string => {
  const method = one(methods, below)
  const short = below(6) === 0
  const body = method === 'INVITE' && below(2) === 0 ? sdp : ''
  const username = one(['101', '999', 'a"b'], below)
  const credentials = `Digest username="${username}", realm="acme.example", nonce="${known.nonce}", uri="sip:acme.example", response="${hexadecimal(32, below)}", algorithm=${one(['MD5', 'SHA-256'], below)}, qop=auth, nc=0000000${below(9)}, cnonce="x"`
  return message(
    [
      `${method} ${one(['sip:101@acme.example', 'sip:a', 'sips:101@127.0.0.1', 'tel:+1', 'x:y'], below)} SIP/2.0`,
      `Via: ${via(known, from, below)}`,
      ...(below(8) === 0 ? Array.from({ length: below(30) }, () => `Via: ${via(known, from, below)}`) : []),
      `${short ? 'f' : 'From'}: <sip:101@acme.example>${one([`;tag=${tagOf(below)}`, ''], below)}`,
      `${short ? 't' : 'To'}: <sip:${username === '999' ? '999' : '101'}@acme.example>${one([`;tag=${tagOf(below)}`, '', ''], below)}`,
      `${short ? 'i' : 'Call-ID'}: ${callIdOf(known, below)}`,
      `CSeq: ${1 + below(9)} ${below(30) === 0 ? 'BYE' : method}`,
      ...(short ? [] : ['Max-Forwards: 70', ...aims(known, from, below)]),
      ...(below(3) === 0 ? [`Authorization: ${credentials}`] : []),
      ...(below(9) === 0
        ? [one(['Require: 100rel', 'Require: x, y', `Require: ${'z'.repeat(4000)}`, 'Expires: 0'], below)]
        : []),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ],
    body,
  )
}

const response = (known: Known, from: Address, below: Below): string => {
  const status = one(statuses, below)
  const method = one(['INVITE', 'INVITE', 'BYE', 'REGISTER', 'OPTIONS', 'CANCEL'], below)
  const branch = `z9hG4bK${hexadecimal(24, below)}`
  const proof = one(['', `;proof=${hexadecimal(20, below)}`, ';proof', ';proof=""'], below)
  const body = below(2) === 0 ? sdp : ''
  return message(
    [
      `SIP/2.0 ${status} Whatever`,
      `Via: SIP/2.0/UDP 127.0.0.1:5060;branch=${branch};rport=5060${proof}`,
      ...(below(4) === 0 ? [`Via: ${via(known, from, below)}`] : []),
      `From: <sip:alice@example.com>;tag=${tagOf(below)}`,
      `To: <sip:bob@example.com>${one([`;tag=${tagOf(below)}`, ';tag=carriers-own-tag', ''], below)}`,
      `Call-ID: ${callIdOf(known, below)}`,
      `CSeq: ${1 + below(3)} ${method}`,
      ...aims(known, from, below),
      ...(below(3) === 0 ? ['Require: 100rel', `RSeq: ${1 + below(9)}`] : []),
      ...(status === 401 || status === 407 ? [`WWW-Authenticate: Digest realm="x", nonce="${known.nonce}"`] : []),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ],
    body,
  )
}

const message = (head: readonly string[], body: string): string =>
  `${head.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
