import type { Admission, Caller, ClientOrigin } from '../dialects/dialect.ts'
import type { Directory } from '../directory/directory.ts'
import type { Limits } from '../directory/limits.ts'
import type { Rate, TokenBuckets } from '../directory/token-bucket.ts'
import { mayBeUsedFrom } from '../policy/decide-origin.ts'

/** Whether the caller may ask from there and now; what it may ask for, and how many calls it may place, is asked later. */
export function admitRequest(
  caller: Caller,
  from: ClientOrigin,
  { directory, buckets }: { readonly directory: Directory; readonly buckets: TokenBuckets },
): Admission {
  const account = directory.account(caller.account)
  if (account !== undefined && !mayBeUsedFrom(account, from)) return { allowed: false, reason: 'not-from-here' }
  const own = rateOf(directory.credentialLimits(caller.account, caller.name))
  const shared = rateOf(account?.limits ?? {})
  const retryAfterSeconds =
    buckets.take(`credential ${caller.account}/${caller.name}`, own) ||
    (shared === undefined ? 0 : buckets.take(`account ${caller.account}`, shared))
  return retryAfterSeconds === 0 ? { allowed: true } : { allowed: false, reason: 'limit-exceeded', retryAfterSeconds }
}

/** What a second allows may come all at once. */
const rateOf = ({ requestsPerSecond }: Limits): Rate | undefined =>
  requestsPerSecond === undefined
    ? undefined
    : { perSecond: requestsPerSecond, burst: Math.max(1, Math.floor(requestsPerSecond)) }
