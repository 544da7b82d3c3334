import type { Call } from '../../call/call.ts'
import type { CallEvent, LoggedCallEvent } from '../../call/call-event.ts'
import { findAcceptance, type Replay } from '../../call/log-rules.ts'
import type { UnfinishedCall } from '../../call/unfinished-call.ts'
import type { CallPage, CallQuery } from '../call-query.ts'
import { type AcceptanceColumns, acceptanceToRow } from '../call-row.ts'
import type { AcceptResult, CallStore, IdempotencyKey, NodeCalls } from '../call-store.ts'
import { toEventRow } from '../event-row.ts'
import { StoreError } from '../store-error.ts'
import type { AcceptanceRow, AcceptReply, KeyRow } from './command.ts'
import type { WorkerClient } from './worker-client.ts'

export class SqliteCallStore implements CallStore {
  readonly #client: WorkerClient

  constructor(client: WorkerClient) {
    this.#client = client
  }

  async accept(events: readonly CallEvent[], key?: IdempotencyKey): Promise<AcceptResult> {
    const accepted = findAcceptance(events)
    if (accepted === undefined) {
      throw new StoreError('invalid-write', 'What is accepted is one call, and its events begin with call.accepted.')
    }
    const acceptance = toAcceptanceRow(acceptanceToRow(accepted))
    const keyRow = key && toKeyRow(key)
    const reply = (await this.#client.request(['accept', acceptance, events.map(toEventRow), keyRow])) as AcceptReply
    return typeof reply === 'number' ? { outcome: 'accepted', events: withSequences(events, reply) } : reply
  }

  async findReplay(key: IdempotencyKey, now: number): Promise<Replay | undefined> {
    return (await this.#client.request(['find-replay', toKeyRow(key), now])) as Replay | undefined
  }

  async append(events: readonly CallEvent[]): Promise<readonly LoggedCallEvent[]> {
    if (events.length === 0) return []
    const first = (await this.#client.request(['append', events.map(toEventRow)])) as number
    return withSequences(events, first)
  }

  async call(id: string): Promise<Call | undefined> {
    const json = (await this.#client.request(['call', id])) as string | undefined
    return json === undefined ? undefined : (JSON.parse(json) as Call)
  }

  async calls(query: CallQuery): Promise<CallPage> {
    return JSON.parse((await this.#client.request(['calls', query])) as string) as CallPage
  }

  async events(callId: string): Promise<readonly LoggedCallEvent[]> {
    return JSON.parse((await this.#client.request(['events', callId])) as string) as LoggedCallEvent[]
  }

  async unfinished(): Promise<readonly UnfinishedCall[]> {
    return JSON.parse((await this.#client.request(['unfinished'])) as string) as UnfinishedCall[]
  }

  async liveElsewhere(): Promise<readonly NodeCalls[]> {
    return (await this.#client.request(['live-elsewhere'])) as NodeCalls[]
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

const toKeyRow = ({ account, key, fingerprint }: IdempotencyKey): KeyRow => [account, key, fingerprint]

const toAcceptanceRow = (row: AcceptanceColumns): AcceptanceRow => [
  row.id,
  row.account,
  row.external_id,
  row.dialect,
  row.credential,
  row.request,
  row.accepted_at,
]

const withSequences = (events: readonly CallEvent[], first: number): readonly LoggedCallEvent[] =>
  events.map((event, index) => ({ ...event, sequence: first + index }))
