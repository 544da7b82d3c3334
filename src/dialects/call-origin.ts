import type { CallRequest } from '../call/call-request.ts'
import type { Caller } from './dialect.ts'

/** By which dialect and by whose credential a call of `account` is placed: a caller may act for an account below its own. */
export const callOrigin = (
  dialect: string,
  caller: Pick<Caller, 'account' | 'name' | 'trustCallerIds'>,
  account: string,
): CallRequest['origin'] => ({
  dialect,
  credential: caller.name,
  ...(account === caller.account ? {} : { account: caller.account }),
  ...(caller.trustCallerIds === true ? { trustsCallerIds: true } : {}),
})
