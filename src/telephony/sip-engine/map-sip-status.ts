import type { EndCause } from '../../call/end-cause.ts'
import { parseUri } from '../../sip/message/uri.ts'
import type { InviteFailure } from '../../sip/user-agent/invite-options.ts'

/** Whom the response came from: on a phone 480 means that nobody is there, from a carrier it can mean much. */
export type FarSide = 'line' | 'trunk'

/** How a leg ends, or one INVITE of it, and the response that said so, if one did. */
export interface LegVerdict {
  readonly cause: EndCause
  readonly sipStatus?: number
  /** Whom a phone names in its place. */
  readonly forwardTo?: string
}

/** What an INVITE that came to nothing says about its leg. */
export function mapFailure({ status, response, contacts }: InviteFailure, farSide: FarSide): LegVerdict {
  // RFC 3261 section 8.1.3.1: these two stand for a timeout and for a transport that failed.
  if (response === undefined && (status === 408 || status === 503)) return { cause: mapSilence(farSide) }
  const cause = mapSipStatus(status, farSide, response?.headers.getAll('Reason').join(', '))
  const forwardTo = farSide === 'line' && redirections.has(status) ? forwardTarget(contacts) : undefined
  return { cause, sipStatus: status, ...(forwardTo === undefined ? {} : { forwardTo }) }
}

/** RFC 3261 sections 21.3.1 to 21.3.3. A carrier's are not followed: whom it names, nobody here has dialled or pays for. */
const redirections: ReadonlySet<number> = new Set([300, 301, 302])

/** The first contact that names somebody; the host is the phone's guess at where our dial plan lives. */
function forwardTarget(contacts: InviteFailure['contacts'] = []): string | undefined {
  for (const { uri } of contacts) {
    const user = userOf(uri)
    if (user !== undefined) return user
  }
  return undefined
}

function userOf(uri: string): string | undefined {
  try {
    // RFC 3261 section 19.1.6: the parameters of a number stand in the user part (`+61412345678;phone-context=…`).
    return parseUri(uri).user?.split(';', 1)[0] || undefined
  } catch {
    return undefined
  }
}

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
  // A phone that is not where it was rung, whomever it names.
  if (status < 400 && farSide === 'line') return 'unavailable'
  if (status === 480) return farSide === 'line' ? 'unavailable' : 'no-answer'
  if (status === 408) return mapSilence(farSide)
  if (status >= 500 && status < 600) return 'congestion'
  if (status >= 600) return 'rejected'
  return 'failed'
}

/** Nobody was there to respond: no phone at the address it registered from, or no carrier. */
export const mapSilence = (farSide: FarSide): EndCause => (farSide === 'line' ? 'unavailable' : 'congestion')

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

export function mostTelling(verdicts: readonly LegVerdict[]): LegVerdict {
  for (const cause of telling) {
    const found = verdicts.find((verdict) => verdict.cause === cause)
    if (found !== undefined) return found
  }
  return verdicts[0] ?? { cause: 'unavailable' }
}
