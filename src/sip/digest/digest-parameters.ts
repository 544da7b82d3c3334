/** Parameters of a challenge or of credentials, names in lower case. */
export type DigestParameters = ReadonlyMap<string, string>

const scheme = /^\s*Digest\s+/i
/** One parameter and what ends it. Sticky and without nested repetition, so that its time is linear in the text. */
const parameter = /\s*([\w!%*+.`'~-]+)\s*=(?:\s*"((?:[^"\\]|\\.)*)"|\s*([^\s",]+)|)\s*(,|$)/y
/** Commas with nothing between them: a list may have empty elements (RFC 9110 section 5.6.1.2), and some servers end one so. */
const emptyElements = /[\s,]*/y
const maximumParameters = 32

/**
 * Reads `Digest name=value, name="value"` (RFC 3261 section 25.1, `challenge` and `credentials`). Quoted strings are given as they
 * stand between their quotes: hashes are made of that. Undefined for another scheme, and for what cannot be read: a parameter
 * twice, which two readers may understand differently, too.
 */
export const parseDigestParameters = (text: string): DigestParameters | undefined => {
  const start = scheme.exec(text)
  if (start === null) return undefined
  const parameters = new Map<string, string>()
  let end = endOfEmptyElements(text, start[0].length)
  for (let more = true; more; ) {
    parameter.lastIndex = end
    const match = parameter.exec(text)
    if (match === null) return undefined
    const name = (match[1] as string).toLowerCase()
    if (parameters.has(name) || parameters.size === maximumParameters) return undefined
    parameters.set(name, match[2] ?? match[3] ?? '')
    end = endOfEmptyElements(text, parameter.lastIndex)
    more = match[4] === ',' && end < text.length
  }
  return parameters
}

const endOfEmptyElements = (text: string, start: number): number => {
  emptyElements.lastIndex = start
  emptyElements.exec(text)
  return emptyElements.lastIndex
}

/** The text that a quoted string stands for (RFC 3261 section 25.1, quoted-pair). */
export const unescapeQuoted = (text: string): string => text.replace(/\\(.)/gs, '$1')

/** A text as it stands between the quotes of a quoted string; without what would end it, or its line, early. */
export const escapeQuoted = (text: string): string =>
  text.replace(/[\r\n\0]/g, '').replace(/["\\]/g, (character) => `\\${character}`)
