import { parseReplaces, type Replaces, serializeReplaces } from '../dialog/replaces.ts'
import type { SipRequest } from '../message/message.ts'
import { type NameAddr, parseNameAddr, serializeNameAddr } from '../message/name-addr.ts'
import { SipParseError } from '../message/sip-parse-error.ts'
import { parseUri, serializeUri } from '../message/uri.ts'

/** Where a REFER points to (RFC 3515 section 2.1). */
export interface ReferTarget {
  /** Without the headers and the method of its URI. */
  readonly to: NameAddr
  /** The dialog whose place the new call is to take: an attended transfer (RFC 3891). */
  readonly replaces?: Replaces
  /** Who asked for it, as the peer says (RFC 3892); nobody vouches for it. */
  readonly referredBy?: NameAddr
}

/**
 * Reads what a REFER asks for. Throws a {@link SipParseError} with what the peer is to hear: 400 for none or several Refer-To
 * (RFC 3515 section 2.4.2) or one that cannot be read, 416 for a scheme that we do not know, 603 for another method than INVITE.
 * Of the headers in the URI, which a stranger may fill, Replaces alone is read (RFC 3261 section 19.1.5).
 */
export const parseReferTarget = (refer: SipRequest): ReferTarget => {
  const [value, ...others] = refer.headers.getAll('Refer-To')
  if (value === undefined || others.length > 0) throw new SipParseError('One Refer-To Expected')
  const { uri, params, ...name } = parseNameAddr(value)
  const { headers, ...parsed } = parseUri(uri)
  // RFC 3966 section 3 knows no headers, which would be digits here.
  if (parsed.scheme === 'tel' && uri.includes('?')) throw new SipParseError('Bad URI')
  const method = parsed.params.get('method')
  if (method !== undefined && method.toUpperCase() !== 'INVITE') throw new SipParseError('Only INVITE Is Referred', 603)
  const uriParams = new Map(parsed.params)
  uriParams.delete('method')
  const to = { ...name, uri: serializeUri({ ...parsed, params: uriParams }), params }
  const replaces = replacesAmong(headers)
  const referredBy = readReferredBy(refer)
  return { to, ...(replaces !== undefined && { replaces }), ...(referredBy !== undefined && { referredBy }) }
}

/** The headers of a REFER that asks for this. */
export const renderReferTarget = ({ to, replaces, referredBy }: ReferTarget): [string, string][] => {
  const headers = replaces === undefined ? '' : `?Replaces=${encodeURIComponent(serializeReplaces(replaces))}`
  return [
    ['Refer-To', serializeNameAddr({ ...to, uri: `${to.uri}${headers}` })],
    ...(referredBy === undefined ? [] : [['Referred-By', serializeNameAddr(referredBy)] as [string, string]]),
  ]
}

/** A Replaces that cannot be read must not become a blind transfer. */
const replacesAmong = (headers: string | undefined): Replaces | undefined => {
  const values = (headers ?? '').split('&').flatMap((header) => {
    const [name = '', ...value] = header.split('=')
    return unescapeHeader(name).toLowerCase() === 'replaces' ? [value.join('=')] : []
  })
  const [value] = values
  if (value === undefined) return undefined
  const replaces = values.length === 1 ? parseReplaces(unescapeHeader(value)) : undefined
  if (replaces === undefined) throw new SipParseError('Bad Replaces')
  return replaces
}

const unescapeHeader = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new SipParseError('Bad URI Escape')
  }
}

/** One that cannot be read says nothing: the transfer does not depend on it. */
const readReferredBy = (refer: SipRequest): NameAddr | undefined => {
  const value = refer.headers.get('Referred-By')
  if (value === undefined) return undefined
  try {
    return parseNameAddr(value)
  } catch {
    return undefined
  }
}
