import type { Call, LegName } from '../call/call.ts'
import type { CallAction } from '../call/call-action.ts'
import type { LoggedCallEvent } from '../call/call-event.ts'
import type { CallRequest, LegTarget } from '../call/call-request.ts'
import type {
  ActOutcome,
  CallFilter,
  CallService,
  PlaceOutcome,
  RedirectOutcome,
  WaitCondition,
} from '../call/call-service.ts'
import type { Clock } from '../clock.ts'
import type { Credential } from '../directory/credential.ts'
import type { Directory, Line } from '../directory/directory.ts'
import { directoryKinds, listDirectory, publicLine } from '../directory/list-directory.ts'
import { phoneNumberOf } from '../directory/parse-dialled-number.ts'
import type { Permission } from '../directory/permission.ts'
import { type Asking, type Caller, holds } from './caller.ts'
import type {
  ApplyOutcome,
  CreateOutcome,
  CredentialName,
  DirectoryChanges,
  RevokeOutcome,
  WantedCredential,
} from './directory-changes.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type HeldAccesses, isStillAllowed } from './held-accesses.ts'
import { mayPlace, maySeeCall, mayUseLine } from './reach.ts'
import { type AccountReference, accountReference, type LineReference, type RegisteredPhone } from './references.ts'
import { listVisibleCalls, type VisiblePage } from './visible-calls.ts'

export type { CallFilter, PlaceOutcome, Refusals, WaitCondition } from '../call/call-service.ts'

/** What sessions work with, and what no dialect gets hold of. */
export interface SessionSources {
  readonly calls: CallService
  readonly directory: Directory
  readonly changes: DirectoryChanges
  readonly heldAccesses: HeldAccesses
  /** The phones that are registered to a line now. */
  readonly phones: (line: Line) => readonly Omit<RegisteredPhone, 'account' | 'line'>[]
  readonly clock: Pick<Clock, 'now'>
}

/** A call as a dialect asks for it. The session adds who places it. */
export type WantedCall = Omit<CallRequest, 'origin'>

export interface PlaceOptions {
  /** The client's own key, and how it wants to wait: with another wait the request is another one. */
  readonly idempotency?: { readonly key: string; readonly wait?: object | undefined }
  /** The line that the call is placed for, where an API names one beside the two parties. */
  readonly onBehalfOf?: Pick<LineReference, 'account' | 'number'>
}

/** `line-not-allowed`: the credential is bound to lines, and this is not a call of theirs. */
export type SessionPlaceOutcome = PlaceOutcome | { readonly outcome: 'line-not-allowed' }

/** What became of it, and the call as it is right after. */
export type SessionHangupOutcome =
  | { readonly outcome: 'not-found' }
  | { readonly outcome: 'ending' | 'already-ended'; readonly call: Call }

export type SessionRedirectOutcome =
  | { readonly outcome: 'not-found' | 'already-ended' | 'not-connected' }
  | Extract<RedirectOutcome, { readonly outcome: 'refused' }>
  | { readonly outcome: 'redirected'; readonly call: Call }

export type SessionActOutcome =
  | Exclude<ActOutcome, { readonly outcome: 'done' }>
  | { readonly outcome: 'done'; readonly call: Call }

/** A request that goes on after it was allowed. */
export interface Hold {
  /** Aborts when the client has gone, the server is going, or the credential, or what the request needs of it, is taken away. */
  readonly signal: AbortSignal
  /** In the last of these cases. */
  readonly isWithdrawn: () => boolean
  /** To be called when the request is over. */
  release(): void
}

/** Somebody who is told what happens to a call. */
export interface CallWatch extends Omit<Hold, 'isWithdrawn'> {
  readonly id: string
  /** What has happened so far. */
  events(): Promise<readonly LoggedCallEvent[]>
  /** What happens from now on; returns the way to stop. */
  follow(listener: (event: LoggedCallEvent) => void): () => void
  hasEnded(): Promise<boolean>
}

/**
 * A caller that was let in, and everything that it may do: the only way from a dialect to the calls and the directory. Each method
 * checks its permission, and shows and changes only what belongs to the accounts, the lines and the calls of the credential. Everything else
 * does not exist for it.
 */
export class ApiSession {
  readonly #caller: Caller
  readonly #asking: Asking
  readonly #sources: SessionSources
  /** The calls that were placed here: they are its own, whoever else has its name. */
  readonly #placed = new Set<string>()

  constructor(caller: Caller, asking: Asking, sources: SessionSources) {
    this.#caller = caller
    this.#asking = asking
    this.#sources = sources
  }

  /** The credential's, unique among those of its kind in its account. */
  get name(): string {
    return this.#caller.name
  }

  /** The name of the account whose credential it is. */
  get account(): string {
    return this.#caller.account
  }

  /** The account and those below it, by name. */
  get accounts(): readonly string[] {
    return this.#caller.accounts
  }

  /** A user's own line, by its extension. */
  get ownLine(): string | undefined {
    return this.#caller.line
  }

  /** The extension of the one line that the credential is bound to, if it is one. */
  get onlyLine(): string | undefined {
    const { lines } = this.#caller
    return lines?.size === 1 ? [...lines][0] : undefined
  }

  /** Resolves once the call is on disk. Never rejects for what the client did. */
  async place(wanted: WantedCall, { idempotency, onBehalfOf }: PlaceOptions = {}): Promise<SessionPlaceOutcome> {
    this.#need('calls:place')
    const request: CallRequest = { ...wanted, origin: this.#originOf(wanted.account) }
    if (!mayPlace(this.#caller, { request, onBehalfOf }, this.#sources.directory)) {
      return { outcome: 'line-not-allowed' }
    }
    const placed = await this.#place(request, idempotency)
    if (placed.outcome === 'accepted') this.#placed.add(placed.call.id)
    return placed
  }

  /**
   * The call as it was when it had come so far, or `milliseconds` after its acceptance; or as it is when `until` aborts. A client that
   * goes ends its own wait; the call is left to itself. Undefined if the caller may not know any longer.
   */
  async wait(
    call: Pick<Call, 'id' | 'account' | 'request' | 'acceptedAt'>,
    wait: { readonly for: WaitCondition; readonly milliseconds: number },
    until: AbortSignal,
  ): Promise<Call | undefined> {
    this.#need('calls:place', 'calls:read')
    const isOwn = this.#placed.has(call.id)
    const hold = this.#hold(until, (now) =>
      isOwn ? now.accounts.includes(call.account) : maySeeCall(now, call, this.#sources.directory),
    )
    try {
      const told = await this.#sources.calls.waitFor(call.id, wait.for, wait.milliseconds, hold.signal)
      return hold.isWithdrawn() ? undefined : told
    } finally {
      hold.release()
    }
  }

  /** The call of that id; none if the caller may not see it. */
  async call(id: string): Promise<Call | undefined> {
    this.#need('calls:read')
    return this.#findCall(id)
  }

  /** The newest calls first. `pages` is how many are looked through for one that holds a call that the caller may see. */
  async calls(
    filter: CallFilter,
    { accounts = this.accounts, pages }: { readonly accounts?: readonly string[]; readonly pages?: number } = {},
  ): Promise<VisiblePage> {
    this.#need('calls:read')
    const isVisible = (call: Call) => maySeeCall(this.#caller, call, this.#sources.directory)
    return listVisibleCalls({ accounts: this.#own(accounts), filter, isVisible, pages }, this.#sources.calls)
  }

  /** Everything that has happened to a call; undefined if the caller may not see it. */
  async events(id: string): Promise<readonly LoggedCallEvent[] | undefined> {
    this.#need('calls:read')
    return (await this.#findCall(id)) && this.#sources.calls.events(this.accounts, id)
  }

  /** For a client that wants to hear of a call until it leaves; undefined if the caller may not see the call. */
  async watch(id: string, until: AbortSignal): Promise<CallWatch | undefined> {
    this.#need('calls:read')
    const { calls, directory } = this.#sources
    const call = await this.#findCall(id)
    if (call === undefined) return undefined
    const { signal, release } = this.#hold(until, (now) => maySeeCall(now, call, directory))
    return {
      ...{ id, signal, release },
      events: async () => (await calls.events(this.accounts, id)) ?? [],
      follow: (listener) => calls.follow(id, listener),
      hasEnded: async () => (await calls.call(this.accounts, id))?.state === 'ended',
    }
  }

  /** For a request that reads lists for a while. It is also withdrawn when the credential is bound to other lines. */
  holdLists(until: AbortSignal): Hold {
    this.#need('calls:read')
    const linesOf = ({ lines }: Caller) => String([...(lines ?? [])])
    return this.#hold(until, (now) => linesOf(now) === linesOf(this.#caller))
  }

  async hangup(id: string): Promise<SessionHangupOutcome> {
    this.#need('calls:control')
    const { calls } = this.#sources
    if ((await this.#findCall(id)) === undefined) return { outcome: 'not-found' }
    const outcome = await calls.hangup(this.accounts, id)
    const call = await calls.call(this.accounts, id)
    return outcome === 'not-found' || call === undefined ? { outcome: 'not-found' } : { outcome, call }
  }

  /** Sends the party of leg `stays` of a connected call to another target; the other party is let go. */
  async redirect(id: string, stays: LegName, target: LegTarget): Promise<SessionRedirectOutcome> {
    this.#need('calls:control')
    const { calls } = this.#sources
    if ((await this.#findCall(id)) === undefined) return { outcome: 'not-found' }
    const redirected = await calls.redirect(this.accounts, id, stays, target)
    if (redirected.outcome === 'refused') return redirected
    const { outcome } = redirected
    if (outcome !== 'redirected') return { outcome }
    const call = await calls.call(this.accounts, id)
    return call === undefined ? { outcome: 'not-found' } : { outcome, call }
  }

  /** Does something to a call whose parties are connected. */
  async act(id: string, action: CallAction): Promise<SessionActOutcome> {
    this.#need('calls:control')
    const { calls } = this.#sources
    if ((await this.#findCall(id)) === undefined) return { outcome: 'not-found' }
    const acted = await calls.act(this.accounts, id, action)
    if (acted.outcome !== 'done') return acted
    const call = await calls.call(this.accounts, id)
    return call === undefined ? { outcome: 'not-found' } : { outcome: 'done', call }
  }

  /** One of its accounts, by its number or name; its own if none is named. */
  findAccount(reference?: string): AccountReference | undefined {
    const { directory } = this.#sources
    const found = reference === undefined ? directory.account(this.account) : directory.accountByReference(reference)
    return found !== undefined && this.accounts.includes(found.name) ? accountReference(found, directory) : undefined
  }

  /** A line that it may use, by its extension or full number. */
  findLine(account: string, number: string): LineReference | undefined {
    return this.#visible(this.#sources.directory.findLine(account, number))
  }

  /** A line that it may use, by its full number, or by its extension in the credential's own account. */
  findExtension(number: string): LineReference | undefined {
    const { directory } = this.#sources
    const full = directory.lineByFullNumber(number)
    const isOurs = full !== undefined && this.accounts.includes(full.account)
    return this.#visible(isOurs ? full : directory.findLine(this.account, number))
  }

  /** The name of a line that has part in a call of this account, also of one that the credential may not use. */
  nameOfParty({ account }: Pick<Call, 'account'>, number: string): string | undefined {
    return this.accounts.includes(account) ? this.#sources.directory.findLine(account, number)?.name : undefined
  }

  /** One text for all writings of a number: of a line its extension, of a telephone number its E.164 form where it has such a one. */
  plainNumber(account: string, characters: string): string | undefined {
    if (!this.accounts.includes(account)) return undefined
    const { directory } = this.#sources
    const line = directory.findLine(account, characters)
    return line?.number ?? phoneNumberOf(directory.parseNumber(account, characters))?.canonical
  }

  /** The lines that it may use. */
  lines(accounts = this.accounts): readonly LineReference[] {
    return this.#lines(accounts).map(publicLine)
  }

  /** The phones that are registered to these lines now. */
  phones(accounts = this.accounts): readonly RegisteredPhone[] {
    return this.#lines(accounts).flatMap((line) =>
      this.#sources.phones(line).map((phone) => ({ account: line.account, line: line.number, ...phone })),
    )
  }

  /** Everything that its accounts have, by kind, without secrets. A caller that is bound to lines sees only these and itself. */
  listDirectory(): Readonly<Record<string, readonly object[]>> {
    this.#need('directory:read')
    const listing = listDirectory(this.#sources.directory, this.accounts)
    const { lines, kind, account, name } = this.#caller
    if (lines === undefined) return listing
    const itself = listing.credentials.filter(
      (credential) => credential.kind === kind && credential.account === account && credential.name === name,
    )
    const nothing = Object.fromEntries(directoryKinds.map((each) => [each, []]))
    return { ...nothing, lines: this.lines(), credentials: itself }
  }

  /** Brings the directory to what a configuration file's text says, whole or not at all. */
  applyDirectory(yaml: string): Promise<ApplyOutcome> {
    return this.#change((withdrawn) => this.#sources.changes.apply(yaml, withdrawn))
  }

  /** The credentials of its accounts, without their secrets. */
  credentials(accounts = this.accounts): readonly Credential[] {
    this.#need('directory:write')
    return this.#own(accounts).flatMap((account) => this.#sources.directory.listCredentials(account))
  }

  async createCredential(wanted: WantedCredential): Promise<CreateOutcome | { readonly outcome: 'account-not-found' }> {
    const { changes, clock } = this.#sources
    return this.#change(async (withdrawn) =>
      this.accounts.includes(wanted.account)
        ? changes.createCredential(wanted, this.#caller, clock.now(), withdrawn)
        : { outcome: 'account-not-found' },
    )
  }

  async revokeCredential(credential: CredentialName): Promise<RevokeOutcome> {
    return this.#change(async (withdrawn) =>
      this.accounts.includes(credential.account)
        ? this.#sources.changes.revokeCredential(credential, withdrawn)
        : 'not-found',
    )
  }

  /** A dialect that does more than it asked for gets an exception. Its client is told of a failure, and nothing has been done. */
  #need(...permissions: readonly Permission[]): void {
    if (permissions.some((permission) => holds(this.#caller, permission))) return
    throw new Error(`This needs ${permissions.join(' or ')}; ask for it when the session is opened.`)
  }

  #own(accounts: readonly string[]): readonly string[] {
    return accounts.filter((account) => this.accounts.includes(account))
  }

  #visible(line: Line | undefined): LineReference | undefined {
    return line !== undefined && mayUseLine(this.#caller, line) ? publicLine(line) : undefined
  }

  #lines(accounts: readonly string[]): readonly Line[] {
    this.#need('directory:read', 'calls:read')
    return this.#own(accounts)
      .flatMap((account) => this.#sources.directory.listLines(account))
      .filter((line) => mayUseLine(this.#caller, line))
  }

  async #findCall(id: string): Promise<Call | undefined> {
    const call = await this.#sources.calls.call(this.accounts, id)
    return call !== undefined && maySeeCall(this.#caller, call, this.#sources.directory) ? call : undefined
  }

  #place(request: CallRequest, idempotency: PlaceOptions['idempotency']): Promise<PlaceOutcome> {
    if (idempotency === undefined) return this.#sources.calls.place(request)
    const { key, wait } = idempotency
    // The origin is part of it: a key that another credential used is no way to its call.
    const fingerprint = fingerprintOf({ request, wait })
    return this.#sources.calls.place(request, { idempotency: { key, fingerprint } })
  }

  /** A caller may act for an account below its own. */
  #originOf(account: string): CallRequest['origin'] {
    return {
      dialect: this.#asking.dialect,
      credential: this.name,
      ...(account === this.account ? {} : { account: this.account }),
      ...(this.#caller.trustCallerIds === true ? { trustsCallerIds: true } : {}),
    }
  }

  /** A change waits for its turn. Nothing is done if the credential may no longer change the directory by then. */
  async #change<Outcome>(change: (withdrawn: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
    this.#need('directory:write')
    const { withdrawn, release } = this.#holdAccess(() => true)
    try {
      return await change(withdrawn)
    } finally {
      release()
    }
  }

  #hold(until: AbortSignal, maySee: (now: Caller) => boolean): Hold {
    const { withdrawn, release } = this.#holdAccess(maySee)
    return { signal: AbortSignal.any([until, withdrawn]), isWithdrawn: () => withdrawn.aborted, release }
  }

  #holdAccess(maySee: (now: Caller) => boolean) {
    const { directory, heldAccesses } = this.#sources
    return heldAccesses.hold(() => isStillAllowed(this.#caller, this.#asking, directory, maySee))
  }
}
