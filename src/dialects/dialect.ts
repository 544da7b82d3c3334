import type { FastifyInstance } from 'fastify'
import type { CallService } from '../call/call-service.ts'
import type { Log } from '../log.ts'

/** What a dialect may ask whether its caller is allowed. */
export type CallPermission = 'calls:place' | 'calls:read' | 'calls:control' | 'directory:read' | 'directory:write'

/** Who asks, as the server authenticated it; never holds the secret. */
export interface Caller {
  readonly name: string
  readonly account: string
  /** The account and those below it: whose calls it may see. */
  readonly accounts: readonly string[]
  readonly permissions: ReadonlySet<string>
  /** The lines that it may place calls for; all of the account's if absent. */
  readonly lines?: ReadonlySet<string>
  /** A user's own line, by its extension. */
  readonly line?: string
  /** Its calls may show any number: the server's owner says so. */
  readonly trustCallerIds?: boolean
}

/** Where a request came from, as far as trusted proxies tell. */
export interface ClientOrigin {
  readonly address: string
  /** The host name that the client asked for, without its port. */
  readonly host: string
}

/** An account, as vendors refer to it: by a number or by its name. */
export interface AccountReference {
  readonly id: number
  readonly name: string
  /** The name of the account that it is directly below. */
  readonly parent?: string
  /** ISO 3166-1 alpha-2. */
  readonly country?: string
  /** IANA name: in which times without a zone are read and shown. */
  readonly timeZone?: string
  /** Credit, in `currency` (ISO 4217), where the account has any. */
  readonly balance?: number
  readonly currency?: string
}

export interface LineReference {
  readonly account: string
  /** The short extension. */
  readonly number: string
  readonly fullNumber?: string
  readonly name?: string
  /** The outside number that its calls show, E.164. */
  readonly callerId?: string
  /** Whom to ring in its place, as its phones would dial them. */
  readonly forward?: Readonly<Partial<Record<'noAnswer' | 'busy' | 'unavailable', string | undefined>>>
}

/** What a request that is held open goes on to need. */
export interface NeededAccess {
  readonly permission: CallPermission
  readonly from: ClientOrigin
  /** Whether the caller, as it is now, may still see what it is told of. */
  readonly maySee: (now: Caller) => boolean
}

export interface HeldAccess {
  /** Aborts as soon as the credential, or what it needs, has been taken away. */
  readonly withdrawn: AbortSignal
  /** To be called when the request is over. */
  release(): void
}

/** A phone that is registered now. */
export interface RegisteredPhone {
  readonly account: string
  readonly line: string
  readonly contact: string
  readonly userAgent?: string
  /** False while it does not answer. */
  readonly reachable: boolean
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Who a request claims to come from. */
export interface Login {
  readonly name: string
  readonly password: string
  readonly from: ClientOrigin
  /** Where the request must be signed as well: what was sent, and whether one of the account's API keys made it. */
  readonly signature?: { readonly given: string; readonly isRight: (keys: readonly string[]) => boolean }
}

export type Admission =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: 'limit-exceeded'; readonly retryAfterSeconds: number }
  /** The account may not be used from this network or under this host name. */
  | { readonly allowed: false; readonly reason: 'not-from-here' }

/** A fault of a configuration, with its place in the file. */
export interface ConfigurationFault {
  readonly line: number
  readonly column: number
  readonly key: string
  readonly message: string
}

/** Who asked may not do it any more: their own turn came after that of whoever took it from them. */
export interface Withdrawn {
  readonly outcome: 'withdrawn'
}

export type ApplyOutcome =
  | {
      readonly outcome: 'applied'
      /** Each as `kind name`: `line acme/101`. */
      readonly added: readonly string[]
      readonly changed: readonly string[]
      readonly removed: readonly string[]
      /** Sections of the file that the running server takes at its next start only. */
      readonly needRestart: readonly string[]
    }
  | { readonly outcome: 'refused'; readonly faults: readonly ConfigurationFault[] }
  | Withdrawn

export type CredentialKind = 'api-key' | 'token' | 'user'

/** An API key, a token or a user, without its secret. */
export interface CredentialReference {
  readonly kind: CredentialKind
  readonly account: string
  readonly name: string
  readonly permissions: ReadonlySet<string>
  /** A user's. */
  readonly role?: string
  readonly line?: string
  /** The extensions that it is limited to. */
  readonly lines?: ReadonlySet<string>
  /** When it was made while the server ran, in milliseconds since the epoch; absent if a configuration file holds it. */
  readonly madeAt?: number
}

/** A credential that is to be made; which members count depends on its kind. */
export interface WantedCredential {
  readonly kind: CredentialKind
  readonly account: string
  readonly name: string
  readonly permissions?: readonly string[]
  readonly signing?: boolean
  readonly lines?: readonly string[]
  readonly role?: string
  readonly line?: string
}

export type CreateOutcome =
  /** The secret is told this once. */
  | { readonly outcome: 'created'; readonly secret: string }
  | { readonly outcome: 'name-in-use' }
  | {
      readonly outcome: 'refused'
      readonly faults: readonly { readonly member: string; readonly message: string }[]
    }
  | Withdrawn

export type RevokeOutcome = 'revoked' | 'not-found' | 'in-the-file' | 'withdrawn'

/** Who may ask, as it changes while the server runs. Changes take turns; nothing is done when `withdrawn` has aborted before. */
export interface CredentialService {
  list(accounts: readonly string[]): readonly CredentialReference[]
  /** `giver` is who asks for it. */
  create(wanted: WantedCredential, giver: Caller, withdrawn: AbortSignal): Promise<CreateOutcome>
  revoke(
    credential: Pick<CredentialReference, 'kind' | 'account' | 'name'>,
    withdrawn: AbortSignal,
  ): Promise<RevokeOutcome>
}

/** What the server lends to every dialect. */
export interface DialectContext {
  readonly calls: CallService
  /** By an API key or token; takes the same time whether or not there is such a one. */
  authenticate(secret: string, from: ClientOrigin): Caller | undefined
  /**
   * By a user's name and password, which takes as long for a name that does not exist. Rejects with an `UnavailableError` where
   * too many are asking, or too many wrong passwords came from there.
   */
  authenticateUser(login: Login): Promise<Caller | undefined>
  /** Whether the caller may ask from there, and counts the request against its limits. */
  admit(caller: Caller, from: ClientOrigin): Admission
  /** Whether an account lists this origin, so that browsers let its pages ask. */
  listsOrigin(origin: string): boolean
  /** For a request that goes on after it was allowed. */
  holdAccess(caller: Caller, needs: NeededAccess): HeldAccess
  /** By its number or its name. */
  account(reference: string): AccountReference | undefined
  /** A line of the account, by its extension or full number. */
  line(account: string, number: string): LineReference | undefined
  /** The line of a user of the account. */
  lineOfUser(account: string, name: string): LineReference | undefined
  lineByFullNumber(fullNumber: string): LineReference | undefined
  /** What the characters mean as a telephone number, dialled in the account's country: E.164 where it has such a form. */
  canonicalNumber(account: string, characters: string): string | undefined
  /** This server among others: vendors' answers name the machine that handles a call. */
  readonly node: { readonly number: number; readonly name: string }
  phones(accounts: readonly string[]): readonly RegisteredPhone[]
  lines(accounts: readonly string[]): readonly LineReference[]
  /** Everything that the accounts have, by kind, without secrets. */
  listDirectory(accounts: readonly string[]): Readonly<Record<string, readonly object[]>>
  /** Brings the directory to what a configuration file's text says, whole or not at all; in its turn, as with `credentials`. */
  applyDirectory(yaml: string, withdrawn: AbortSignal): Promise<ApplyOutcome>
  readonly credentials: CredentialService
  readonly log: Log
  /** Aborts when the server begins to close: waiting requests are answered with what there is, streams end. */
  readonly closing: AbortSignal
}

/**
 * One vendor's words over the canonical calls: an encapsulated plugin with its own error shape, for framework errors too. The
 * server mounts it; no dialect knows of another.
 */
export interface Dialect {
  readonly name: string
  register(app: FastifyInstance, context: DialectContext): Promise<void> | void
}
