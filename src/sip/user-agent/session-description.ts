import type { SipMessage } from '../message/message.ts'
import { type Parameters, parseParameters } from '../message/parameters.ts'
import { bodyType, sessionDescriptionType } from './capabilities.ts'

/**
 * The SDP of a message, alone or as one part of several: carriers add ISUP (RFC 3204) or rs-metadata (RFC 7865) to it. Empty
 * where there is no body, undefined where the body is something else.
 */
export const sessionDescription = (message: SipMessage): string | undefined => {
  const type = bodyType(message)
  if (type === undefined || type === sessionDescriptionType) return message.body.toString()
  if (type.startsWith('multipart/')) return descriptionAmongParts(message)
  // A request is refused for want of its type; a response cannot be.
  return type === '' && message.kind === 'response' ? message.body.toString() : undefined
}

/** RFC 2046 section 5.1.1. One character an octet, for another part may be binary. */
const descriptionAmongParts = ({ headers, body }: SipMessage): string | undefined => {
  const boundary = parametersOf(headers.get('Content-Type') ?? '').get('boundary')
  if (boundary === undefined || boundary === '') return undefined
  const [, ...parts] = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`)
  for (const part of parts) {
    if (part.startsWith('--')) return undefined
    const headEnd = part.indexOf('\r\n\r\n')
    const isDescription = /^content-type[ \t]*:[ \t]*application\/sdp[ \t]*(;|\r?$)/im.test(part.slice(0, headEnd))
    if (headEnd >= 0 && isDescription) return Buffer.from(part.slice(headEnd + 4), 'latin1').toString()
  }
  return undefined
}

const parametersOf = (contentType: string): Parameters => {
  const semicolon = contentType.indexOf(';')
  try {
    return parseParameters(contentType, semicolon < 0 ? contentType.length : semicolon + 1)
  } catch {
    return new Map()
  }
}
