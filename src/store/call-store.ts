import type { Call } from '../call/call.ts'
import type { CallEvent, LoggedCallEvent } from '../call/call-event.ts'
import type { Obstacle, Replay } from '../call/log-rules.ts'
import type { UnfinishedCall } from '../call/unfinished-call.ts'
import type { CallPage, CallQuery } from './call-query.ts'

/** Given with an accept: makes the request repeatable without a second call. */
export interface IdempotencyKey {
  /** Scoped to one account. */
  readonly account: string
  readonly key: string
  /** Digest of the request body: the same key with another body is refused. */
  readonly fingerprint: string
}

export type AcceptResult = { readonly outcome: 'accepted'; readonly events: readonly LoggedCallEvent[] } | Obstacle

/** How many calls of a node have not ended. */
export interface NodeCalls {
  readonly node: number
  readonly calls: number
}

/**
 * The durable history of calls. Whatever resolves here is on disk (`synchronous=FULL`): it survives kill -9 and power loss.
 * It is opened by a node, whose calls it accepts and appends to; it reads those of all nodes.
 * What it takes and refuses stands in `call/log-rules.ts`.
 * Concurrent writes are committed together (group commit) in the order in which they were asked for.
 */
export interface CallStore {
  /** Writes `call.accepted` (with an optional `call.scheduled`) exactly once; see {@link AcceptResult}. */
  accept(events: readonly CallEvent[], key?: IdempotencyKey): Promise<AcceptResult>
  /** What an {@link accept} with this key would find at `now` (milliseconds since the epoch): undefined if the key is new. */
  findReplay(key: IdempotencyKey, now: number): Promise<Replay | undefined>
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
