import type { CallEvent } from '../call/call-event.ts'
import type { CallRequest } from '../call/call-request.ts'
import type { Refusals } from '../call/call-service.ts'
import type { RefusalCode } from '../call/refusal.ts'
import type { Clock } from '../clock.ts'
import type { CallLog } from '../events/call-log.ts'
import type { Random } from '../random.ts'
import type { AcceptResult, IdempotencyKey } from '../store/call-store.ts'
import type { CallCounters } from './call-counters.ts'
import { newCallId } from './call-id.ts'
import type { CallPlan } from './call-plan.ts'
import { couldRing } from './hunt.ts'
import type { LineActivity } from './line-activity.ts'
import { couldAnswer, nobodyFree, type PlanCallContext, type PlannedCall, planCall } from './plan-call.ts'

export interface PlaceCallContext extends PlanCallContext {
  readonly callLog: CallLog
  readonly clock: Clock
  readonly random: Random
  readonly counters: CallCounters
  readonly activity: LineActivity
  /** Whether a call of the account that has not ended carries this external id. */
  readonly isLive: (account: string, externalId: string) => boolean
  /** Makes the accepted call live: dials now, or when it is due (milliseconds since the epoch). */
  readonly launch: (plan: CallPlan, dueAt: number | undefined) => void
}

export type Placement =
  | { readonly outcome: 'accepted'; readonly callId: string; readonly events: readonly CallEvent[] }
  | { readonly outcome: 'replayed'; readonly callId: string }
  | { readonly outcome: 'refused'; readonly refusals: Refusals }

/**
 * The story of one request, from the canonical words to two legs on their way. Who asks, and whether they may, is settled
 * before (`http/`); what happens to the legs is told by `live-call.ts` and decided by `call/step.ts`.
 */
export async function placeCall(
  request: CallRequest,
  idempotency: IdempotencyKey | undefined,
  context: PlaceCallContext,
): Promise<Placement> {
  // A repeated request gets its first answer, whatever has changed since.
  const replay = idempotency && (await context.callLog.findReplay(idempotency, context.clock.now()))
  if (replay !== undefined) return notAccepted(replay)

  // resolve → policy
  const planned = planCall(request, context)
  if ('refusals' in planned) return { outcome: 'refused', refusals: planned.refusals }

  // presence
  // A delayed call's phone may well register before the call is due; dialling tells then.
  if (request.delaySeconds === 0 && !couldAnswer(planned.legs.first, context.phones)) {
    return refused('unavailable', 'The extension is not currently available (not registered)', '/first')
  }

  // Nobody can wait in a queue yet: the first party is not rung for one where nobody is free.
  if (request.delaySeconds === 0 && !couldBeConnected(planned, context)) {
    return { outcome: 'refused', refusals: [nobodyFree('second', planned.legs.second)] }
  }

  // The store has the last word; asked here, so that a copy of a call that lives is no call more for any limit.
  if (request.externalId !== undefined && context.isLive(request.account, request.externalId)) return externalIdInUse

  // limits: the call counts from here on
  const now = context.clock.now()
  const id = newCallId(now, context.random)
  const excess = context.counters.admit(id, context.policy.countedFor(request))
  if (excess !== undefined) return { outcome: 'refused', refusals: [excess] }

  // accept: one durable write
  const dueAt = request.delaySeconds > 0 ? now + request.delaySeconds * 1000 : undefined
  const events = acceptanceEvents(id, request, planned, now, dueAt)
  const accepting = context.callLog.accept(events, idempotency)
  // Where the store has nothing to refuse, the first leg's record goes into the same commit: one before the INVITE instead of two.
  // The store keeps the order, and takes no record of a call that it did not accept.
  const isCertain = idempotency === undefined && request.externalId === undefined && dueAt === undefined
  if (isCertain) context.launch({ id, ...planned }, dueAt)
  const accepted = await accepting.catch((error: unknown) => {
    context.counters.withdraw(id)
    throw error
  })
  if (accepted.outcome !== 'accepted') {
    context.counters.withdraw(id)
    return notAccepted(accepted)
  }

  // delay → first leg → second leg → bridge → end
  if (!isCertain) context.launch({ id, ...planned }, dueAt)
  return { outcome: 'accepted', callId: id, events }
}

function couldBeConnected({ legs: { first, second } }: PlannedCall, context: PlaceCallContext): boolean {
  if (second.destination.kind !== 'hunt') return true
  return couldRing(second.destination, context, first.destination.kind === 'line' ? first.destination.line : undefined)
}

function acceptanceEvents(
  callId: string,
  request: CallRequest,
  { legs }: PlannedCall,
  at: number,
  dueAt: number | undefined,
): readonly CallEvent[] {
  const destinations = { first: legs.first.party, second: legs.second.party }
  const accepted: CallEvent = { type: 'call.accepted', callId, at, request, destinations }
  return dueAt === undefined ? [accepted] : [accepted, { type: 'call.scheduled', callId, at, dueAt }]
}

function notAccepted(result: Exclude<AcceptResult, { outcome: 'accepted' }>): Placement {
  switch (result.outcome) {
    case 'replayed':
      return { outcome: 'replayed', callId: result.callId }
    case 'key-reused':
      return refused(
        'idempotency-key-reused',
        'This idempotency key was used before with another request; use a new key for a new request.',
      )
    case 'external-id-in-use':
      return externalIdInUse
  }
}

const refused = (code: RefusalCode, message: string, pointer?: string): Placement => ({
  outcome: 'refused',
  refusals: [{ code, message, ...(pointer === undefined ? {} : { pointer }) }],
})

const externalIdInUse = refused(
  'external-id-in-use',
  'A call with this external id is still up; wait for its end, hang it up, or use another id.',
  '/externalId',
)
