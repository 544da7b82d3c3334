import {
  endOfQuotedString,
  noParameters,
  type Parameters,
  parseParameters,
  quote,
  serializeParameters,
  unquote,
} from './parameters.ts'
import { SipParseError } from './sip-parse-error.ts'

/** `"Display" <uri>;params`: the value of From, To, Contact, Route and their like (RFC 3261 section 20.10). */
export interface NameAddr {
  readonly displayName?: string
  readonly uri: string
  readonly params: Parameters
}

const absoluteUri = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"\0-\x20\x7f]+$/

/** Throws {@link SipParseError}. The URI is known to be one, but not yet to be one that we can read: see `parseUri`. */
export const parseNameAddr = (text: string): NameAddr => {
  const open = openingBracket(text)
  if (open < 0) return parseAddrSpec(text)
  const close = text.indexOf('>', open)
  if (close < 0) throw new SipParseError('Bad Address')
  const uri = checkUri(text.slice(open + 1, close))
  const params = parseTrailingParameters(text, close + 1)
  const displayName = open === 0 ? '' : parseDisplayName(text.slice(0, open).trim())
  return displayName === '' ? { uri, params } : { displayName, uri, params }
}

/**
 * Without brackets, parameters belong to the header and not to the URI, which then may hold neither comma, nor question mark, nor
 * semicolon (RFC 3261 section 20.10).
 */
const parseAddrSpec = (text: string): NameAddr => {
  const semicolon = text.indexOf(';')
  const uri = checkUri((semicolon < 0 ? text : text.slice(0, semicolon)).trim())
  if (/[,?]/.test(uri)) throw new SipParseError('Address Needs Brackets')
  return { uri, params: semicolon < 0 ? noParameters : parseParameters(text, semicolon + 1) }
}

const checkUri = (uri: string): string => {
  if (!absoluteUri.test(uri)) throw new SipParseError('Bad Address')
  return uri
}

const parseTrailingParameters = (text: string, start: number): Parameters => {
  if (start === text.length) return noParameters
  const semicolon = text.indexOf(';', start)
  const gap = text.slice(start, semicolon < 0 ? text.length : semicolon)
  if (gap !== '' && gap.trim() !== '') throw new SipParseError('Bad Address')
  return semicolon < 0 ? noParameters : parseParameters(text, semicolon + 1)
}

/**
 * A quoted string, or words. Words are taken as they come, whatever their letters: phones send names beyond RFC 3261's tokens
 * without quotes. But a comma or semicolon would make two of one value (RFC 4475 section 3.1.2.15).
 */
const parseDisplayName = (text: string): string => {
  if (text.startsWith('"')) {
    if (endOfQuotedString(text, 0) !== text.length - 1) throw new SipParseError('Bad Display Name')
    return unquote(text)
  }
  if (/[",;>]/.test(text)) throw new SipParseError('Bad Display Name')
  return text
}

/** The "<" that opens the URI, not one inside a quoted display name. */
const openingBracket = (text: string): number => {
  const open = text.indexOf('<')
  if (open <= 0) return open
  const quoted = text.indexOf('"')
  return quoted < 0 || quoted > open ? open : text.indexOf('<', endOfQuotedString(text, quoted))
}

/** Always with brackets; the display name is quoted and can hold nothing that ends it, or the line, early. */
export const serializeNameAddr = (address: {
  readonly displayName?: string | undefined
  readonly uri: string
  readonly params?: Parameters
}): string => {
  const name = address.displayName === undefined || address.displayName === '' ? '' : `${quote(address.displayName)} `
  const uri = address.uri.replace(/[\0-\x20<>"\x7f]/g, '')
  return `${name}<${uri}>${address.params === undefined ? '' : serializeParameters(address.params)}`
}
