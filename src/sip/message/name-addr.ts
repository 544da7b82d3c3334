import { type Parameters, parseParameters, quote, serializeParameters, unquote } from './parameters.ts'
import { SipParseError } from './sip-parse-error.ts'

/** `"Display" <uri>;params`: the value of From, To, Contact, Route and their like (RFC 3261 section 20.10). */
export interface NameAddr {
  readonly displayName?: string
  readonly uri: string
  readonly params: Parameters
}

export function parseNameAddr(text: string): NameAddr {
  const open = openingBracket(text)
  if (open === -1) return parseAddrSpec(text)
  const close = text.indexOf('>', open)
  if (close === -1) throw new SipParseError('Bad Address')
  const uri = text.slice(open + 1, close).trim()
  const rest = text.slice(close + 1)
  if (uri === '' || !/^\s*(;|$)/.test(rest)) throw new SipParseError('Bad Address')
  const displayName = unquote(text.slice(0, open).trim())
  const semicolon = rest.indexOf(';')
  return {
    ...(displayName !== '' && { displayName }),
    uri,
    params: semicolon === -1 ? none : parseParameters(rest, semicolon + 1),
  }
}

const none: Parameters = new Map()

/** Without brackets, parameters belong to the header and not to the URI (RFC 3261 section 20.10). */
function parseAddrSpec(text: string): NameAddr {
  const semicolon = text.indexOf(';')
  const uri = (semicolon === -1 ? text : text.slice(0, semicolon)).trim()
  if (uri === '' || /[\s"]/.test(uri)) throw new SipParseError('Bad Address')
  return { uri, params: semicolon === -1 ? none : parseParameters(text, semicolon + 1) }
}

/** The "<" that opens the URI, not one inside a quoted display name. */
function openingBracket(text: string): number {
  const start = text.length - text.trimStart().length
  if (text[start] !== '"') return text.indexOf('<')
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === '"') return text.indexOf('<', index)
  }
  throw new SipParseError('Bad Display Name')
}

/** Always with brackets; the display name is quoted and can hold nothing that ends it, or the line, early. */
export function serializeNameAddr(address: {
  readonly displayName?: string | undefined
  readonly uri: string
  readonly params?: Parameters
}): string {
  const name = address.displayName === undefined || address.displayName === '' ? '' : `${quote(address.displayName)} `
  const uri = address.uri.replace(/[\r\n\0<>]/g, '')
  return `${name}<${uri}>${address.params === undefined ? '' : serializeParameters(address.params)}`
}
