import type { Call, Leg, LegAttempt } from '../../call/call.ts'
import type { LoggedCallEvent } from '../../call/call-event.ts'
import type { LegRequest } from '../../call/call-request.ts'
import { describeEnd } from '../../call/describe-end.ts'
import { renderDestination } from '../../call/destination.ts'
import type { EndCause } from '../../call/end-cause.ts'
import { renderEventDestinations } from '../../call/render-event-destinations.ts'

const time = (milliseconds: number | undefined): string | undefined =>
  milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()

function renderCause(cause: EndCause | undefined, status: number | undefined) {
  if (cause === undefined) return undefined
  const { sipStatus, q850, retryable, advice } = describeEnd(cause, status)
  return { cause, sipStatus, q850, retryable, advice }
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
  end: renderCause(call.endCause, call.endStatus),
  endedBy: call.endedBy,
  first: renderLeg(call.legs.first, call.request.first),
  second: renderLeg(call.legs.second, call.request.second),
})

const renderLeg = (leg: Leg, request: LegRequest) => ({
  [request.target.kind]: request.target.value,
  destination: renderDestination(leg.destination),
  state: leg.state,
  dialledAt: time(leg.dialledAt),
  ringingAt: time(leg.ringingAt),
  answeredAt: time(leg.answeredAt),
  held: leg.held,
  muted: leg.muted,
  endedAt: time(leg.endedAt),
  end: renderCause(leg.endCause, leg.endStatus),
  attempts: leg.attempts?.map(renderAttempt),
  media: leg.media,
})

const renderAttempt = ({ at, ...attempt }: LegAttempt) => ({ at: time(at), ...attempt })

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
    ...renderEventDestinations(event),
    ...('dueAt' in event ? { dueAt: time(event.dueAt) } : {}),
    ...('attempt' in event && event.attempt !== undefined ? { attempt: renderAttempt(event.attempt) } : {}),
    ...('cause' in event ? { advice: describeEnd(event.cause, event.sipStatus).advice } : {}),
  }
}

/** What an address is posted of each event: the event, and the call as it was right after. */
export const renderWebhook = (event: LoggedCallEvent, call: Call): string =>
  JSON.stringify({ event: renderEvent(event), call: renderCall(call) })
