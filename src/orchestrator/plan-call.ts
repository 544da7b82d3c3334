import { type LegName, otherLeg } from '../call/call.ts'
import type { CallerId, CallRequest, LegRequest, LegTarget } from '../call/call-request.ts'
import type { Refusals } from '../call/call-service.ts'
import { renderDestination } from '../call/destination.ts'
import type { Refusal } from '../call/refusal.ts'
import type { Directory } from '../directory/directory.ts'
import { phoneNumberOf } from '../directory/parse-dialled-number.ts'
import type { PhoneRegistry } from '../telephony/phone-registry.ts'
import type { CountedFor } from './call-counters.ts'
import type { CallPlan, LegPlan } from './call-plan.ts'
import { couldRing, type HuntContext, isReachable } from './hunt.ts'
import { type DialPlanDirectory, type ResolvedLeg, resolveLeg } from './resolve.ts'

export type ResolvedLegs = Readonly<Record<LegName, ResolvedLeg>>

/** What the policy room says about a resolved request. */
export interface CallPolicy {
  /** Every reason why this call may not be placed. */
  decide(request: CallRequest, legs: ResolvedLegs): readonly Refusal[]
  /** The caller id that an outside party is shown where the request names none. */
  outsideCallerId(account: string, other: ResolvedLeg): CallerId
  /** For whom the call counts, with the limits of each. */
  countedFor(request: CallRequest): readonly CountedFor[]
}

export interface PlanCallContext {
  readonly directory: DialPlanDirectory & Pick<Directory, 'account' | 'findCard' | 'findRecordGroup'>
  readonly policy: CallPolicy
  readonly phones: Pick<PhoneRegistry, 'presence'>
  readonly defaultRingSeconds: number
  /** How long one member of a queue rings before the next does. */
  readonly memberRingSeconds: number
  /** How long two parties may talk at most. */
  readonly longestSeconds: number
}

export type PlannedCall = Omit<CallPlan, 'id'>

/** Resolve and policy: what the request means today. A delayed call is planned anew after a restart. */
export function planCall(
  request: CallRequest,
  context: PlanCallContext,
  forwards = 0,
): PlannedCall | { readonly refusals: Refusals } {
  const account = context.directory.account(request.account)
  if (account === undefined) {
    return { refusals: [{ code: 'account-not-found', message: 'There is no such account.', pointer: '/account' }] }
  }
  const { directory } = context
  const { variables } = request
  const first = resolveLeg(request.first, { directory, account: account.name, variables, pointer: '/first' })
  const second = resolveLeg(request.second, { directory, account: account.name, variables, pointer: '/second' })
  const faults = [
    ...('refusal' in first ? [first.refusal] : []),
    ...('refusal' in second ? [second.refusal] : []),
    ...missingReferences(request, context),
    ...missingAbilities(request, context),
  ]
  if ('refusal' in first || 'refusal' in second || faults.length > 0) return { refusals: atLeastOne(faults) }

  const resolved = { first: first.resolved, second: second.resolved }
  const shown = {
    ...request,
    first: withCanonicalCallerId(request.first, resolved.first, request.account, directory),
    second: withCanonicalCallerId(request.second, resolved.second, request.account, directory),
  }
  const unshowable = impossibleCallerIds(request, resolved, directory)
  if (unshowable.length > 0) return { refusals: atLeastOne(unshowable) }
  const denials = context.policy.decide(shown, resolved)
  if (denials.length > 0) return { refusals: atLeastOne(denials) }

  const planned = (leg: LegName): LegPlan => ({
    ...planLeg(shown, leg, resolved, context),
    ...(mayForward(request, resolved[leg], forwards)
      ? {
          forwardOn: forwardsOf(resolved[leg], directory),
          forward: (dialled) => planForward(request, leg, dialled, context, forwards + 1),
        }
      : { forwardOn: {} }),
  })
  return {
    account: account.name,
    ...(request.externalId === undefined ? {} : { externalId: request.externalId }),
    country: account.country,
    longestSeconds: context.longestSeconds,
    legs: { first: planned('first'), second: planned('second') },
  }
}

/** What leaves the house shows an international number, however the client wrote it; inside, whatever it says is shown. */
function withCanonicalCallerId(
  leg: LegRequest,
  { outside }: ResolvedLeg,
  account: string,
  directory: DialPlanDirectory,
): LegRequest {
  const number = leg.callerId?.number
  const canonical =
    number === undefined || outside.length === 0 ? undefined : phoneNumberOf(directory.parseNumber(account, number))
  return canonical === undefined ? leg : { ...leg, callerId: { ...leg.callerId, number: canonical.canonical } }
}

/** Whose caller ids are trusted may show any number, but none that cannot exist: carriers drop such calls. */
function impossibleCallerIds(
  { account, origin, ...legs }: CallRequest,
  resolved: ResolvedLegs,
  directory: DialPlanDirectory,
): Refusal[] {
  if (origin.trustsCallerIds !== true) return []
  return (['first', 'second'] as const).flatMap((leg) => {
    const number = legs[leg].callerId?.number
    if (number === undefined || resolved[leg].outside.length === 0) return []
    const dialled = directory.parseNumber(account, number)
    if ('number' in dialled) return []
    const { kind, message } = dialled.fault
    return [{ code: 'invalid-number', message, pointer: `/${leg}/callerId`, numberFault: kind } as const]
  })
}

/**
 * The plan for one leg that is dialled anew, to `target`; the other leg of the request stays as it was. Both parties are in a call
 * that a queue of which nobody is free would only end.
 */
export function planRedirect(
  request: CallRequest,
  leg: LegName,
  target: LegTarget,
  context: PlanCallContext & HuntContext,
): LegPlan | { readonly refusal: Refusal } {
  const plan = planAnew({ ...request, [leg]: { target } }, leg, context)
  if ('refusal' in plan || plan.destination.kind !== 'hunt' || couldRing(plan.destination, context)) return plan
  return { refusal: nobodyFree(leg, plan) }
}

/** Nobody can wait in a queue yet. */
export const nobodyFree = (leg: LegName, { party }: LegPlan): Refusal => ({
  code: 'nobody-free',
  message: `Nobody of ${renderDestination(party)} is there and free now; try again when somebody is.`,
  pointer: `/${leg}`,
})

/** Phones that name each other would go on for ever. */
const mostForwards = 5

/** A line's own phone may name somebody else; who is rung as one of several speaks for himself alone. */
const mayForward = ({ noForwards = false }: CallRequest, { destination }: ResolvedLeg, forwards: number): boolean =>
  !noForwards && destination.kind === 'line' && forwards < mostForwards

/** Whom the line itself names. */
function forwardsOf({ destination }: ResolvedLeg, directory: DialPlanDirectory): LegPlan['forwardOn'] {
  if (destination.kind !== 'line') return {}
  const { noAnswer, busy, unavailable } =
    directory.findLine(destination.line.account, destination.line.number)?.forward ?? {}
  return {
    ...(noAnswer === undefined ? {} : { 'no-answer': noAnswer }),
    ...(busy === undefined ? {} : { busy }),
    ...(unavailable === undefined ? {} : { unavailable }),
  }
}

/** Somebody could answer, if only the one to whom the line is forwarded while it has no phone. */
export const couldAnswer = ({ destination, forwardOn }: LegPlan, phones: Pick<PhoneRegistry, 'presence'>): boolean =>
  isReachable(destination, phones) || forwardOn.unavailable !== undefined

/** The plan for whom the leg's line or its phone names: allowed, or not, as if the client had asked for it. */
function planForward(
  request: CallRequest,
  leg: LegName,
  dialled: string,
  context: PlanCallContext,
  forwards: number,
): LegPlan | { readonly refusal: Refusal } {
  // What only a phone of the house does, and what it was to be shown, stays behind with it.
  const { autoAnswer: _, callerId: __, ...asked } = request[leg]
  const forwarded = { ...request, [leg]: { ...asked, target: { kind: 'dial', value: dialled } } }
  return planAnew(forwarded, leg, context, forwards)
}

function planAnew(
  request: CallRequest,
  leg: LegName,
  context: PlanCallContext,
  forwards = 0,
): LegPlan | { readonly refusal: Refusal } {
  const planned = planCall(request, context, forwards)
  if ('refusals' in planned) {
    // Of several reasons, the one that is about this leg.
    return { refusal: planned.refusals.find(({ pointer }) => pointer?.startsWith(`/${leg}`)) ?? planned.refusals[0] }
  }
  const plan = planned.legs[leg]
  if (couldAnswer(plan, context.phones)) return plan
  return { refusal: { code: 'unavailable', message: 'That party is not registered now.', pointer: `/${leg}` } }
}

const atLeastOne = (refusals: readonly Refusal[]): Refusals => refusals as Refusals

/** What the request names beside its parties, and the account does not have. */
function missingReferences({ account, card, recordGroup }: CallRequest, { directory }: PlanCallContext): Refusal[] {
  const missing: Refusal[] = []
  if (card !== undefined && directory.findCard(account, card) === undefined) {
    missing.push({
      code: 'card-not-found',
      message: 'The account has no such card; check its number.',
      pointer: '/card',
    })
  }
  if (recordGroup !== undefined && directory.findRecordGroup(account, recordGroup) === undefined) {
    const message = 'The account has no such record group; check its id.'
    missing.push({ code: 'record-group-not-found', message, pointer: '/recordGroup' })
  }
  return missing
}

/** What the client asked for in so many words, and nobody here can do yet. */
function missingAbilities(request: CallRequest, { directory }: PlanCallContext): Refusal[] {
  const { account, recordGroup } = request
  const hasGroup = recordGroup !== undefined && directory.findRecordGroup(account, recordGroup) !== undefined
  const asked: readonly (readonly [what: string, pointer: string, isAsked: boolean])[] = [
    ['record calls', '/recordGroup', hasGroup],
    ...(['first', 'second'] as const).flatMap(
      (leg) =>
        [
          ['let a party accept a call', `/${leg}/screen`, request[leg].screen === 'required'],
          ['warn before credit ends', `/${leg}/warnBeforeCutOff`, request[leg].warnBeforeCutOff === 'required'],
        ] as const,
    ),
  ]
  return asked
    .filter(([, , isAsked]) => isAsked)
    .map(([what, pointer]) => ({
      code: 'not-supported',
      message: `This server cannot ${what} yet; leave this parameter out.`,
      pointer,
    }))
}

/** Each party is shown the other, unless the request says otherwise. */
function planLeg(
  call: CallRequest,
  name: LegName,
  legs: ResolvedLegs,
  context: PlanCallContext,
): Omit<LegPlan, 'forward' | 'forwardOn'> {
  const [leg, resolved, other] = [call[name], legs[name], legs[otherLeg(name)]]
  return {
    target: leg.target,
    destination: resolved.destination,
    party: resolved.party,
    // A name alone is shown with the number that would be shown without it.
    callerId: { ...other.identity, ...leg.callerId },
    outsideCallerId: { ...context.policy.outsideCallerId(call.account, other), ...leg.callerId },
    autoAnswer: leg.autoAnswer ?? false,
    ...(leg.link === undefined ? {} : { link: leg.link }),
    ringSeconds: leg.ringSeconds ?? context.defaultRingSeconds,
    memberRingSeconds: context.memberRingSeconds,
  }
}
