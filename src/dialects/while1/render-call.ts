import type { Call, CallState } from '../../call/call.ts'
import { mapEndCause } from './map-end-cause.ts'

const states: Readonly<Record<CallState, string>> = {
  accepted: 'accepted',
  scheduled: 'scheduled',
  'first-ringing': 'user_ringing',
  'first-answered': 'user_answered',
  'second-ringing': 'customer_ringing',
  redirecting: 'customer_ringing',
  bridged: 'connected',
  ending: 'ending',
  ended: 'ended',
}

const parties = { first: 'user', second: 'customer' } as const

const time = (milliseconds: number | undefined): string | null =>
  milliseconds === undefined ? null : new Date(milliseconds).toISOString()

/** State and outcome of one call, for who asks by its external_id ("ours"). What has not happened is null; times are in UTC. */
export const renderCall = (call: Call) => ({
  external_id: call.request.externalId ?? null,
  state: states[call.state],
  outcome: call.endCause === undefined ? null : mapEndCause(call.endCause).outcome,
  ended_by: call.endedBy === undefined ? null : parties[call.endedBy],
  originated_at: time(call.acceptedAt),
  user_answered_at: time(call.legs.first.answeredAt),
  connected_at: time(call.bridgedAt),
  ended_at: time(call.endedAt),
})
