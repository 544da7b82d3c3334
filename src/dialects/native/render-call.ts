import type { Call, Leg } from '../../call/call.ts'
import type { LoggedCallEvent } from '../../call/call-event.ts'
import type { LegRequest } from '../../call/call-request.ts'
import { type EndCause, endCauses } from '../../call/end-cause.ts'

const time = (milliseconds: number | undefined): string | undefined =>
  milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()

const renderCause = (cause: EndCause | undefined) =>
  cause === undefined
    ? undefined
    : {
        cause,
        sipStatus: endCauses[cause].sipStatus,
        q850: endCauses[cause].q850,
        retryable: endCauses[cause].retryable,
        advice: endCauses[cause].advice,
      }

/** A call as this API shows it. Times are RFC 3339 in UTC; what has not happened is absent. */
export const renderCall = (call: Call) => ({
  id: call.id,
  account: call.account,
  state: call.state,
  externalId: call.request.externalId,
  card: call.request.card,
  recordGroup: call.request.recordGroup,
  noForwards: call.request.noForwards,
  variables: call.request.variables,
  dialect: call.request.origin.dialect,
  acceptedAt: time(call.acceptedAt),
  dueAt: time(call.dueAt),
  bridgedAt: time(call.bridgedAt),
  endedAt: time(call.endedAt),
  talkSeconds:
    call.bridgedAt === undefined || call.endedAt === undefined
      ? undefined
      : Math.round((call.endedAt - call.bridgedAt) / 100) / 10,
  end: renderCause(call.endCause),
  endedBy: call.endedBy,
  first: renderLeg(call.legs.first, call.request.first),
  second: renderLeg(call.legs.second, call.request.second),
})

const renderLeg = (leg: Leg, request: LegRequest) => ({
  [request.target.kind]: request.target.value,
  destination: leg.destination,
  state: leg.state,
  dialledAt: time(leg.dialledAt),
  ringingAt: time(leg.ringingAt),
  answeredAt: time(leg.answeredAt),
  endedAt: time(leg.endedAt),
  end: renderCause(leg.endCause),
  media: leg.media,
})

/** An event as this API shows it; what only the driver understands stays inside. */
export function renderEvent(event: LoggedCallEvent): object {
  const { sequence, type, callId, at, ...detail } = event
  const shown = Object.fromEntries(Object.entries(detail).filter(([name]) => name !== 'recovery' && name !== 'request'))
  return {
    sequence,
    type,
    callId,
    at: time(at),
    ...shown,
    ...('dueAt' in event ? { dueAt: time(event.dueAt) } : {}),
    ...('cause' in event ? { advice: endCauses[event.cause].advice } : {}),
  }
}
