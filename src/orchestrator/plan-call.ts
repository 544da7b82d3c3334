import type { LegName } from '../call/call.ts'
import type { CallerId, CallRequest, LegRequest } from '../call/call-request.ts'
import type { Refusal } from '../call/refusal.ts'
import type { LegPlan } from './live-call.ts'
import { type DialPlanDirectory, type ResolvedLeg, resolveTarget } from './resolve.ts'

export type ResolvedLegs = Readonly<Record<LegName, ResolvedLeg>>

/** What the policy room says about a resolved request. */
export interface CallPolicy {
  /** The reason why this call may not be placed, if there is one. */
  decide(request: CallRequest, legs: ResolvedLegs): Refusal | undefined
  /** The caller id that an outside party is shown where the request names none. */
  outsideCallerId(account: string, other: ResolvedLeg): CallerId
}

export interface PlanCallContext {
  readonly directory: DialPlanDirectory & { country(account: string): string | undefined }
  readonly policy: CallPolicy
  readonly defaultRingSeconds: number
}

export interface PlannedCall {
  readonly account: string
  readonly country: string
  readonly resolved: ResolvedLegs
  readonly legs: Readonly<Record<LegName, LegPlan>>
}

/** Resolve and policy: what the request means today. A delayed call is planned anew after a restart. */
export function planCall(request: CallRequest, context: PlanCallContext): PlannedCall | { readonly refusal: Refusal } {
  const country = context.directory.country(request.account)
  if (country === undefined) {
    return { refusal: { code: 'account-not-found', message: 'There is no such account.', pointer: '/account' } }
  }
  const first = resolveTarget(context.directory, request.account, request.first.target, '/first')
  if ('refusal' in first) return first
  const second = resolveTarget(context.directory, request.account, request.second.target, '/second')
  if ('refusal' in second) return second
  const resolved = { first: first.resolved, second: second.resolved }

  const refusal = context.policy.decide(request, resolved)
  if (refusal !== undefined) return { refusal }

  return {
    account: request.account,
    country,
    resolved,
    legs: {
      first: planLeg(request, request.first, resolved.first, resolved.second, context),
      second: planLeg(request, request.second, resolved.second, resolved.first, context),
    },
  }
}

/** Each party is shown the other, unless the request says otherwise. */
function planLeg(
  call: CallRequest,
  leg: LegRequest,
  resolved: ResolvedLeg,
  other: ResolvedLeg,
  context: PlanCallContext,
): LegPlan {
  const shown = resolved.outside === undefined ? other.identity : context.policy.outsideCallerId(call.account, other)
  return {
    destination: resolved.destination,
    callerId: leg.callerId ?? shown,
    autoAnswer: leg.autoAnswer ?? false,
    ringSeconds: leg.ringSeconds ?? context.defaultRingSeconds,
  }
}
