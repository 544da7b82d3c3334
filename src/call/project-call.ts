import type { Call, Leg, LegAttempt, LegName } from './call.ts'
import type { CallEvent } from './call-event.ts'
import type { EndCause } from './end-cause.ts'
import { nameCallState } from './name-call-state.ts'

export class ProjectionError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ProjectionError'
  }
}

/**
 * The call that these events of one call, in the order of the log, amount to. The projection of an ended call is its CDR.
 * Throws {@link ProjectionError} unless the first, and only the first, is `call.accepted`.
 */
export function projectCall(events: readonly CallEvent[]): Call {
  const [accepted, ...rest] = events
  if (accepted === undefined) throw new ProjectionError('A call without events is no call')
  return rest.reduce(applyCallEvent, beginCall(accepted))
}

function beginCall(event: CallEvent): Call {
  if (event.type !== 'call.accepted') {
    throw new ProjectionError(`The events of call ${event.callId} begin with ${event.type}, not with call.accepted`)
  }
  const leg = (name: LegName): Leg => ({ name, state: 'idle', destination: event.destinations[name] })
  return {
    id: event.callId,
    account: event.request.account,
    request: event.request,
    state: 'accepted',
    acceptedAt: event.at,
    legs: { first: leg('first'), second: leg('second') },
  }
}

/** The call as it is after one more event. Pure. */
export function applyCallEvent(before: Call, event: CallEvent): Call {
  if (event.callId !== before.id) {
    throw new ProjectionError(`An event of call ${event.callId} is none of call ${before.id}`)
  }
  const call = withEvent('leg' in event ? withLegRenewed(before, event.leg) : before, event)
  const state = stateAfter(before, call, event)
  return state === call.state ? call : { ...call, state }
}

function withEvent(call: Call, event: CallEvent): Call {
  switch (event.type) {
    case 'call.accepted':
      throw new ProjectionError(`Call ${call.id} was accepted twice`)
    case 'call.scheduled':
      return { ...call, dueAt: event.dueAt }
    case 'leg.dialled':
      return withLeg(call, event.leg, {
        state: 'dialling',
        // Over the next trunk it is still the same leg: its first attempt counts.
        dialledAt: call.legs[event.leg].dialledAt ?? event.at,
      })
    case 'leg.ringing':
      // A phone may ring again after another of the same line did: the first ring counts.
      return call.legs[event.leg].ringingAt === undefined
        ? withLeg(call, event.leg, { state: 'ringing', ringingAt: event.at })
        : call
    case 'leg.attempt-ended':
      return withLeg(call, event.leg, withAttempt(call, event.leg, event.attempt))
    case 'leg.answered':
      return withLeg(call, event.leg, {
        state: 'answered',
        answeredAt: event.at,
        ...withAttempt(call, event.leg, event.attempt),
        ...(event.destination === undefined ? {} : { destination: event.destination }),
      })
    case 'leg.forwarded':
      return withLeg(call, event.leg, { destination: event.destination })
    case 'call.bridged':
      // A redirected call has been one since it was connected first.
      return { ...call, bridgedAt: call.bridgedAt ?? event.at }
    case 'leg.held':
      return withLeg(call, event.leg, { held: true })
    case 'leg.resumed':
      return withoutControls(call, event.leg, 'held')
    case 'leg.muted':
      return withLeg(call, event.leg, { muted: true })
    case 'leg.unmuted':
      return withoutControls(call, event.leg, 'muted')
    case 'call.redirected':
      return withLeg(call, event.leg, { redirectedTo: event.destination })
    case 'call.ending':
      return { ...call, ...verdict(event) }
    case 'leg.ended':
      return withLeg(withoutControls(call, event.leg, 'held', 'muted'), event.leg, {
        state: 'ended',
        endedAt: event.at,
        endCause: event.cause,
        ...(event.sipStatus === undefined ? {} : { endStatus: event.sipStatus }),
        ...answeredAttemptsEnded(call.legs[event.leg].attempts, event.cause),
        ...(event.media === undefined ? {} : { media: event.media }),
      })
    case 'call.ended':
      return { ...call, legs: settled(call.legs), endedAt: event.at, ...verdict(event) }
  }
}

function stateAfter(before: Call, { legs, dueAt, endCause, endedAt }: Call, { type }: CallEvent): Call['state'] {
  const { first, second } = legs
  return nameCallState({
    isScheduled: dueAt !== undefined,
    dialled: Number(first.dialledAt !== undefined) + Number(second.dialledAt !== undefined),
    answered: Number(first.answeredAt !== undefined) + Number(second.answeredAt !== undefined),
    // An event that was already on its way when the two were connected changes its leg alone.
    isConnected: type === 'call.bridged' || (before.state === 'bridged' && type !== 'call.redirected'),
    isRedirecting: first.redirectedTo !== undefined || second.redirectedTo !== undefined,
    isDecided: endCause !== undefined,
    isOver: endedAt !== undefined,
  })
}

/** A leg that a redirection has let go begins anew with whatever happens to it next, be it only that nobody is there. */
function withLegRenewed(call: Call, name: LegName): Call {
  const { state, destination, redirectedTo, released = [] } = call.legs[name]
  if (state !== 'ended' || redirectedTo === undefined) return call
  const renewed: Leg = {
    name,
    state: 'idle',
    destination: redirectedTo,
    released: [...released, destination].slice(-mostReleased),
  }
  return { ...call, legs: { ...call.legs, [name]: renewed } }
}

/** A leg whose other party left before it could be dialled anew keeps the party that it had. */
function settled({ first, second }: Call['legs']): Call['legs'] {
  const settle = ({ redirectedTo: _, ...leg }: Leg): Leg => leg
  return { first: settle(first), second: settle(second) }
}

/** Far more than anybody sends a call on; whoever does it for ever leaves no more behind than this. */
const mostReleased = 20

/** Far more than a leg dials; a log that holds more is not shown in full. */
const mostAttempts = 200

function withAttempt(call: Call, leg: LegName, attempt: LegAttempt | undefined): Pick<Leg, 'attempts'> {
  const { attempts = [] } = call.legs[leg]
  return attempt === undefined || attempts.length >= mostAttempts ? {} : { attempts: [...attempts, attempt] }
}

/** The attempt that was answered ends as its leg does. */
const answeredAttemptsEnded = (attempts: Leg['attempts'], cause: EndCause): Pick<Leg, 'attempts'> =>
  attempts === undefined
    ? {}
    : { attempts: attempts.map((attempt) => (attempt.cause === undefined ? { ...attempt, cause } : attempt)) }

const legRank = { idle: 0, dialling: 1, ringing: 2, answered: 3, ended: 4 } as const

function withLeg(call: Call, name: LegName, change: Partial<Leg>): Call {
  const leg = call.legs[name]
  const state = change.state !== undefined && legRank[change.state] > legRank[leg.state] ? change.state : leg.state
  return { ...call, legs: { ...call.legs, [name]: { ...leg, ...change, state } } }
}

/** The leg without what was done to it, which is over. */
function withoutControls(call: Call, name: LegName, ...over: readonly ('held' | 'muted')[]): Call {
  const leg = Object.fromEntries(
    Object.entries(call.legs[name]).filter(([member]) => !over.some((each) => each === member)),
  )
  return { ...call, legs: { ...call.legs, [name]: leg as unknown as Leg } }
}

const verdict = (event: Extract<CallEvent, { type: 'call.ending' | 'call.ended' }>): Partial<Call> => ({
  endCause: event.cause,
  ...(event.sipStatus === undefined ? {} : { endStatus: event.sipStatus }),
  ...(event.endedBy === undefined ? {} : { endedBy: event.endedBy }),
})
