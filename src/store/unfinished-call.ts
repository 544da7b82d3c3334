import type { Call, LegName } from '../call/call.ts'
import type { CallEvent, LegRecovery } from '../call/call-event.ts'
import type { UnfinishedCall } from './call-store.ts'

const legNames: readonly LegName[] = ['first', 'second']

/** What a restart needs to know of a call that had not ended: the newest recovery record of each leg that may still be up. */
export function findRecoveries(call: Call, events: readonly CallEvent[]): UnfinishedCall {
  const newest = new Map<LegName, LegRecovery>()
  for (const event of events) {
    if (event.type === 'leg.dialled' || event.type === 'leg.answered') newest.set(event.leg, event.recovery)
  }
  const recoveries = legNames.flatMap((leg) => {
    const recovery = newest.get(leg)
    if (recovery === undefined || call.legs[leg].state === 'ended') return []
    return [{ leg, recovery, answered: call.legs[leg].answeredAt !== undefined }]
  })
  return { call, recoveries }
}
