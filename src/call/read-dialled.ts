import type { NumberFault } from './refusal.ts'

/** Why characters cannot be dialled: the kind, and one sentence for a person with what to fix. */
export interface DialledFault {
  readonly kind: NumberFault
  readonly message: string
}

/** What somebody typed or pasted, in plain ASCII. The separators that people write between digits are still there. */
export type ReadDialled = { readonly text: string } | { readonly fault: DialledFault }

const longestText = 128
const longestDialled = 64

/** Letters are for the names of queues and contexts; what a number may hold is decided by `parse-dialled-number.ts`. */
const dialled = /^[+0-9*#A-Za-z(][0-9A-Za-z*#+()./ -]*$/

const links = /^(tel|callto|sips?):(?:\/\/)?/i

/**
 * What an extension is written with behind a number: `;ext=9` (RFC 3966), `x9`, `ext. 9`, and the marks of a pause, `,,9#` and
 * `;9`. What stands before must end like a number.
 */
const withExtension =
  /^(?<number>[+(]?[0-9].*?[0-9)]) *(?:[,;]+ *(?:ext(?:ension|n)?\.? *=? *)?|(?:x|extn?|ext\.|extension|xtn)[.: ]* *)(?<extension>[0-9*#]+)$/i

/**
 * Numbers are pasted from web pages, word processors and phones: typographic spaces, dashes and digits are read as the plain ones,
 * invisible marks are passed over, and a link (`tel:`, `callto:`, `sip:`) is read as the number in it. An extension is never
 * taken for a part of the number.
 */
export function readDialled(characters: string): ReadDialled {
  if (characters.length > longestText) return notANumber
  const plain = withoutSpacesAround(foldCharacters(characters))
  const link = links.exec(plain)
  const read = link === null ? { text: plain } : readLink(plain.slice(link[0].length), link[1]?.toLowerCase() ?? '')
  if ('fault' in read) return read
  const extended = withExtension.exec(read.text)?.groups
  if (extended !== undefined) return extension(extended['extension'] ?? '', extended['number'] ?? '')
  return read.text.length <= longestDialled && dialled.test(read.text) ? read : notANumber
}

const withoutSpacesAround = (text: string): string => text.replace(/^ +| +$/g, '')

/** A text in the plain characters that stand for those of it: `0412‑345‑678` becomes `0412-345-678`. */
export const foldCharacters = (text: string): string =>
  // Nearly every number is plain already.
  /^[\x20-\x7e]*$/.test(text)
    ? text
    : text
        .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
        .replace(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, ' ')
        .replace(/[\u2010-\u2015\u2212\ufe58\ufe63]/g, '-')
        .replace(/[\u00b7\u2022\u2219\u22c5\u2024]/g, '.')
        .replace(/[\u2044\u2215]/g, '/')
        .replace(/[\uff01-\uff5e]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))

function readLink(rest: string, scheme: string): ReadDialled {
  const [user = '', host] = splitOnce(splitOnce(decode(rest), '?')[0] ?? '', '@')
  const [number = '', ...parameters] = `${user};${host ?? ''}`.split(/ *; */)
  if (scheme.startsWith('sip') && host !== undefined && !number.startsWith('+') && !parameters.includes('user=phone')) {
    return fault('not-a-number', 'This is the SIP address of somebody elsewhere; write the telephone number alone.')
  }
  for (const parameter of parameters) {
    const [name, value = ''] = splitOnce(parameter, '=')
    if (name?.toLowerCase() === 'ext' || name?.toLowerCase() === 'postd') return extension(value, number)
    // RFC 3966 section 5.1.5: the number means something else than it does here.
    if (name?.toLowerCase() === 'phone-context' && value.startsWith('+')) {
      return fault('not-a-number', 'This number is written for another place (phone-context); write it from its + on.')
    }
  }
  return { text: withoutSpacesAround(number) }
}

/** At the first separator; without one the whole text alone. */
function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function decode(text: string): string {
  try {
    return foldCharacters(decodeURIComponent(text))
  } catch {
    return text
  }
}

const fault = (kind: NumberFault, message: string): ReadDialled => ({ fault: { kind, message } })

const notANumber = fault(
  'not-a-number',
  'This is no telephone number; write its digits, with a + before a country code.',
)

/** Cut, because it is shown: what is longer is no extension. */
const extension = (digits: string, number: string): ReadDialled =>
  fault(
    'extension',
    `The extension ${digits.slice(0, 16)} cannot be dialled after the answer yet; leave it out, and dial ${number.slice(0, 32).trim()} alone.`,
  )
