import { createResponse } from '../message/create-response.ts'
import { Headers } from '../message/headers.ts'
import { SipRequest, type SipResponse } from '../message/message.ts'
import type { SipParseError } from '../message/sip-parse-error.ts'
import type { Destination, Source } from './destination.ts'
import { responseDestination } from './response-destination.ts'
import { stampReceived } from './stamp-received.ts'

const longestHead = 16_384
const copied = /^(via|v|from|f|to|t|call-id|i|cseq)[ \t]*:[ \t]*(\S.*)$/i

/** The answer to a request that could not be read, and where it goes. */
export interface MalformedAnswer {
  readonly response: SipResponse
  readonly destination: Destination
}

/**
 * Answers a request that could not be read (RFC 3261 section 8.2): its first line and a Via are enough. Undefined for what cannot
 * be answered, or must not be: responses, ACK, noise.
 */
export const answerMalformed = (
  octets: Buffer,
  error: SipParseError,
  source: Source,
  createTag: () => string,
): MalformedAnswer | undefined => {
  const text = octets.toString('utf8', 0, Math.min(octets.length, longestHead)).trimStart()
  const head = text.split(/\r?\n\r?\n/, 1)[0] ?? ''
  // RFC 3261 section 7.3.1: folded lines.
  const [firstLine, ...lines] = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
  // RFC 4475 section 3.1.2.10: white space behind the version is one of the things that a request is refused for.
  const start = /^([A-Za-z0-9\-.!%*_+`'~]{1,32}) .*SIP\/\d+\.\d+[ \t]*$/i.exec(firstLine ?? '')
  const method = start?.[1]
  if (method === undefined || method === 'ACK') return undefined
  const headers = new Headers()
  for (const line of lines) {
    const match = copied.exec(line)
    if (match !== null) headers.append(match[1] as string, match[2] as string)
  }
  if (!headers.has('Via')) return undefined
  const request = new SipRequest(method, '', headers)
  const destination = destinationOf(request, source)
  try {
    return { destination, response: createResponse(request, error.status, error.reason, { toTag: createTag() }) }
  } catch {
    // The To is what is broken: it goes back as it came.
    return { destination, response: createResponse(request, error.status, error.reason) }
  }
}

const destinationOf = (request: SipRequest, source: Source): Destination => {
  try {
    stampReceived(request, source)
    return responseDestination(request, source)
  } catch {
    // RFC 4475 section 3.1.2.1: the Via is what is broken. It goes back as it came, to where it came from.
    const { protocol, host, port, flow } = source
    return { protocol, host, port, flow }
  }
}
