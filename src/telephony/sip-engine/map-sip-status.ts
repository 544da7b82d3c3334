import type { EndCause } from '../../call/end-cause.ts'

/** Whom the response came from: on a phone 480 means that nobody is there, from a carrier it can mean much. */
export type FarSide = 'line' | 'trunk'

/**
 * The end cause of a leg from the final response to its INVITE (RFC 3261 section 21). A Q.850 cause in a Reason header
 * (RFC 3326) is closer to what happened than the status into which a gateway squeezed it, and wins where it says something.
 */
export function mapSipStatus(status: number, farSide: FarSide, reason?: string): EndCause {
  const q850 = /\bQ\.850\s*;(?:[^,]*;)?\s*cause\s*=\s*(\d{1,3})/i.exec(reason ?? '')?.[1]
  const byCause = q850 === undefined ? undefined : q850Causes.get(Number(q850))
  if (byCause !== undefined) return byCause
  const known = statuses.get(status)
  if (known !== undefined) return known
  if (status === 480) return farSide === 'line' ? 'unavailable' : 'no-answer'
  if (status === 408) return farSide === 'line' ? 'unavailable' : 'congestion'
  if (status >= 500 && status < 600) return 'congestion'
  if (status >= 600) return 'rejected'
  return 'failed'
}

const statuses: ReadonlyMap<number, EndCause> = new Map<number, EndCause>([
  [403, 'rejected'],
  [404, 'invalid-number'],
  [410, 'invalid-number'],
  [415, 'media-failed'],
  [481, 'failed'],
  [484, 'invalid-number'],
  [485, 'invalid-number'],
  [486, 'busy'],
  [487, 'cancelled'],
  [488, 'media-failed'],
  [600, 'busy'],
  // RFC 3261 section 21.6, RFC 8197 and RFC 8688: somebody, or something that speaks for them, does not want the call.
  [603, 'rejected'],
  [604, 'invalid-number'],
  [606, 'media-failed'],
  [607, 'rejected'],
  [608, 'rejected'],
])

/** ITU-T Q.850 table 1; causes that the status tells as well are left to it. */
const q850Causes: ReadonlyMap<number, EndCause> = new Map<number, EndCause>([
  [1, 'invalid-number'],
  [3, 'invalid-number'],
  [17, 'busy'],
  [18, 'no-answer'],
  [19, 'no-answer'],
  [20, 'unavailable'],
  [21, 'rejected'],
  [22, 'invalid-number'],
  [28, 'invalid-number'],
  [34, 'congestion'],
  [38, 'congestion'],
  [41, 'congestion'],
  [42, 'congestion'],
  [44, 'congestion'],
  [47, 'congestion'],
])

/** Which of several failures says most about a line whose phones all failed; the first in this order wins. */
const telling: readonly EndCause[] = [
  'rejected',
  'busy',
  'no-answer',
  'media-failed',
  'invalid-number',
  'congestion',
  'unavailable',
  'failed',
]

export function mostTelling(causes: readonly EndCause[]): EndCause {
  return telling.find((cause) => causes.includes(cause)) ?? causes[0] ?? 'unavailable'
}
