import type { CallEvent, CallEventType } from './call-event.ts'

/** What the log of calls takes, whatever database holds it. Pure: a store finds what is asked for here, and writes what is allowed. */

/** How long a request may be repeated under its idempotency key, in milliseconds. */
const keyLifetime = 24 * 3600 * 1000

/** A use of a key at this time (milliseconds since the epoch), or before it, counts no longer. */
export const lastExpiredUse = (now: number): number => now - keyLifetime

/** What an idempotency key was used for. */
export interface KeyUse {
  /** Digest of the request body. */
  readonly fingerprint: string
  readonly callId: string
  /** Milliseconds since the epoch. */
  readonly usedAt: number
}

export type Replay =
  /** The key was used before with the same body: the call it made then. */
  | { readonly outcome: 'replayed'; readonly callId: string }
  /** The key was used before with another body. */
  | { readonly outcome: 'key-reused' }

/** What stands in a new call's way. */
export type Obstacle =
  | Replay
  /** A live call of the account carries the same external id. */
  | { readonly outcome: 'external-id-in-use'; readonly callId: string }

export function decideReplay(use: KeyUse | undefined, fingerprint: string, now: number): Replay | undefined {
  if (use === undefined || use.usedAt <= lastExpiredUse(now)) return undefined
  return use.fingerprint === fingerprint ? { outcome: 'replayed', callId: use.callId } : { outcome: 'key-reused' }
}

/** `namesake` is the live call of the account with the same external id. A repeated request is told of its own call, not of that. */
export function decideObstacle(replay: Replay | undefined, namesake: string | undefined): Obstacle | undefined {
  if (replay !== undefined) return replay
  return namesake === undefined ? undefined : { outcome: 'external-id-in-use', callId: namesake }
}

type Acceptance = Extract<CallEvent, { type: 'call.accepted' }>

/** The acceptance with which the events of one new call begin; undefined if they are anything else. */
export function findAcceptance(events: readonly CallEvent[]): Acceptance | undefined {
  const [accepted] = events
  if (accepted?.type !== 'call.accepted') return undefined
  return events.every(({ callId }) => callId === accepted.callId) ? accepted : undefined
}

/** What the log says of a call to which something is to be appended. */
export interface AppendedCall {
  /** The node that runs it. */
  readonly node: number
  readonly hasEnded: boolean
}

/** Whether `node` may append to the call of that id, and if not why. `call` is undefined if there is none. */
export function decideAppend<Found extends AppendedCall>(
  id: string,
  call: Found | undefined,
  node: number,
): { readonly call: Found } | { readonly fault: string } {
  if (call === undefined) return { fault: `There is no call ${id}; it was never accepted.` }
  if (call.node !== node) return { fault: `Call ${id} is run by node ${call.node}; this one is node ${node}.` }
  return call.hasEnded ? { fault: `Call ${id} has ended; nothing follows its end.` } : { call }
}

/** With this event the history of a call is whole: its CDR is written, and what would have ended its legs is dropped. */
export const completesCall = (type: CallEventType): boolean => type === 'call.ended'
