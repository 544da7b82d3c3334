import type { CallRequest } from '../call/call-request.ts'
import type { Refusal } from '../call/refusal.ts'
import type { Account, PhoneNumber, RatePlan } from '../directory/directory.ts'
import { decideBarred } from './decide-barred.ts'
import { decideCallerId } from './decide-caller-id.ts'
import { decideEmergency } from './decide-emergency.ts'

/** What policy knows about one leg: only those that leave the house are its business. */
export interface LegFacts {
  readonly outside: readonly PhoneNumber[]
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
    const { outside } = legs[leg]
    if (outside.length === 0) return []
    const pointer = `/${leg}`
    const decisions = [
      ...outside.map((number) => ({ verdict: decideEmergency(number, account), pointer })),
      ...outside.map((number) => ({ verdict: decideBarred(number, ratePlan), pointer })),
      { verdict: decideCallerId(request[leg].callerId, account), pointer: `${pointer}/callerId` },
    ]
    return decisions.flatMap(({ verdict, pointer: at }) =>
      verdict.decision === 'deny' ? [{ code: verdict.reason, message: verdict.message, pointer: at }] : [],
    )
  })
}
