import type { Call } from '../../call/call.ts'
import type { CallEvent, LoggedCallEvent } from '../../call/call-event.ts'
import type {
  AcceptResult,
  CallPage,
  CallQuery,
  CallStore,
  IdempotencyKey,
  NodeCalls,
  ReplayResult,
  UnfinishedCall,
} from '../call-store.ts'
import { toEventRow } from '../event-row.ts'
import { StoreError } from '../store-error.ts'
import type { AcceptanceRow, AcceptReply, KeyRow, ReplayReply } from './command.ts'
import type { WorkerClient } from './worker-client.ts'

export class SqliteCallStore implements CallStore {
  readonly #client: WorkerClient

  constructor(client: WorkerClient) {
    this.#client = client
  }

  async accept(events: readonly CallEvent[], key?: IdempotencyKey): Promise<AcceptResult> {
    const acceptance = toAcceptanceRow(events)
    const keyRow = key && toKeyRow(key)
    const reply = (await this.#client.request(['accept', acceptance, events.map(toEventRow), keyRow])) as AcceptReply
    if (typeof reply === 'number') return { outcome: 'accepted', events: withSequences(events, reply) }
    switch (reply[0]) {
      case 'replayed':
      case 'external-id-in-use':
        return { outcome: reply[0], callId: reply[1] }
      case 'key-reused':
        return { outcome: 'key-reused' }
    }
  }

  async findReplay(key: IdempotencyKey, now: number): Promise<ReplayResult | undefined> {
    const reply = (await this.#client.request(['find-replay', toKeyRow(key), now])) as ReplayReply | undefined
    if (reply === undefined) return undefined
    return reply[0] === 'replayed' ? { outcome: 'replayed', callId: reply[1] } : { outcome: 'key-reused' }
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

function toAcceptanceRow(events: readonly CallEvent[]): AcceptanceRow {
  const [accepted] = events
  if (accepted?.type !== 'call.accepted' || events.some((event) => event.callId !== accepted.callId)) {
    throw new StoreError('invalid-write', 'What is accepted is one call, and its events begin with call.accepted.')
  }
  const { request } = accepted
  return [
    accepted.callId,
    request.account,
    request.externalId ?? null,
    request.origin.dialect,
    request.origin.credential,
    JSON.stringify(request),
    accepted.at,
  ]
}

const withSequences = (events: readonly CallEvent[], first: number): readonly LoggedCallEvent[] =>
  events.map((event, index) => ({ ...event, sequence: first + index }))
