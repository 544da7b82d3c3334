import type { CallEvent } from '../call/call-event.ts'
import type { EndCause } from '../call/end-cause.ts'
import type { UnfinishedCall } from '../call/unfinished-call.ts'
import type { Clock } from '../clock.ts'
import type { CallLog } from '../events/call-log.ts'
import type { Log } from '../log.ts'
import type { CallStore } from '../store/call-store.ts'
import type { Driver } from '../telephony/driver.ts'
import type { CallCounters } from './call-counters.ts'
import type { CallPlan } from './call-plan.ts'
import { recoveriesOf } from './hunt-leg.ts'
import { type PlanCallContext, planCall } from './plan-call.ts'

export interface ResumeContext extends PlanCallContext {
  readonly store: CallStore
  readonly driver: Driver
  readonly callLog: CallLog
  readonly clock: Clock
  readonly log: Log
  readonly counters: CallCounters
  readonly launch: (plan: CallPlan, dueAt: number | undefined) => void
}

/** A call that was due while no server ran is placed late, but not when nobody expects it any longer. */
const latestMilliseconds = 3600 * 1000

/**
 * What a restart owes to the calls that the process before left behind: a delayed call that was never dialled is armed again;
 * every other one has its legs hung up and ends, as `interrupted` unless its end had been decided before.
 */
export async function resumeCalls(context: ResumeContext): Promise<{ resumed: number; interrupted: number }> {
  const unfinished = await context.store.unfinished()
  const outcomes = await Promise.all(unfinished.map((call) => resumeOne(call, context)))
  const resumed = outcomes.filter((outcome) => outcome === 'resumed').length
  return { resumed, interrupted: outcomes.length - resumed }
}

async function resumeOne(unfinished: UnfinishedCall, context: ResumeContext): Promise<'resumed' | 'interrupted'> {
  const { call } = unfinished
  if (call.state === 'scheduled' && call.dueAt !== undefined) {
    if (context.clock.now() - call.dueAt > latestMilliseconds) {
      context.log.warn({ callId: call.id, dueAt: call.dueAt }, 'a delayed call was due too long ago to be placed now')
      await end(unfinished, 'interrupted', context)
      return 'interrupted'
    }
    const planned = planCall(call.request, context)
    if ('refusals' in planned) {
      context.log.warn({ callId: call.id, refusal: planned.refusals[0].code }, 'a delayed call can no longer be placed')
      await end(unfinished, 'failed', context)
      return 'interrupted'
    }
    context.counters.resume(call.id, context.policy.countedFor(call.request))
    context.launch({ id: call.id, ...planned }, call.dueAt)
    return 'resumed'
  }
  await context.driver.recover(unfinished.recoveries.flatMap(({ recovery }) => recoveriesOf(recovery)))
  await end(unfinished, call.endCause ?? 'interrupted', context)
  return 'interrupted'
}

async function end({ call, recoveries }: UnfinishedCall, cause: EndCause, context: ResumeContext): Promise<void> {
  const at = context.clock.now()
  const callId = call.id
  // A leg that was dialled several times, over trunks or to members of a queue, has one end all the same.
  const legs = [...new Set(recoveries.map(({ leg }) => leg))]
  const events: CallEvent[] = legs.map((leg) => ({ type: 'leg.ended', callId, at, leg, cause }))
  const endedBy = call.endedBy === undefined ? {} : { endedBy: call.endedBy }
  await context.callLog.append([...events, { type: 'call.ended', callId, at, cause, ...endedBy }])
}
