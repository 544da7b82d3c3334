/**
 * A numbering plan's pattern, read for one question: how long are the numbers that begin with these digits and match it?
 * The patterns hold digits, `\d`, classes, groups, alternatives and counts, and nothing else.
 */
export type LengthPattern =
  | { readonly kind: 'digit'; readonly digits: ReadonlySet<string> }
  | { readonly kind: 'sequence'; readonly parts: readonly LengthPattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly LengthPattern[] }
  | { readonly kind: 'repeat'; readonly part: LengthPattern; readonly least: number; readonly most: number }

/** A bit for each length of the numbers that begin with `beginning`, or with which it begins, and match the pattern. */
export const lengthsOfPattern = (pattern: LengthPattern, beginning: string): number => ends(pattern, beginning, 1)

/** Where matches end that start at the positions in `starts`: a bit for each position. */
function ends(pattern: LengthPattern, beginning: string, starts: number): number {
  switch (pattern.kind) {
    case 'digit': {
      let found = 0
      for (let at = 0; starts >> at !== 0; at++) {
        if ((starts & (1 << at)) === 0) continue
        const digit = beginning[at]
        // Behind the beginning any digit may stand.
        if (digit === undefined || pattern.digits.has(digit)) found |= 1 << (at + 1)
      }
      // E.164 numbers have 15 digits at most: what would be longer falls out.
      return found & 0xfffff
    }
    case 'sequence':
      return pattern.parts.reduce((at, part) => (at === 0 ? 0 : ends(part, beginning, at)), starts)
    case 'choice':
      return pattern.parts.reduce((found, part) => found | ends(part, beginning, starts), 0)
    case 'repeat': {
      let at = starts
      let found = pattern.least === 0 ? at : 0
      for (let times = 1; times <= pattern.most && at !== 0; times++) {
        at = ends(pattern.part, beginning, at)
        if (times >= pattern.least) found |= at
      }
      return found
    }
  }
}

/** Throws on anything that no numbering plan's pattern holds. */
export function parseLengthPattern(source: string): LengthPattern {
  const tokens = source.match(/\\d|\(\?:|\[[0-9-]+\]|\{\d+(?:,\d+)?\}|[0-9|)?]/g) ?? []
  if (tokens.join('') !== source) throw new Error(`no pattern of a numbering plan: ${source}`)
  const { pattern, next } = parseChoice(tokens, 0)
  if (next !== tokens.length) throw new Error(`a group has no beginning: ${source}`)
  return pattern
}

interface Parsed {
  readonly pattern: LengthPattern
  readonly next: number
}

/** Alternatives up to the end of their group. */
function parseChoice(tokens: readonly string[], from: number): Parsed {
  const choices: LengthPattern[] = []
  let parts: LengthPattern[] = []
  let next = from
  for (; next < tokens.length && tokens[next] !== ')'; ) {
    if (tokens[next] === '|') {
      choices.push({ kind: 'sequence', parts })
      parts = []
      next++
      continue
    }
    const parsed = parseCounted(tokens, next)
    parts.push(parsed.pattern)
    next = parsed.next
  }
  choices.push({ kind: 'sequence', parts })
  const [only] = choices
  return { pattern: choices.length === 1 && only !== undefined ? only : { kind: 'choice', parts: choices }, next }
}

function parseCounted(tokens: readonly string[], from: number): Parsed {
  const { pattern, next } = parseSingle(tokens, from)
  const [, least, most = least] = /^\{(\d+)(?:,(\d+))?\}$/.exec(tokens[next] ?? '') ?? []
  if (tokens[next] === '?') return { pattern: { kind: 'repeat', part: pattern, least: 0, most: 1 }, next: next + 1 }
  if (least === undefined) return { pattern, next }
  return { pattern: { kind: 'repeat', part: pattern, least: Number(least), most: Number(most) }, next: next + 1 }
}

function parseSingle(tokens: readonly string[], from: number): Parsed {
  const token = tokens[from] ?? ''
  if (token !== '(?:') return { pattern: { kind: 'digit', digits: digitsOf(token) }, next: from + 1 }
  const group = parseChoice(tokens, from + 1)
  return { pattern: group.pattern, next: group.next + 1 }
}

const allDigits = [...'0123456789']

const digitsOf = (token: string): ReadonlySet<string> =>
  new Set(allDigits.filter((digit) => new RegExp(`^${token}$`).test(digit)))
