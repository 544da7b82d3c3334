import type { FastifyInstance } from 'fastify'
import type { Call, LegName } from '../../src/call/call.ts'
import type { LoggedCallEvent } from '../../src/call/call-event.ts'
import type { CallRequest, LegTarget } from '../../src/call/call-request.ts'
import type {
  CallFilter,
  CallService,
  HangupOutcome,
  PlaceOutcome,
  RedirectOutcome,
} from '../../src/call/call-service.ts'
import { applyCallEvent, projectCall } from '../../src/call/project-call.ts'
import type { Refusal } from '../../src/call/refusal.ts'
import type { AccountReference, Caller, DialectContext, LineReference } from '../../src/dialects/dialect.ts'
import { createEnswitchDialect } from '../../src/dialects/enswitch/routes.ts'
import { myapiDialect } from '../../src/dialects/myapi/routes.ts'
import { nativeDialect } from '../../src/dialects/native/native.ts'
import { spectronicsDialect } from '../../src/dialects/spectronics/routes.ts'
import { while1Dialect } from '../../src/dialects/while1/routes.ts'
import { parseDialledNumber, phoneNumberOf } from '../../src/directory/parse-dialled-number.ts'
import { createServer } from '../../src/http/create-server.ts'
import { Metrics } from '../../src/http/metrics.ts'
import type { Log } from '../../src/log.ts'

export const keys = {
  all: 'demo-key-acme-0001',
  readOnly: 'demo-key-read-0002',
  oneLine: 'demo-key-line-0003',
  otherAccount: 'demo-key-other-0004',
  twoLines: 'demo-token-two-0005',
} as const

const permissions = new Set(['calls:place', 'calls:read', 'calls:control', 'directory:read'])

const callers: Readonly<Record<string, Caller>> = {
  [keys.all]: { name: 'crm', account: 'acme', accounts: ['acme', 'acme-shop'], permissions },
  [keys.readOnly]: { name: 'reader', account: 'acme', accounts: ['acme'], permissions: new Set(['calls:read']) },
  [keys.oneLine]: { name: 'web', account: 'acme', accounts: ['acme'], permissions, lines: new Set(['101']) },
  [keys.twoLines]: { name: 'two', account: 'acme', accounts: ['acme'], permissions, lines: new Set(['101', '102']) },
  [keys.otherAccount]: { name: 'other', account: 'other', accounts: ['other'], permissions },
}

export const userPassword = 'demo-pass-0001'

/**
 * Users with `userPassword`: one who may place and control calls, one who may read only, one for a line alone, one of an account
 * below.
 */
const users: readonly Caller[] = [
  { name: 'alice@acme', account: 'acme', accounts: ['acme', 'acme-shop'], permissions, line: '101' },
  { name: 'reader@acme', account: 'acme', accounts: ['acme'], permissions: new Set(['calls:read']) },
  { name: 'kiosk@acme', account: 'acme', accounts: ['acme', 'acme-shop'], permissions, lines: new Set(['101']) },
  { name: 'office@acme', account: 'acme', accounts: ['acme'], permissions, trustCallerIds: true },
  { name: 'sam@acme-shop', account: 'acme-shop', accounts: ['acme-shop'], permissions },
]

const accounts: readonly AccountReference[] = [
  { id: 1, name: 'acme', country: 'AU', timeZone: 'Australia/Sydney', balance: 25, currency: 'AUD' },
  { id: 2, name: 'acme-shop', parent: 'acme' },
  { id: 3, name: 'other' },
]

const testLines: readonly LineReference[] = [
  { account: 'acme', number: '101', fullNumber: '1234101', name: 'Alice' },
  { account: 'acme', number: '102', fullNumber: '1234102', name: 'Bob', forward: { busy: '103' } },
  { account: 'acme', number: '103', fullNumber: '1234103', name: 'Carol' },
  { account: 'acme-shop', number: '201', fullNumber: '1235201' },
  { account: 'other', number: '101', fullNumber: '7654101' },
]

const isLine = (line: LineReference, number: string) => line.number === number || line.fullNumber === number

type EventDetail<Event> = Event extends LoggedCallEvent ? Omit<Event, 'callId' | 'at' | 'sequence'> : never

/** Calls in memory; a test says what happens to them, and what is refused. */
export class FakeCalls implements CallService {
  readonly placed: CallRequest[] = []
  readonly redirected: [LegName, LegTarget][] = []
  refusal: Refusal | undefined
  otherRefusals: readonly Refusal[] = []
  failure: Error | undefined
  /** How many calls are kept; a fuzzer places more than fit into memory. */
  kept = 1000
  readonly #calls = new Map<string, Call>()
  readonly #events = new Map<string, LoggedCallEvent[]>()
  readonly #listeners = new Map<string, Set<(event: LoggedCallEvent) => void>>()
  readonly #keys = new Map<string, { readonly fingerprint: string; readonly id: string }>()
  #sequence = 0
  #made = 0

  get listenerCount(): number {
    let count = 0
    for (const listeners of this.#listeners.values()) count += listeners.size
    return count
  }

  async place(
    request: CallRequest,
    options: { readonly idempotency?: { readonly key: string; readonly fingerprint: string } } = {},
  ): Promise<PlaceOutcome> {
    if (this.failure !== undefined) throw this.failure
    if (this.refusal !== undefined) return { outcome: 'refused', refusals: [this.refusal, ...this.otherRefusals] }
    const { idempotency } = options
    const known = idempotency && this.#keys.get(idempotency.key)
    if (known !== undefined && known.fingerprint !== idempotency?.fingerprint) {
      return { outcome: 'refused', refusals: [{ code: 'idempotency-key-reused', message: 'used before' }] }
    }
    if (known !== undefined) return { outcome: 'replayed', call: this.#calls.get(known.id) as Call }
    const id = `call-${++this.#made}`
    this.placed.push(request)
    if (idempotency !== undefined) this.#keys.set(idempotency.key, { fingerprint: idempotency.fingerprint, id })
    this.#events.set(id, [])
    this.#forgetOldest()
    this.happen(id, {
      type: 'call.accepted',
      request,
      destinations: { first: { kind: 'line', number: '101' }, second: { kind: 'number', number: '+61412345678' } },
    })
    return { outcome: 'accepted', call: this.#calls.get(id) as Call }
  }

  /** Something happens to a call. */
  happen(id: string, detail: EventDetail<LoggedCallEvent>, at = 1_790_000_000_000): void {
    const event = { ...detail, callId: id, at, sequence: ++this.#sequence } as LoggedCallEvent
    const before = this.#calls.get(id)
    this.#calls.set(id, before === undefined ? projectCall([event]) : applyCallEvent(before, event))
    this.#events.get(id)?.push(event)
    for (const listener of this.#listeners.get(id) ?? []) listener(event)
  }

  async call(accounts: readonly string[], id: string): Promise<Call | undefined> {
    const call = this.#calls.get(id)
    return call !== undefined && accounts.includes(call.account) ? call : undefined
  }

  async calls(accounts: readonly string[], filter: CallFilter) {
    const calls = [...this.#calls.values()]
      .filter((call) => accounts.includes(call.account))
      .filter((call) => filter.state === undefined || (filter.state === 'ended') === (call.state === 'ended'))
      .filter(({ request }) => filter.externalId === undefined || request.externalId === filter.externalId)
      .slice(0, filter.limit)
    return { calls }
  }

  async events(accounts: readonly string[], id: string): Promise<readonly LoggedCallEvent[] | undefined> {
    return (await this.call(accounts, id)) === undefined ? undefined : [...(this.#events.get(id) ?? [])]
  }

  async hangup(accounts: readonly string[], id: string): Promise<HangupOutcome> {
    const call = await this.call(accounts, id)
    if (call === undefined) return 'not-found'
    if (call.state === 'ended') return 'already-ended'
    this.happen(id, { type: 'call.ended', cause: 'cancelled' })
    return 'ending'
  }

  async redirect(accounts: readonly string[], id: string, leg: LegName, target: LegTarget): Promise<RedirectOutcome> {
    const call = await this.call(accounts, id)
    if (call === undefined) return { outcome: 'not-found' }
    if (call.state === 'ended') return { outcome: 'already-ended' }
    if (this.refusal !== undefined) return { outcome: 'refused', refusal: this.refusal }
    if (call.state !== 'bridged') return { outcome: 'not-connected' }
    this.redirected.push([leg, target])
    return { outcome: 'redirected' }
  }

  /** Waits for the end or the signal, whatever the condition: time does not pass here. */
  waitFor(id: string, _condition: string, milliseconds: number, signal?: AbortSignal): Promise<Call> {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer)
        stop()
        resolve(this.#calls.get(id) as Call)
      }
      const stop = this.follow(id, finish)
      const timer = setTimeout(finish, milliseconds)
      if (signal?.aborted) finish()
      else signal?.addEventListener('abort', finish, { once: true })
    })
  }

  follow(id: string, listener: (event: LoggedCallEvent) => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set()
    this.#listeners.set(id, listeners)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(id)
    }
  }

  #forgetOldest(): void {
    if (this.#calls.size <= this.kept) return
    const oldest = this.#calls.keys().next().value as string
    this.#calls.delete(oldest)
    this.#events.delete(oldest)
    this.placed.length = 0
    this.#keys.clear()
  }
}

/** How long a client is waited with that may have gone. */
export const halfClosedMilliseconds = 200

export interface HttpFront {
  readonly app: FastifyInstance
  readonly calls: FakeCalls
  /** Takes everybody's credential away. */
  readonly withdraw: () => void
  /** Every line of the access log. */
  readonly log: { readonly fields: object; readonly message: string }[]
}

/** The HTTP front as it is mounted in the server, over calls in memory. `admit` stands for the rate limit. */
export async function createHttpFront(
  options: Partial<Pick<DialectContext, 'admit' | 'applyDirectory' | 'credentials' | 'listsOrigin'>> & {
    readonly keepLog?: boolean
  } = {},
): Promise<HttpFront> {
  const calls = new FakeCalls()
  const lines: HttpFront['log'] = []
  const write = (fields: object, message: string) => {
    if (options.keepLog !== false) lines.push({ fields, message })
  }
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log }
  const withdrawn = new AbortController()
  const context: Omit<DialectContext, 'log' | 'closing'> = {
    calls,
    authenticate: (secret) => (Object.hasOwn(callers, secret) ? callers[secret] : undefined),
    listsOrigin: options.listsOrigin ?? (() => false),
    holdAccess: () => ({ withdrawn: withdrawn.signal, release: () => {} }),
    admit: options.admit ?? (() => ({ allowed: true })),
    phones: () => [
      {
        account: 'acme',
        line: '101',
        contact: 'sip:101@127.0.0.1:5070',
        reachable: true,
        expiresAt: 1_790_000_000_000,
      },
    ],
    lines: () => [{ account: 'acme', number: '101', name: 'Alice' }],
    node: { number: 1, name: 'cordboard' },
    authenticateUser: async ({ name, password, signature }) => {
      const user = users.find((one) => one.name === name && password === userPassword)
      return (signature?.isRight(user?.account === 'acme' ? [keys.all] : []) ?? true) ? user : undefined
    },
    account: (reference) => accounts.find(({ id, name }) => String(id) === reference || name === reference),
    lineOfUser: (account, name) => {
      const { line } = users.find((user) => user.account === account && user.name === name) ?? {}
      return testLines.find(({ account: of, number }) => of === account && number === line)
    },
    line: (account, number) => testLines.find((line) => line.account === account && isLine(line, number)),
    canonicalNumber: (_account, characters) => phoneNumberOf(parseDialledNumber(characters, 'AU'))?.canonical,
    lineByFullNumber: (fullNumber) => testLines.find((line) => line.fullNumber === fullNumber),
    listDirectory: () => ({ lines: testLines }),
    credentials: options.credentials ?? {
      list: () => [],
      create: async () => ({ outcome: 'name-in-use' }),
      revoke: async () => 'not-found',
    },
    applyDirectory: options.applyDirectory ?? (async () => ({ outcome: 'refused', faults: [] })),
  }
  const metrics = new Metrics({ liveCalls: () => 0, registeredPhones: () => 1, trunks: () => [] })
  const dialects = [nativeDialect, myapiDialect, createEnswitchDialect(), while1Dialect, spectronicsDialect]
  const times = { drainMilliseconds: 500, halfClosedMilliseconds }
  const app = await createServer({ dialects, context, metrics, log, notReady: async () => [], ...times })
  return { app, calls, log: lines, withdraw: () => withdrawn.abort() }
}
