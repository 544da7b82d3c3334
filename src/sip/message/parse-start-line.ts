import { SipParseError } from './sip-parse-error.ts'
import { isToken } from './token.ts'

export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string }

const version = 'SIP/2.0'
const anyVersion = /^SIP\/\d+\.\d+$/i
const statusLine = /^([1-6]\d\d)(?: (.*))?$/s
const notInUri = /[\s<>"\0-\x20\x7f]/
const longestMethod = 64

/** RFC 3261 sections 7.1 and 7.2. Between the parts stands one space, neither more nor around them. */
export const parseStartLine = (line: string): StartLine => {
  const firstSpace = line.indexOf(' ')
  if (firstSpace < 0) throw new SipParseError('Bad Start Line')
  const first = line.slice(0, firstSpace)
  return first.includes('/') ? parseStatusLine(first, line.slice(firstSpace + 1)) : parseRequestLine(first, line)
}

const parseRequestLine = (method: string, line: string): StartLine => {
  const lastSpace = line.lastIndexOf(' ')
  if (!isToken(method) || method.length > longestMethod) throw new SipParseError('Bad Method')
  const uri = line.slice(method.length + 1, lastSpace)
  checkVersion(line.slice(lastSpace + 1))
  if (uri === '' || notInUri.test(uri)) throw new SipParseError('Bad Request-URI')
  if (uri.includes('?') && hasHeaders(uri)) throw new SipParseError('Headers In Request-URI')
  return { kind: 'request', method, uri }
}

/** RFC 3261 section 19.1.1, table 1: no headers in a Request-URI. A user part may hold question marks of its own. */
const hasHeaders = (uri: string): boolean => /^sips?:/i.test(uri) && uri.includes('?', uri.indexOf('@') + 1)

const parseStatusLine = (given: string, rest: string): StartLine => {
  checkVersion(given)
  const match = statusLine.exec(rest)
  if (match === null) throw new SipParseError('Bad Status Line')
  return { kind: 'response', status: Number(match[1]), reason: match[2] ?? '' }
}

/** RFC 3261 section 7.1: the version is compared without case. Section 21.5.7: another one gets 505. */
const checkVersion = (given: string): void => {
  if (given === version || given.toUpperCase() === version) return
  throw anyVersion.test(given) ? new SipParseError('Version Not Supported', 505) : new SipParseError('Bad Start Line')
}
