import type { Call, LegName } from './call.ts'
import type { CallEvent, LegRecovery } from './call-event.ts'

/** A call that had not ended when the process before this one died. */
export interface UnfinishedCall {
  readonly call: Call
  /** The newest recovery record of each leg that was dialled and has not ended. */
  readonly recoveries: readonly Recovery[]
}

interface Recovery {
  readonly leg: LegName
  readonly recovery: LegRecovery
  readonly answered: boolean
}

/** What a restart needs to know of a call that had not ended: how to end every leg that may still be up. */
export function findRecoveries(call: Call, events: readonly CallEvent[]): UnfinishedCall {
  const open = new Map<LegName, readonly Recovery[]>()
  for (const event of events) {
    if (event.type === 'leg.dialled') {
      // A leg that went on to the next trunk may have left the attempt before in doubt: each of them is ended.
      const attempts = open.get(event.leg) ?? []
      open.set(event.leg, [...attempts, { leg: event.leg, recovery: event.recovery, answered: false }])
    } else if (event.type === 'leg.answered') {
      open.set(event.leg, [{ leg: event.leg, recovery: event.recovery, answered: true }])
    } else if (event.type === 'leg.ended') {
      open.delete(event.leg)
    }
  }
  return { call, recoveries: [...open.values()].flat() }
}
