const kinds = ['line', 'dial', 'number', 'queue', 'context', 'user'] as const

/** A leg's target in the native API's words: `{"line": "101"}`. */
export type Party = Readonly<Partial<Record<(typeof kinds)[number], string>>>

/** Extensions and full numbers of lines are as short as this; anything longer is dialled as on a phone. */
const longestLine = 7

/** Whom to ring first: `KIND:VALUE`, or a line if it is short, an outside number if it begins with a plus. */
export const parseFirst = (text: string): Party =>
  parseExplicit(text) ?? (/^\d+$/.test(text) && text.length <= longestLine ? { line: text } : { dial: text })

/** Whom to ring second: `KIND:VALUE`, or whatever a phone of the account would reach by dialling it. */
export const parseSecond = (text: string): Party => parseExplicit(text) ?? { dial: text }

function parseExplicit(text: string): Party | undefined {
  const [, kind, value] = /^([a-z]+):(.+)$/s.exec(text) ?? []
  const known = kinds.find((candidate) => candidate === kind)
  if (known !== undefined && value !== undefined) return { [known]: value }
  return text.startsWith('+') ? { number: text } : undefined
}
