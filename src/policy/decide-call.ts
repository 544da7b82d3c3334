import type { CallRequest } from '../call/call-request.ts'
import type { Refusal } from '../call/refusal.ts'
import type { Account, PhoneNumber, RatePlan } from '../directory/directory.ts'
import { decideBarred } from './decide-barred.ts'
import { decideCallerId } from './decide-caller-id.ts'
import { decideEmergency } from './decide-emergency.ts'

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

/** Every reason why the call may not be placed, the gravest of each leg first. Pure. */
export function decideCall({ request, account, ratePlan, ...legs }: CallFacts): readonly Refusal[] {
  return (['first', 'second'] as const).flatMap((leg) => {
    const number = legs[leg].outside
    if (number === undefined) return []
    const pointer = `/${leg}`
    const decisions = [
      { verdict: decideEmergency(number, account), pointer },
      { verdict: decideBarred(number, ratePlan), pointer },
      { verdict: decideCallerId(request[leg].callerId, account), pointer: `${pointer}/callerId` },
    ]
    return decisions.flatMap(({ verdict, pointer: at }) =>
      verdict.decision === 'deny' ? [{ code: verdict.reason, message: verdict.message, pointer: at }] : [],
    )
  })
}
