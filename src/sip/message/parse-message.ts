import { type SipMessage, SipRequest, SipResponse } from './message.ts'
import { maximumMessageOctets } from './message-limits.ts'
import { findHeadEnd, type MessageHead, parseHead, skipEmptyLines } from './parse-head.ts'
import { parseStartLine } from './parse-start-line.ts'
import { SipParseError } from './sip-parse-error.ts'

/**
 * Parses one datagram (RFC 3261 sections 7 and 18.3). Throws {@link SipParseError}. What comes back has a sound Via, From, To,
 * Call-ID and CSeq, so that nobody behind the parser meets a broken one; all else is looked into when it is asked for.
 */
export const parseMessage = (datagram: Buffer): SipMessage => {
  if (datagram.length > maximumMessageOctets) throw new SipParseError('Message Too Large', 513)
  const start = skipEmptyLines(datagram, 0)
  const end = findHeadEnd(datagram, start)
  if (end < 0) throw new SipParseError('Message Incomplete')
  const head = parseHead(datagram, start, end)
  const rest = datagram.subarray(end + 4)
  const length = contentLength(head) ?? rest.length
  // RFC 3261 section 18.3: octets beyond Content-Length are dropped, too few are an error.
  if (length > rest.length) throw new SipParseError('Body Shorter Than Content-Length')
  return createMessage(head, length === rest.length ? rest : rest.subarray(0, length))
}

/** The length of the body, undefined where it is not told. */
export const contentLength = ({ headers }: MessageHead): number | undefined => {
  const value = headers.get('Content-Length')
  return value === undefined ? undefined : parseContentLength(value)
}

export const parseContentLength = (value: string): number => {
  if (!/^\d{1,9}$/.test(value)) throw new SipParseError('Bad Content-Length')
  return Number(value)
}

/** Puts head and body together and checks what RFC 3261 section 8.1.1 demands of every message. */
export const createMessage = ({ startLine, headers }: MessageHead, body: Buffer): SipMessage => {
  const start = parseStartLine(startLine)
  const message =
    start.kind === 'request'
      ? new SipRequest(start.method, start.uri, headers, body)
      : new SipResponse(start.status, start.reason, headers, body)
  const { callId, cseq } = message
  if (callId === '' || /\s/.test(callId)) throw new SipParseError('Bad Call-ID')
  void message.via
  void message.from
  void message.to
  if (message.kind === 'request') {
    if (cseq.method !== message.method) throw new SipParseError('CSeq Method Does Not Match')
    const hops = headers.get('Max-Forwards')
    // RFC 3261 section 20.22: 0 to 255. It may be missing: RFC 2543 did not know it.
    if (hops !== undefined && !(/^\d{1,10}$/.test(hops) && Number(hops) <= 255))
      throw new SipParseError('Bad Max-Forwards')
  }
  return message
}

export { SipParseError } from './sip-parse-error.ts'
