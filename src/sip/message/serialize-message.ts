import type { SipMessage } from './message.ts'
import { isToken } from './token.ts'

/** The message as it goes on the wire; Content-Length is made to fit the body. Nothing in it can begin a line of its own. */
export const serializeMessage = (message: SipMessage): Buffer => {
  const { headers, body } = message
  const length = String(body.length)
  // A change would make the message forget what it has parsed.
  if (headers.get('Content-Length') !== length) headers.set('Content-Length', length)
  const head = `${startLine(message)}\r\n${headers.serialize()}\r\n`
  if (body.length === 0) return Buffer.from(head)
  const headLength = Buffer.byteLength(head)
  const octets = Buffer.allocUnsafe(headLength + body.length)
  octets.write(head, 0, 'utf8')
  octets.set(body, headLength)
  return octets
}

const startLine = (message: SipMessage): string =>
  message.kind === 'request'
    ? `${cleanMethod(message.method)} ${cleanUri(message.uri)} SIP/2.0`
    : `SIP/2.0 ${message.status} ${cleanReason(message.reason)}`

const cleanMethod = (method: string): string =>
  isToken(method) ? method : method.replace(/[^A-Za-z0-9\-.!%*_+`'~]/g, '')

const notInUri = /[\s<>"\0-\x20\x7f]/
/** RFC 3261 section 25.1: what may not stand in a URI stands there escaped. */
const cleanUri = (uri: string): string =>
  notInUri.test(uri) ? uri.replace(/[\s<>"\0-\x20\x7f]/g, (character) => encodeURIComponent(character)) : uri

const notInReason = /[\r\n\0]/
const cleanReason = (reason: string): string => (notInReason.test(reason) ? reason.replace(/[\r\n\0]+/g, ' ') : reason)
