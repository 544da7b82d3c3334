import type { FastifyInstance } from 'fastify'
import type { Admit } from '../../src/access/admit-request.ts'
import { createAccess } from '../../src/access/create-access.ts'
import type { DirectoryChanges } from '../../src/access/directory-changes.ts'
import { HeldAccesses } from '../../src/access/held-accesses.ts'
import type { Identify } from '../../src/access/identify.ts'
import type { Call, LegName } from '../../src/call/call.ts'
import type { CallAction } from '../../src/call/call-action.ts'
import type { CallEventDetail, LoggedCallEvent } from '../../src/call/call-event.ts'
import type { CallRequest, LegTarget } from '../../src/call/call-request.ts'
import type {
  ActOutcome,
  CallFilter,
  CallService,
  HangupOutcome,
  PlaceOutcome,
  RedirectOutcome,
} from '../../src/call/call-service.ts'
import { applyCallEvent, projectCall } from '../../src/call/project-call.ts'
import type { Refusal } from '../../src/call/refusal.ts'
import { systemClock } from '../../src/clock.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { createEnswitchDialect } from '../../src/dialects/enswitch/routes.ts'
import { myapiDialect } from '../../src/dialects/myapi/routes.ts'
import { nativeDialect } from '../../src/dialects/native/native.ts'
import { spectronicsDialect } from '../../src/dialects/spectronics/routes.ts'
import { while1Dialect } from '../../src/dialects/while1/routes.ts'
import { createDirectory, sha256 } from '../../src/directory/create-directory.ts'
import type { Permission } from '../../src/directory/permission.ts'
import type { AccountRecord, CredentialRecord, DirectoryRecords } from '../../src/directory/records.ts'
import { ReplaceableDirectory } from '../../src/directory/replaceable-directory.ts'
import { createServer, type ServerOptions } from '../../src/http/create-server.ts'
import { Metrics } from '../../src/http/metrics.ts'
import type { Log } from '../../src/log.ts'

export const keys = {
  all: 'demo-key-acme-0001',
  readOnly: 'demo-key-read-0002',
  oneLine: 'demo-key-line-0003',
  otherAccount: 'demo-key-other-0004',
  twoLines: 'demo-token-two-0005',
} as const

const permissions: readonly Permission[] = ['calls:place', 'calls:read', 'calls:control', 'directory:read']

const token = (
  account: string,
  name: string,
  secret: string,
  more: Partial<CredentialRecord> = {},
): CredentialRecord => ({
  ...{ kind: 'token', account, name, permissions, secretSha256: sha256(secret) },
  ...more,
})

export const userPassword = 'demo-pass-0001'

const user = (account: string, name: string, more: Partial<CredentialRecord> = {}): CredentialRecord => ({
  ...{ kind: 'user', account, name, permissions, passwordHash: userPassword },
  ...more,
})

/**
 * Users with `userPassword`: one who may place and control calls, one who may read only, one for a line alone, one of an account
 * below.
 */
const credentials: readonly CredentialRecord[] = [
  token('acme', 'crm', keys.all, { kind: 'api-key', signingKey: keys.all }),
  token('acme', 'reader', keys.readOnly, { permissions: ['calls:read'] }),
  token('acme', 'web', keys.oneLine, { lines: ['101'] }),
  token('acme', 'two', keys.twoLines, { lines: ['101', '102'] }),
  token('other', 'other', keys.otherAccount),
  user('acme', 'alice@acme', { line: '101' }),
  user('acme', 'reader@acme', { permissions: ['calls:read'] }),
  user('acme', 'kiosk@acme', { lines: ['101'] }),
  user('acme', 'office@acme', { trustCallerIds: true }),
  user('acme-shop', 'sam@acme-shop'),
]

const account = (id: number, name: string, more: Partial<AccountRecord> = {}): AccountRecord => ({
  ...{ id, name, country: 'AU', domain: name, callerIds: [], emergencyCalls: false, queues: [], contexts: [] },
  ...{ featureCodes: {}, recordGroups: [], webhooks: [], cards: [] },
  ...more,
})

const line = (of: string, number: string, fullNumber: string, more = {}): DirectoryRecords['lines'][number] => ({
  ...{ account: of, number, fullNumber, ha1: [] },
  ...more,
})

/** Who exists in the tests of the HTTP front. */
export const frontRecords: DirectoryRecords = {
  accounts: [
    account(1, 'acme', {
      ...{ timeZone: 'Australia/Sydney', ratePlan: 'standard', balance: 25 },
      queues: [{ name: 'support', number: '600', strategy: 'ring-all', members: ['101', '102'], wrapUpSeconds: 0 }],
      featureCodes: { '*60': { queue: 'support' } },
    }),
    account(2, 'acme-shop', { parent: 'acme', country: '' }),
    account(3, 'other'),
  ],
  lines: [
    line('acme', '101', '1234101', { name: 'Alice' }),
    line('acme', '102', '1234102', { name: 'Bob', forward: { busy: '103' } }),
    line('acme', '103', '1234103', { name: 'Carol' }),
    line('acme-shop', '201', '1235201'),
    line('other', '101', '7654101'),
  ],
  credentials,
  trunks: [],
  ratePlans: [{ name: 'standard', currency: 'AUD', rates: [] }],
}

const actEvents = { hold: 'leg.held', resume: 'leg.resumed', mute: 'leg.muted', unmute: 'leg.unmuted' } as const

/** Calls in memory; a test says what happens to them, and what is refused. */
export class FakeCalls implements CallService {
  readonly placed: CallRequest[] = []
  readonly redirected: [LegName, LegTarget][] = []
  readonly acted: CallAction[] = []
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
  happen(id: string, detail: CallEventDetail, at = 1_790_000_000_000): void {
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

  /** Every clip is there but `unknown`. */
  async act(accounts: readonly string[], id: string, action: CallAction): Promise<ActOutcome> {
    const call = await this.call(accounts, id)
    if (call === undefined) return { outcome: 'not-found' }
    if (action.action === 'play' && action.clip === 'unknown') return { outcome: 'clip-not-found' }
    if (call.state !== 'bridged') return { outcome: 'not-in-this-state', state: call.state }
    this.acted.push(action)
    if (action.action in actEvents) {
      const { leg, action: asked } = action as Extract<CallAction, { action: keyof typeof actEvents }>
      this.happen(id, { type: actEvents[asked], leg })
    }
    return { outcome: 'done' }
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
  /** How many streams and waits are told when what they need is taken away. */
  readonly heldCount: () => number
  /** Every line of the access log. */
  readonly log: { readonly fields: object; readonly message: string }[]
}

export interface HttpFrontOptions extends Pick<ServerOptions, 'listsOrigin'> {
  /** Stands for the rate limit. */
  readonly admit?: Admit
  readonly changes?: DirectoryChanges
  readonly records?: DirectoryRecords
  readonly keepLog?: boolean
  /** Around each dialect, as it is mounted. */
  readonly wrap?: (dialect: Dialect) => Dialect
}

const noChanges: DirectoryChanges = {
  apply: async () => ({ outcome: 'refused', faults: [] }),
  createCredential: async () => ({ outcome: 'name-in-use' }),
  revokeCredential: async () => 'not-found',
}

/** The HTTP front as it is mounted in the server, with its own access, over calls in memory. */
export async function createHttpFront(options: HttpFrontOptions = {}): Promise<HttpFront> {
  const { admit = () => undefined, changes = noChanges, records = frontRecords, wrap = (dialect) => dialect } = options
  const calls = new FakeCalls()
  const lines: HttpFront['log'] = []
  const write = (fields: object, message: string) => {
    if (options.keepLog !== false) lines.push({ fields, message })
  }
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log }
  const directory = new ReplaceableDirectory(createDirectory(records))
  const heldAccesses = new HeldAccesses()
  const phone = { contact: 'sip:101@127.0.0.1:5070', reachable: true, expiresAt: 1_790_000_000_000 }
  const identify: Identify = {
    byKey: (secret) => directory.keyBySecret(secret),
    async byPassword({ name, password, signature }) {
      const known = directory.userWithHash(name)
      // No test of the front is to wait for a real hash.
      const isRight = known !== undefined && password === known.passwordHash
      const isSigned = signature?.isRight(known === undefined ? [] : directory.signingKeys(known.credential.account))
      return isRight && (isSigned ?? true) ? known.credential : undefined
    },
  }
  const access = createAccess({
    ...{ calls, directory, changes, heldAccesses, identify, admit, clock: systemClock },
    phones: ({ account: of, number }) => (of === 'acme' && number === '101' ? [phone] : []),
  })
  const metrics = new Metrics({ liveCalls: () => 0, registeredPhones: () => 1, trunks: () => [] })
  const dialects = [nativeDialect, myapiDialect, createEnswitchDialect(), while1Dialect, spectronicsDialect].map(wrap)
  const times = { drainMilliseconds: 500, halfClosedMilliseconds }
  const app = await createServer({
    ...{ dialects, metrics, log, notReady: async () => [], ...times },
    ...(options.listsOrigin === undefined ? {} : { listsOrigin: options.listsOrigin }),
    context: { access, node: { number: 1, name: 'cordboard' } },
  })
  const withdraw = () => {
    directory.replace(createDirectory({ ...records, credentials: [] }))
    heldAccesses.recheck()
  }
  return { app, calls, log: lines, withdraw, heldCount: () => heldAccesses.size }
}
