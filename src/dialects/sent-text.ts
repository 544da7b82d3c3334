import { isUtf8 } from 'node:buffer'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Old clients send names in Latin-1, as Windows has it. */
const latin1 = new TextDecoder('windows-1252')

/** The text that a client's octets are: UTF-8, or Latin-1 where they are not. */
export const decodeText = (octets: Uint8Array): string => (isUtf8(octets) ? utf8.decode(octets) : latin1.decode(octets))

/** The query of a URL, without its question mark: what stands on the request line, undecoded. */
export function queryOf(url: string): string {
  const question = url.indexOf('?')
  return question === -1 ? '' : url.slice(question + 1)
}

/**
 * The plus sign of an international number, which careless clients leave unencoded, and which would be a space in a form:
 * `cnumber=+61…`, `callerid2=Name <+61…>`, `destination=tel:+61…`.
 */
const barePlus = /(=|<|%3c|=(?:tel|callto|sips?)(?::|%3a))\+(?=[0-9])/gi

/** A query or form with those plus signs encoded. */
export const encodeBarePlus = (form: string): string => form.replace(barePlus, '$1%2B')

/**
 * The text without these characters at its end. A loop, because a regular expression (`/ +$/`) takes seconds on a long run of them
 * that does not end the text, which is all an attacker needs to send.
 */
export function trimEndOf(text: string, characters: string): string {
  let end = text.length
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** The text without the spaces around it; other white space is part of it. */
export function trimSpaces(text: string): string {
  let start = 0
  while (text.charAt(start) === ' ') start++
  return trimEndOf(text.slice(start), ' ')
}
