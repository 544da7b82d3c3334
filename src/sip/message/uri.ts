import { parseHostPort } from './host-port.ts'
import { noParameters, type Parameters, parseParameters } from './parameters.ts'
import { SipParseError } from './sip-parse-error.ts'

/** A SIP or SIPS URI (RFC 3261 section 19.1.1), or a tel URI (RFC 3966), whose number is the `user`. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'tel'
  /** Unescaped. */
  readonly user?: string
  readonly password?: string
  /** Lower case; an IPv6 reference keeps its brackets. Empty in a tel URI. */
  readonly host: string
  readonly port?: number
  readonly params: Parameters
  /** What follows the question mark, as it stands. */
  readonly headers?: string
}

const forbidden = /[\s<>"\0-\x20\x7f]/

/** Throws {@link SipParseError}: 416 for a scheme that we do not know, 400 for anything else. */
export function parseUri(text: string): SipUri {
  if (forbidden.test(text)) throw new SipParseError('Bad URI')
  const colon = text.indexOf(':')
  const scheme = text.slice(0, Math.max(0, colon)).toLowerCase()
  if (scheme === 'tel') return parseTel(text.slice(colon + 1))
  if (scheme !== 'sip' && scheme !== 'sips') throw new SipParseError('Unsupported URI Scheme', 416)
  return parseSip(scheme, text.slice(colon + 1))
}

/** Like `parseUri`; undefined for what cannot be read. */
export function tryParseUri(text: string): SipUri | undefined {
  try {
    return parseUri(text)
  } catch {
    return undefined
  }
}

function parseTel(rest: string): SipUri {
  const semicolon = rest.indexOf(';')
  const number = semicolon === -1 ? rest : rest.slice(0, semicolon)
  if (number === '') throw new SipParseError('Bad URI')
  const params = semicolon === -1 ? noParameters : parseParameters(rest, semicolon + 1)
  return { scheme: 'tel', user: number, host: '', params }
}

function parseSip(scheme: 'sip' | 'sips', rest: string): SipUri {
  // The user part may hold ";" and "?" (RFC 3261 section 25.1), so the "@" is looked for first.
  const at = rest.lastIndexOf('@', endOfAuthority(rest))
  const userInfo = at === -1 ? undefined : rest.slice(0, at)
  let tail = at === -1 ? rest : rest.slice(at + 1)
  const question = tail.indexOf('?')
  const headers = question === -1 ? undefined : tail.slice(question + 1)
  if (question !== -1) tail = tail.slice(0, question)
  const semicolon = tail.indexOf(';')
  const hostPort = semicolon === -1 ? tail : tail.slice(0, semicolon)
  const { host, port } = parseHostPort(hostPort)
  const password = userInfo?.includes(':') ? userInfo.slice(userInfo.indexOf(':') + 1) : undefined
  const user =
    userInfo === undefined ? undefined : password === undefined ? userInfo : userInfo.slice(0, userInfo.indexOf(':'))
  if (user === '') throw new SipParseError('Bad URI')
  return {
    scheme,
    ...(user !== undefined && { user: unescapeUser(user) }),
    ...(password !== undefined && { password: unescapeUser(password) }),
    host,
    ...(port !== undefined && { port }),
    params: semicolon === -1 ? noParameters : parseParameters(tail, semicolon + 1),
    ...(headers !== undefined && { headers }),
  }
}

/** An "@" in the headers part is no end of the user part. */
function endOfAuthority(rest: string): number {
  const at = rest.indexOf('@')
  if (at === -1) return -1
  const question = rest.indexOf('?', at)
  return question === -1 ? rest.length : question
}

function unescapeUser(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    throw new SipParseError('Bad URI Escape')
  }
}

const userSafe = /^[A-Za-z0-9\-_.!~*'()&=+$,;?/]*$/

/** Escapes what a user part may not hold as it is (RFC 3261 section 25.1): CR, LF, "@" and the like among them. */
export const escapeUser = (user: string): string =>
  userSafe.test(user)
    ? user
    : [...Buffer.from(user)]
        .map((octet) => {
          const character = String.fromCharCode(octet)
          return octet < 0x80 && userSafe.test(character)
            ? character
            : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
        })
        .join('')

export function serializeUri(uri: SipUri): string {
  const params = serializeUriParameters(uri.params)
  if (uri.scheme === 'tel') return `tel:${uri.user ?? ''}${params}`
  const password = uri.password === undefined ? '' : `:${escapeUser(uri.password)}`
  const userInfo = uri.user === undefined ? '' : `${escapeUser(uri.user)}${password}@`
  const port = uri.port === undefined ? '' : `:${uri.port}`
  const headers = uri.headers === undefined ? '' : `?${uri.headers}`
  return `${uri.scheme}:${userInfo}${uri.host}${port}${params}${headers}`
}

/** URI parameters are escaped, never quoted. They were read escaped, and stay so. */
function serializeUriParameters(params: Parameters): string {
  let text = ''
  for (const [name, value] of params) text += value === undefined ? `;${name}` : `;${name}=${value}`
  return text
}

/** Parameters that make two URIs different when only one of them has it (RFC 3261 section 19.1.4). */
const decisiveParameters = ['user', 'ttl', 'method', 'maddr', 'transport', 'phone-context', 'ext', 'isub']

/**
 * RFC 3261 section 19.1.4, and for tel URIs RFC 3966 section 4. A reserved character and its escape, which differ by the letter of
 * the first, are the same here: users are compared unescaped.
 */
export function uriEquals(a: SipUri, b: SipUri): boolean {
  if (a.scheme !== b.scheme || a.password !== b.password || a.host !== b.host || a.port !== b.port) return false
  if (a.scheme === 'tel' ? digitsOf(a) !== digitsOf(b) : a.user !== b.user) return false
  for (const name of decisiveParameters) if (a.params.has(name) !== b.params.has(name)) return false
  for (const [name, value] of a.params) {
    if (b.params.has(name) && b.params.get(name)?.toLowerCase() !== value?.toLowerCase()) return false
  }
  return sortedHeaders(a) === sortedHeaders(b)
}

/** RFC 3966 section 4: visual separators do not count. */
const digitsOf = ({ user }: SipUri): string => (user ?? '').replace(/[-.()]/g, '').toLowerCase()

const sortedHeaders = (uri: SipUri): string => (uri.headers ?? '').split('&').sort().join('&')
