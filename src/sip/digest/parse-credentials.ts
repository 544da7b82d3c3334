import { unquote } from '../message/parameters.ts'

/** `Digest name=value, name="value"` (RFC 7616 sections 3.3 and 3.4), names in lower case; undefined if it is no Digest. */
export function parseDigestFields(value: string): ReadonlyMap<string, string> | undefined {
  const scheme = /^\s*Digest\s+/i.exec(value)
  if (scheme === null) return undefined
  const fields = new Map<string, string>()
  const pattern = /([A-Za-z0-9_-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*)\s*(?:,|$)\s*/gy
  pattern.lastIndex = scheme[0].length
  while (pattern.lastIndex < value.length) {
    const match = pattern.exec(value)
    // A field twice is an attempt to be read in two ways.
    if (match === null || fields.has((match[1] as string).toLowerCase())) return undefined
    fields.set((match[1] as string).toLowerCase(), unquote(match[2] as string))
  }
  return fields
}
