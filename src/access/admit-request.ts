import type { Directory } from '../directory/directory.ts'
import type { Limits } from '../directory/limits.ts'
import type { Rate, TokenBuckets } from '../directory/token-bucket.ts'
import { mayBeUsedFrom } from '../policy/decide-origin.ts'
import type { Denial } from './access.ts'
import type { Caller, ClientOrigin } from './caller.ts'

export type AdmissionDenial = Extract<Denial, { readonly reason: 'not-from-here' | 'limit-exceeded' }>

/** Why the caller may not ask from there and now, if it may not; the request counts against its limits. */
export type Admit = (caller: Pick<Caller, 'account' | 'name'>, from: ClientOrigin) => AdmissionDenial | undefined

/** How many calls the caller may place is asked later, where they are placed. */
export const createAdmit =
  ({ directory, buckets }: { readonly directory: Directory; readonly buckets: TokenBuckets }): Admit =>
  (caller, from) => {
    const account = directory.account(caller.account)
    if (account !== undefined && !mayBeUsedFrom(account, from)) return { reason: 'not-from-here' }
    const own = rateOf(directory.credentialLimits(caller.account, caller.name))
    const shared = rateOf(account?.limits ?? {})
    const retryAfterSeconds =
      buckets.take(`credential ${caller.account}/${caller.name}`, own) ||
      (shared === undefined ? 0 : buckets.take(`account ${caller.account}`, shared))
    return retryAfterSeconds === 0 ? undefined : { reason: 'limit-exceeded', retryAfterSeconds }
  }

/** What a second allows may come all at once. */
const rateOf = ({ requestsPerSecond }: Limits): Rate | undefined =>
  requestsPerSecond === undefined
    ? undefined
    : { perSecond: requestsPerSecond, burst: Math.max(1, Math.floor(requestsPerSecond)) }
