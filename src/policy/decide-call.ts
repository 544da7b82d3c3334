import type { CallerId, CallRequest } from '../call/call-request.ts'
import type { Refusal } from '../call/refusal.ts'
import type { Account, PhoneNumber, RatePlan } from '../directory/directory.ts'

/** What policy knows about one leg: only those that leave the house are its business. */
export interface LegFacts {
  readonly outside?: PhoneNumber
}

export interface CallFacts {
  readonly request: CallRequest
  readonly account: Account
  readonly ratePlan: RatePlan | undefined
  readonly first: LegFacts
  readonly second: LegFacts
}

/** Why the call may not be placed, or undefined. Pure; the first reason in this order. */
export function decideCall(facts: CallFacts): Refusal | undefined {
  for (const leg of ['first', 'second'] as const) {
    const number = facts[leg].outside
    if (number === undefined) continue
    const pointer = `/${leg}`
    if (number.emergency && !facts.account.emergencyCalls) {
      const message = 'Emergency numbers are not called by API unless the account allows it; dial them on a phone.'
      return { code: 'barred', message, pointer }
    }
    if (isBarred(number.canonical, facts.ratePlan)) {
      return { code: 'barred', message: "The account's rate plan bars this number.", pointer }
    }
    const shown = facts.request[leg].callerId?.number
    if (shown !== undefined && !mayShow(shown, facts.account)) {
      const message = 'The account may not show this caller id; add it to its callerIds if it owns the number.'
      return { code: 'caller-id-not-allowed', message, pointer: `${pointer}/callerId` }
    }
  }
  return undefined
}

/** The rate with the longest matching prefix decides; a number without any is not barred. */
export function isBarred(number: string, ratePlan: RatePlan | undefined): boolean {
  let longest: RatePlan['rates'][number] | undefined
  for (const rate of ratePlan?.rates ?? []) {
    if (number.startsWith(rate.prefix) && rate.prefix.length >= (longest?.prefix.length ?? 0)) longest = rate
  }
  return longest !== undefined && 'barred' in longest
}

const mayShow = (number: string, account: Account): boolean =>
  account.callerIds.some((allowed) => allowed === number || allowed === `+${number}`)

/** Outside, a call shows the account's first number where the request names none; an extension means nothing there. */
export const outsideCallerId = (account: Account): CallerId => {
  const [number] = account.callerIds
  return number === undefined ? {} : { number }
}
