import type { Driver, LegDestination, LegEvent, LegHandle } from '../telephony/driver.ts'
import type { PhoneRegistry } from '../telephony/phone-registry.ts'
import type { LegPlan } from './call-plan.ts'
import { huntRounds, isReachable } from './hunt.ts'
import { HuntLeg, type HuntRequest } from './hunt-leg.ts'
import type { LineActivity } from './line-activity.ts'

export interface DialLegContext {
  readonly driver: Pick<Driver, 'dial'>
  readonly phones: Pick<PhoneRegistry, 'presence'>
  readonly activity: LineActivity
}

/** Dials whom the plan names: one party by the driver, or several of whom one is to answer. */
export function dialLeg(
  plan: LegPlan,
  request: HuntRequest,
  listener: (event: LegEvent) => void,
  context: DialLegContext,
): LegHandle {
  const dialOne = (
    request: HuntRequest,
    destination: LegDestination,
    listener: (event: LegEvent) => void,
  ): LegHandle => {
    const { callerId, outsideCallerId } = plan
    if (destination.kind !== 'line') {
      return context.driver.dial({ ...request, destination, callerId: outsideCallerId }, listener)
    }
    const handle = context.driver.dial({ ...request, destination, callerId }, (event) => {
      if (event.type === 'ended') release()
      listener(event)
    })
    // While the leg lasts, its line is busy. A leg that the driver fails to dial never ends.
    const release = context.activity.occupy(destination.line)
    return handle
  }
  if (plan.destination.kind !== 'hunt') return dialOne(request, plan.destination, listener)
  const rounds = huntRounds(plan.destination, context)
  const ringSeconds = Math.min(plan.ringSeconds, plan.memberRingSeconds)
  // Phones that are there and not free are on other calls, or their owners are still busy with the last.
  const causeIfNobody = isReachable(plan.destination, context.phones) ? 'busy' : 'unavailable'
  return new HuntLeg({ ...request, ringSeconds }, rounds, dialOne, listener, causeIfNobody).start()
}
