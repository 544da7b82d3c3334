import { Headers } from './headers.ts'
import { SipRequest, SipResponse, type SipMessage } from './message.ts'
import { SipParseError } from './sip-parse-error.ts'

export { SipParseError } from './sip-parse-error.ts'

/** Bounds on what a peer can make us hold; a phone's INVITE has about 25 headers in 1.5 kB. */
export const maximumMessageOctets = 65_535
const maximumHeaders = 256
const maximumHeaderLength = 16_384

const requestLine = /^([A-Za-z0-9\-.!%*_+`'~]{1,32}) (\S{1,2048}) SIP\/2\.0$/i
const statusLine = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i
const notToken = /[^A-Za-z0-9\-.!%*_+`'~]/
const carriageReturn = 13
const lineFeed = 10

/**
 * Parses one whole message: a datagram, or what a stream's Content-Length marks off (RFC 3261 section 7). Throws
 * {@link SipParseError}.
 */
export function parseMessage(octets: Buffer): SipMessage {
  if (octets.length > maximumMessageOctets) throw new SipParseError('Message Too Large', 513)
  const start = skipEmptyLines(octets)
  const end = endOfHead(octets, start)
  const lines = splitLines(octets.toString('utf8', start, end))
  const headers = parseHeaderLines(lines)
  const message = createMessage(lines[0] as string, headers, octets.subarray(end))
  cutBody(message)
  checkRequired(message)
  return message
}

/** RFC 3261 section 7.5: empty lines before the start line are ignored. */
function skipEmptyLines(octets: Buffer): number {
  let start = 0
  while (octets[start] === carriageReturn || octets[start] === lineFeed) start++
  return start
}

/** The index behind the empty line; a message without one is all head. Lone LFs are taken for line ends, as phones send them. */
export function endOfHead(octets: Buffer, start: number): number {
  const crlf = octets.indexOf('\r\n\r\n', start, 'latin1')
  if (crlf !== -1) return crlf + 4
  const lf = octets.indexOf('\n\n', start, 'latin1')
  return lf === -1 ? octets.length : lf + 2
}

function splitLines(head: string): string[] {
  return head.includes('\n') ? head.split(/\r?\n/) : [head]
}

function parseHeaderLines(lines: readonly string[]): Headers {
  const headers = new Headers()
  for (let index = 1; index < lines.length; index++) {
    let line = lines[index] as string
    if (line === '') break
    // RFC 3261 section 7.3.1: a line that begins with white space continues the one before.
    while (startsWithSpace(lines[index + 1])) line = `${line} ${(lines[++index] as string).trim()}`
    if (line.length > maximumHeaderLength) throw new SipParseError('Header Too Long', 513)
    const colon = line.indexOf(':')
    const name = colon === -1 ? '' : line.slice(0, colon).trimEnd()
    if (name === '' || notToken.test(name)) throw new SipParseError('Bad Header')
    if (headers.size >= maximumHeaders) throw new SipParseError('Too Many Headers', 513)
    headers.append(name, line.slice(colon + 1).trim())
  }
  return headers
}

const startsWithSpace = (line: string | undefined): boolean =>
  line !== undefined && (line[0] === ' ' || line[0] === '\t')

function createMessage(startLine: string, headers: Headers, rest: Buffer): SipMessage {
  const request = requestLine.exec(startLine)
  if (request !== null) return new SipRequest(request[1] as string, request[2] as string, headers, rest)
  const status = statusLine.exec(startLine)
  if (status !== null) return new SipResponse(Number(status[1]), status[2] ?? '', headers, rest)
  if (/ SIP\/\d+\.\d+$/i.test(startLine)) throw new SipParseError('Version Not Supported', 505)
  throw new SipParseError('Bad Start Line')
}

/** RFC 3261 section 18.3: octets beyond Content-Length are dropped, too few are an error. */
function cutBody(message: SipMessage): void {
  const value = message.headers.get('content-length')
  if (value === undefined) return
  const length = parseContentLength(value)
  if (length > message.body.length) throw new SipParseError('Body Shorter Than Content-Length')
  message.body = message.body.subarray(0, length)
}

export function parseContentLength(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new SipParseError('Bad Content-Length')
  return Number(value)
}

/** RFC 3261 section 8.1.1: what every message has, so that nobody behind the parser meets a broken one. */
function checkRequired(message: SipMessage): void {
  if (message.callId === '') throw new SipParseError('Missing Call-ID')
  void message.via
  void message.from
  void message.to
  if (message.kind === 'request' && message.cseq.method !== message.method) {
    throw new SipParseError('CSeq Method Does Not Match')
  }
  void message.cseq
}
