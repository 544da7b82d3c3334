import type { Call } from '../call/call.ts'
import type { CallEventType, LoggedCallEvent } from '../call/call-event.ts'
import type { WaitCondition } from '../call/call-service.ts'
import { projectCall } from '../call/project-call.ts'
import { type Clock, callWhenDue } from '../clock.ts'
import type { CallLog } from '../events/call-log.ts'
import type { CallStore } from '../store/call-store.ts'

/** The event that satisfies each wait; `call.ended` satisfies them all. */
const awaited: Readonly<Record<WaitCondition, (event: LoggedCallEvent) => boolean>> = {
  accepted: isOfType('call.accepted'),
  dialled: (event) => event.type === 'leg.dialled' && event.leg === 'first',
  ringing: (event) => event.type === 'leg.ringing' && event.leg === 'first',
  answered: (event) => event.type === 'leg.answered' && event.leg === 'first',
  bridged: isOfType('call.bridged'),
  ended: isOfType('call.ended'),
}

function isOfType(type: CallEventType): (event: LoggedCallEvent) => boolean {
  return (event) => event.type === type
}

/** A phone that answers without ringing has come as far as one that rang. */
const satisfies = (condition: WaitCondition, event: LoggedCallEvent): boolean =>
  event.type === 'call.ended' || awaited[condition](event) || (condition === 'ringing' && awaited.answered(event))

export interface WaitContext {
  readonly callLog: CallLog
  readonly store: CallStore
  readonly clock: Clock
}

/**
 * The call as it was when it had come to `condition` or had ended, or `milliseconds` after its acceptance: the same for whoever
 * asks, whenever. As it is now when `signal` aborts. A wait is one listener and one timer; the listener is there before the log
 * is read, so that nothing is missed in between.
 */
export async function waitForCall(
  id: string,
  condition: WaitCondition,
  milliseconds: number,
  signal: AbortSignal | undefined,
  { callLog, store, clock }: WaitContext,
): Promise<Call> {
  let wake = () => {}
  const woken = new Promise<void>((resolve) => {
    wake = resolve
  })
  let cancelDeadline = () => {}
  const stopFollowing = callLog.follow(id, (event) => {
    if (satisfies(condition, event)) wake()
  })
  signal?.addEventListener('abort', wake, { once: true })
  try {
    const before = await store.events(id)
    const acceptedAt = before[0]?.at ?? clock.now()
    const deadline = acceptedAt + milliseconds
    if (signal?.aborted || clock.now() >= deadline || before.some((event) => satisfies(condition, event))) wake()
    cancelDeadline = callWhenDue(clock, deadline, wake)
    await woken
    const events = await store.events(id)
    return projectCall(signal?.aborted ? events : until(condition, deadline, events))
  } finally {
    stopFollowing()
    cancelDeadline()
    signal?.removeEventListener('abort', wake)
  }
}

/** The events up to the one that satisfies the wait, or up to its deadline. */
function until(
  condition: WaitCondition,
  deadline: number,
  events: readonly LoggedCallEvent[],
): readonly LoggedCallEvent[] {
  const inTime = events.filter((event, index) => index === 0 || event.at <= deadline)
  const satisfied = inTime.findIndex((event) => satisfies(condition, event))
  return satisfied === -1 ? inTime : inTime.slice(0, satisfied + 1)
}
