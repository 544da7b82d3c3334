/** What an account or a credential may use; what is absent is not limited. */
export interface Limits {
  readonly requestsPerSecond?: number
  /** Calls placed in any 60 seconds. */
  readonly callsPerMinute?: number
  /** Calls that have not ended, delayed ones included. */
  readonly simultaneousCalls?: number
}

/** Both hold: of each limit the lower. */
export function strictest(one: Limits, other: Limits): Limits {
  const lowest: { -readonly [Name in keyof Limits]: Limits[Name] } = { ...one }
  for (const [name, limit] of Object.entries(other) as [keyof Limits, number][]) {
    lowest[name] = Math.min(limit, lowest[name] ?? limit)
  }
  return lowest
}
