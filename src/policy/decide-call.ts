import { type LegName, otherLeg } from '../call/call.ts'
import type { CallerId, CallRequest } from '../call/call-request.ts'
import type { Refusal } from '../call/refusal.ts'
import type { Account, PhoneNumber, RatePlan } from '../directory/directory.ts'
import { decideBarred } from './decide-barred.ts'
import { decideCallerId, decideInsideCallerId, type InsideNumbers } from './decide-caller-id.ts'
import { decideEmergency } from './decide-emergency.ts'
import { allow, type Decision } from './decision.ts'

/** What policy knows about one leg. */
export interface LegFacts {
  /** The numbers with which it may leave the house. */
  readonly outside: readonly PhoneNumber[]
  /** Who this party is to the other one. */
  readonly identity: CallerId
}

export interface CallFacts {
  readonly request: CallRequest
  readonly account: Account
  readonly ratePlan: RatePlan | undefined
  readonly first: LegFacts
  readonly second: LegFacts
  readonly numbers: Omit<InsideNumbers, 'other'>
}

/** Every reason why the call may not be placed, the gravest of each leg first. Pure. */
export function decideCall({ request, account, ratePlan, numbers, ...legs }: CallFacts): readonly Refusal[] {
  const decideShown = (leg: LegName): Decision => {
    if (request.origin.trustsCallerIds === true) return allow
    const { callerId, ownCallerId } = request[leg]
    if (legs[leg].outside.length > 0) return decideCallerId(callerId, account)
    const other = legs[otherLeg(leg)].identity.number
    return ownCallerId ? decideInsideCallerId(callerId, account, { ...numbers, other }) : allow
  }
  return (['first', 'second'] as const).flatMap((leg) => {
    const { outside } = legs[leg]
    const pointer = `/${leg}`
    const decisions = [
      ...outside.map((number) => ({ verdict: decideEmergency(number, account), pointer })),
      ...outside.map((number) => ({ verdict: decideBarred(number, ratePlan), pointer })),
      { verdict: decideShown(leg), pointer: `${pointer}/callerId` },
    ]
    return decisions.flatMap(({ verdict, pointer: at }) =>
      verdict.decision === 'deny' ? [{ code: verdict.reason, message: verdict.message, pointer: at }] : [],
    )
  })
}
