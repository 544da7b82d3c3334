import { SipParseError } from './sip-parse-error.ts'

/** Parameters of a URI or header, names in lower case; a flag has no value. */
export type Parameters = ReadonlyMap<string, string | undefined>

export const noParameters: Parameters = new Map()

/** The characters of `token` and of `pname` (RFC 3261 section 25.1), for headers and URIs alike. */
const notInName = /[^A-Za-z0-9\-.!%*_+`'~()[\]/:&$]/

const quoteCode = 0x22
const semicolonCode = 0x3b

/**
 * Reads `name=value;flag` from `start` on, where the first name stands. A quoted value is given without its quotes; semicolons in it
 * are its own. Of a name that comes twice, which RFC 3261 section 7.3.1 forbids, the first counts. Throws {@link SipParseError} for a
 * quote without an end and for a name that is none; an empty one at the very end, too, where others may append parameters of theirs.
 */
export const parseParameters = (text: string, start: number): Map<string, string | undefined> => {
  const parameters = new Map<string, string | undefined>()
  const hasQuotes = text.includes('"', start)
  for (let index = start; index <= text.length; ) {
    const end = hasQuotes ? endOfQuotingParameter(text, index) : endOfParameter(text, index)
    const equals = text.indexOf('=', index)
    const hasValue = equals >= 0 && equals < end
    const name = text.slice(index, hasValue ? equals : end).trim()
    if (name === '' || notInName.test(name)) throw new SipParseError('Bad Parameter')
    const key = name.toLowerCase()
    if (!parameters.has(key)) parameters.set(key, hasValue ? unquote(text.slice(equals + 1, end).trim()) : undefined)
    index = end + 1
  }
  return parameters
}

const endOfParameter = (text: string, start: number): number => {
  const semicolon = text.indexOf(';', start)
  return semicolon < 0 ? text.length : semicolon
}

const endOfQuotingParameter = (text: string, start: number): number => {
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === semicolonCode) return index
    if (code === quoteCode) index = endOfQuotedString(text, index)
  }
  return text.length
}

/** The index of the quote that ends the quoted string which begins at `start` (RFC 3261 section 25.1). */
export const endOfQuotedString = (text: string, start: number): number => {
  let backslash = text.indexOf('\\', start + 1)
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    // Escapes go in pairs from the left: the quote counts if none of them takes it.
    while (backslash >= 0 && backslash < end - 1) backslash = text.indexOf('\\', backslash + 2)
    if (backslash !== end - 1) return end
    backslash = text.indexOf('\\', end + 1)
  }
  throw new SipParseError('Quote Without End')
}

/** The text of a quoted string (RFC 3261 section 25.1); anything else as it is. */
export const unquote = (text: string): string => {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text
  const inner = text.slice(1, -1)
  return inner.includes('\\') ? inner.replace(/\\(.)/gs, '$1') : inner
}

/** A quoted string that holds `text` and nothing that could end it, or its line, early. */
export const quote = (text: string): string => `"${text.replace(/[\r\n\0]+/g, ' ').replace(/["\\]/g, '\\$&')}"`

/** `token` or `host` (RFC 3261 section 25.1, `gen-value`). */
const plainValue = /^[A-Za-z0-9\-.!%*_+`'~[\]:]+$/

/** `;name=value` for each; values that are neither token nor host are quoted. */
export const serializeParameters = (parameters: Parameters): string => {
  let text = ''
  for (const [name, value] of parameters) {
    // Names are ours, or were read by the parser, which lets no other character through.
    if (name === '' || notInName.test(name)) continue
    text += `;${name}`
    if (value !== undefined) text += `=${plainValue.test(value) ? value : quote(value)}`
  }
  return text
}
