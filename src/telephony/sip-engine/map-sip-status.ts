import type { EndCause } from '../../call/end-cause.ts'
import { parseUri } from '../../sip/message/uri.ts'
import type { InviteFailure } from '../../sip/user-agent/invite-options.ts'
import { describeFailure, type ReasonValue, readReasons } from './describe-failure.ts'
import { causeOfQ850, causeOfStatus, type FarSide } from './final-response-causes.ts'

export type { FarSide }

/** How a leg ends, or one INVITE of it, and the response that said so, if one did. */
export interface LegVerdict {
  readonly cause: EndCause
  readonly sipStatus?: number
  /** The far side's words about it. */
  readonly reason?: string
  /** Whom a phone names in its place. */
  readonly forwardTo?: string
  /** It is the word of the party itself: nobody else is rung, over no other trunk. */
  readonly isFinal?: true
}

/** Whom an INVITE went to. */
export interface AttemptedParty {
  readonly farSide: FarSide
  /** Whether there were credentials to answer a challenge with; true if absent. */
  readonly hasCredentials?: boolean
  /** Whether the party was rung before its response; false if absent. */
  readonly hasRung?: boolean
}

/** What an INVITE that came to nothing says about its leg. */
export function mapFailure(
  failure: InviteFailure,
  { farSide, hasCredentials = true, hasRung = false }: AttemptedParty,
): LegVerdict {
  const { status, response, contacts } = failure
  const lacksCredentials = farSide === 'trunk' && (status === 401 || status === 407) && !hasCredentials
  const said = describeFailure(failure)
  const reason = lacksCredentials ? `${said}; the trunk has no username and password` : said
  // RFC 3261 section 8.1.3.1: these two stand for a timeout and for a transport that failed.
  if (response === undefined && (status === 408 || status === 503)) return { cause: mapSilence(farSide), reason }
  const cause = mapSipStatus(status, farSide, response === undefined ? [] : readReasons(response), hasRung)
  const forwardTo = farSide === 'line' && redirections.has(status) ? forwardTarget(contacts) : undefined
  return {
    cause,
    sipStatus: status,
    reason,
    ...(forwardTo === undefined ? {} : { forwardTo }),
    // RFC 3261 section 16.7: a 6xx speaks for the party wherever it is reached, and a person's refusal does so too.
    ...(status >= 600 || cause === 'rejected' ? { isFinal: true } : {}),
  }
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
 * The end cause of a leg from the final response to its INVITE. A Q.850 cause in a Reason header (RFC 3326) is closer to what
 * happened than the status into which a gateway squeezed it, and wins where it says something.
 */
export function mapSipStatus(
  status: number,
  farSide: FarSide,
  reasons: readonly ReasonValue[] = [],
  hasRung = false,
): EndCause {
  const byStatus = causeOfStatus(status, farSide, hasRung)
  const q850 = reasons.find(({ protocol }) => protocol === 'Q.850')
  if (q850?.cause === undefined) return byStatus
  const byReason = causeOfQ850(q850.cause, farSide) ?? byStatus
  // RFC 3398 section 7.2.4.1: a call rejected by the user himself is a 603; with a 403 and its like it was the network. RFC 8606: `U`
  // is the user all the same.
  if (byReason === 'rejected' && byStatus === 'carrier-refused' && q850.location !== 'U') return byStatus
  return byReason
}

/** Nobody was there to respond: no phone at the address it registered from, or no carrier. */
export const mapSilence = (farSide: FarSide): EndCause => (farSide === 'line' ? 'unavailable' : 'congestion')

/** Which of several failures says most about a party whose phones, or whose trunks, all failed; the first in this order wins. */
const telling: readonly EndCause[] = [
  'rejected',
  'busy',
  'no-answer',
  'media-failed',
  'invalid-number',
  'carrier-refused',
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
