import type { Call, CallState, LegName } from './call.ts'
import type { CallAction } from './call-action.ts'
import type { LoggedCallEvent } from './call-event.ts'
import type { CallRequest, LegTarget } from './call-request.ts'
import type { Refusal } from './refusal.ts'

export type PlaceOutcome =
  | { readonly outcome: 'accepted'; readonly call: Call }
  /** The idempotency key was used before with the same request: the call as it was when it was accepted then. */
  | { readonly outcome: 'replayed'; readonly call: Call }
  /** Everything that has to be mended, the gravest first: one for each fault that was found. */
  | { readonly outcome: 'refused'; readonly refusals: Refusals }

export type Refusals = readonly [Refusal, ...Refusal[]]

export type RedirectOutcome =
  /** `not-connected`: only a call whose two parties are talking can be redirected. */
  | { readonly outcome: 'redirected' | 'not-found' | 'already-ended' | 'not-connected' }
  | { readonly outcome: 'refused'; readonly refusal: Refusal }

export type ActOutcome =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'not-found' | 'clip-not-found' }
  /** Only of a call whose two parties are connected. */
  | { readonly outcome: 'not-in-this-state'; readonly state: CallState }

export type HangupOutcome = 'ending' | 'already-ended' | 'not-found'

/** How far a call must have come before a waiting request is answered; an ended call satisfies every wait. */
export type WaitCondition = 'accepted' | 'dialled' | 'ringing' | 'answered' | 'bridged' | 'ended'

export interface CallFilter {
  readonly externalId?: string
  readonly state?: 'live' | 'ended'
  /** Accepted at or after, and before (milliseconds since the epoch). */
  readonly from?: number
  readonly until?: number
  /** Newest first; at most this many (1–1000). */
  readonly limit: number
  /** The `cursor` of the page before. */
  readonly cursor?: string
}

/**
 * What the dialects ask of the server. Every look-up is limited to `accounts`, those that the credential may see; a call of
 * another account does not exist for it.
 */
export interface CallService {
  /** Resolves once the call is on disk; see `orchestrator/place-call.ts`. Never rejects for what the client did. */
  place(
    request: CallRequest,
    options?: { readonly idempotency?: { readonly key: string; readonly fingerprint: string } },
  ): Promise<PlaceOutcome>
  call(accounts: readonly string[], id: string): Promise<Call | undefined>
  calls(
    accounts: readonly string[],
    filter: CallFilter,
  ): Promise<{ readonly calls: readonly Call[]; readonly cursor?: string }>
  events(accounts: readonly string[], id: string): Promise<readonly LoggedCallEvent[] | undefined>
  hangup(accounts: readonly string[], id: string): Promise<HangupOutcome>
  /** Sends the party of leg `stays` of a connected call to another target; the other party is let go. */
  redirect(accounts: readonly string[], id: string, stays: LegName, target: LegTarget): Promise<RedirectOutcome>
  act(accounts: readonly string[], id: string, action: CallAction): Promise<ActOutcome>
  /**
   * The call as it was when it had come so far, or `milliseconds` after its acceptance; or as it is when `signal` aborts. Whoever
   * asks again hears the same. Holds no thread.
   */
  waitFor(id: string, condition: WaitCondition, milliseconds: number, signal?: AbortSignal): Promise<Call>
  /** Events of one call from now on; returns the way to stop. */
  follow(id: string, listener: (event: LoggedCallEvent) => void): () => void
}
