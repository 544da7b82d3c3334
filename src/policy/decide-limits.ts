import type { Limits } from '../directory/limits.ts'

/** What an account or a credential uses now. */
export interface CallUsage {
  /** Calls that have not ended. */
  readonly live: number
  /** When its calls of the last minute were placed, the oldest first: milliseconds of a clock that never goes back. */
  readonly placedAt: readonly number[]
}

export type LimitDecision =
  | { readonly decision: 'allow' }
  | {
      readonly decision: 'deny'
      readonly limit: 'callsPerMinute' | 'simultaneousCalls'
      readonly retryAfterSeconds: number
    }

const minute = 60_000

/** Nobody knows when a call will end; a client that asks as often as this does no harm. */
const retryWhenAllAreUpSeconds = 5

/** May one more call be placed? Pure. */
export function decideLimits(limits: Limits, { live, placedAt }: CallUsage, now: number): LimitDecision {
  const { simultaneousCalls = Infinity, callsPerMinute = Infinity } = limits
  if (live >= simultaneousCalls) {
    return { decision: 'deny', limit: 'simultaneousCalls', retryAfterSeconds: retryWhenAllAreUpSeconds }
  }
  const recent = placedAt.filter((at) => at > now - minute)
  if (recent.length < callsPerMinute) return { decision: 'allow' }
  // There is room again when this one is a minute old, with all before it.
  const inTheWay = recent[recent.length - callsPerMinute] ?? now
  return {
    decision: 'deny',
    limit: 'callsPerMinute',
    retryAfterSeconds: Math.max(1, Math.ceil((inTheWay + minute - now) / 1000)),
  }
}
