/** Parameters of a URI or header, names in lower case; a flag has no value. */
export type Parameters = ReadonlyMap<string, string | undefined>

/** Reads `;name=value;flag` from `start`; a quoted value keeps its quotes off. Semicolons in quotes belong to the value. */
export function parseParameters(text: string, start: number): Map<string, string | undefined> {
  const parameters = new Map<string, string | undefined>()
  let index = start
  while (index < text.length) {
    const end = endOfParameter(text, index)
    const part = text.slice(index, end)
    const equals = part.indexOf('=')
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase()
    if (name !== '') parameters.set(name, equals === -1 ? undefined : unquote(part.slice(equals + 1).trim()))
    index = end + 1
  }
  return parameters
}

function endOfParameter(text: string, start: number): number {
  const semicolon = text.indexOf(';', start)
  const quote = text.indexOf('"', start)
  if (semicolon === -1) return text.length
  if (quote === -1 || quote > semicolon) return semicolon
  let quoted = false
  for (let index = quote; index < text.length; index++) {
    const character = text[index]
    if (quoted && character === '\\') index++
    else if (character === '"') quoted = !quoted
    else if (character === ';' && !quoted) return index
  }
  return text.length
}

/** The text of a quoted string (RFC 3261 section 25.1); anything else as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text
  return text.slice(1, -1).replace(/\\(.)/gs, '$1')
}

/** A quoted string that holds `text` and nothing that could end it, or its line, early. */
export const quote = (text: string): string => `"${text.replace(/[\r\n\0]+/g, ' ').replace(/["\\]/g, '\\$&')}"`

const token = /^[A-Za-z0-9\-.!%*_+`'~[\]:]+$/

/** `;name=value` for each; values that are no token (or host) are quoted. */
export function serializeParameters(parameters: Parameters): string {
  let text = ''
  for (const [name, value] of parameters) {
    if (value === undefined) text += `;${name}`
    else text += `;${name}=${token.test(value) ? value : quote(value)}`
  }
  return text
}
