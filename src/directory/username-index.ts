import type { DirectoryRecords, LineRecord } from './records.ts'

/** The names that a line's phones may give, the ambiguous one first: `101`, `101@acme`, the full number. */
export const usernamesOf = (line: Pick<LineRecord, 'account' | 'number' | 'fullNumber'>): readonly string[] => [
  line.number,
  `${line.number}@${line.account}`,
  ...(line.fullNumber === undefined ? [] : [line.fullNumber]),
]

/**
 * Finds a line by the user part of its SIP identity. Within a domain of its accounts a name that only one of its lines has
 * will do; where phones give some other domain (the server's address), the name must be the only one of the whole server.
 */
export function indexUsernames(
  records: Pick<DirectoryRecords, 'accounts' | 'lines'>,
): (username: string, domain?: string) => LineRecord | undefined {
  const domains = new Map(records.accounts.map(({ name, domain }) => [name, domain]))
  const everywhere = new Map<string, LineRecord | undefined>()
  const byDomain = new Map<string, Map<string, LineRecord | undefined>>()
  for (const line of records.lines) {
    const domain = domains.get(line.account) ?? ''
    const ofDomain = byDomain.get(domain) ?? new Map<string, LineRecord | undefined>()
    byDomain.set(domain, ofDomain)
    for (const username of usernamesOf(line)) {
      for (const index of [ofDomain, everywhere]) {
        const taken = index.has(username) && index.get(username) !== line
        index.set(username, taken ? undefined : line)
      }
    }
  }
  return (username, domain) => {
    const ofDomain = domain === undefined ? undefined : byDomain.get(domain)
    return (ofDomain ?? everywhere).get(username)
  }
}
