import type { Call, LegName } from '../call/call.ts'
import type { CallEvent, LegRecovery, LoggedCallEvent } from '../call/call-event.ts'
import type { CallFilter } from '../call/call-service.ts'

/** Given with an accept: makes the request repeatable without a second call. */
export interface IdempotencyKey {
  /** Scoped to one account. */
  readonly account: string
  readonly key: string
  /** Digest of the request body: the same key with another body is refused. */
  readonly fingerprint: string
}

export type ReplayResult =
  /** The key was used before with the same body: the call it made then. */
  | { readonly outcome: 'replayed'; readonly callId: string }
  /** The key was used before with another body. */
  | { readonly outcome: 'key-reused' }

export type AcceptResult =
  | { readonly outcome: 'accepted'; readonly events: readonly LoggedCallEvent[] }
  | ReplayResult
  /** A live call of the account carries the same external id. */
  | { readonly outcome: 'external-id-in-use'; readonly callId: string }

export interface CallQuery extends CallFilter {
  /** Calls of these accounts. */
  readonly accounts: readonly string[]
}

export interface CallPage {
  readonly calls: readonly Call[]
  readonly cursor?: string
}

/** A call that had not ended when the process before this one died. */
export interface UnfinishedCall {
  readonly call: Call
  /** The newest recovery record of each leg that was dialled and has not ended. */
  readonly recoveries: readonly { readonly leg: LegName; readonly recovery: LegRecovery; readonly answered: boolean }[]
}

/** How many calls of a node have not ended. */
export interface NodeCalls {
  readonly node: number
  readonly calls: number
}

/**
 * The durable history of calls. Whatever resolves here is on disk (`synchronous=FULL`): it survives kill -9 and power loss.
 * It is opened by a node, whose calls it accepts and appends to; it reads those of all nodes.
 * Concurrent writes are committed together (group commit) in the order in which they were asked for.
 */
export interface CallStore {
  /** Writes `call.accepted` (with an optional `call.scheduled`) exactly once; see {@link AcceptResult}. */
  accept(events: readonly CallEvent[], key?: IdempotencyKey): Promise<AcceptResult>
  /** What an {@link accept} with this key would find at `now` (milliseconds since the epoch): undefined if the key is new. */
  findReplay(key: IdempotencyKey, now: number): Promise<ReplayResult | undefined>
  /** Appends events of accepted calls; the projection (calls row, legs, CDR) is updated in the same transaction. */
  append(events: readonly CallEvent[]): Promise<readonly LoggedCallEvent[]>
  call(id: string): Promise<Call | undefined>
  calls(query: CallQuery): Promise<CallPage>
  /** Of a call that has ended without its recovery records: there is nothing left to end. */
  events(callId: string): Promise<readonly LoggedCallEvent[]>
  /** Every call of this node without `call.ended`: for its restart. Those of other nodes are theirs to end. */
  unfinished(): Promise<readonly UnfinishedCall[]>
  /** The other nodes that have such calls. */
  liveElsewhere(): Promise<readonly NodeCalls[]>
  close(): Promise<void>
}
