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

/** Why the call may not be placed, or undefined. Pure; the first reason in this order. */
export function decideCall({ request, account, ratePlan, ...legs }: CallFacts): Refusal | undefined {
  for (const leg of ['first', 'second'] as const) {
    const number = legs[leg].outside
    if (number === undefined) continue
    const pointer = `/${leg}`
    const decisions = [
      { verdict: decideEmergency(number, account), pointer },
      { verdict: decideBarred(number, ratePlan), pointer },
      { verdict: decideCallerId(request[leg].callerId, account), pointer: `${pointer}/callerId` },
    ]
    for (const { verdict, pointer: at } of decisions) {
      if (verdict.decision === 'deny') return { code: verdict.reason, message: verdict.message, pointer: at }
    }
  }
  return undefined
}
