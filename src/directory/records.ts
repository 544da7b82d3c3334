import type { Limits } from './limits.ts'
import type { Permission } from './permission.ts'

/** The directory's content as plain data: what `apply` writes to the store and a {@link Directory} is built from. */
export interface DirectoryRecords {
  readonly accounts: readonly AccountRecord[]
  readonly lines: readonly LineRecord[]
  readonly credentials: readonly CredentialRecord[]
  readonly trunks: readonly TrunkRecord[]
  readonly ratePlans: readonly RatePlanRecord[]
}

export interface AccountRecord {
  /** The number that vendors' clients know it by (a project, a customer), unique in the server. */
  readonly id: number
  readonly name: string
  readonly parent?: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
  /** IANA name; that of the country if absent. */
  readonly timeZone?: string
  /** Digest realm and SIP domain of its lines. */
  readonly domain: string
  readonly ratePlan?: string
  readonly balance?: number
  /** Outside numbers that its calls may show, E.164. */
  readonly callerIds: readonly string[]
  /** The host names under which, and the networks from which, its credentials may be used; every one if absent. */
  readonly hosts?: readonly string[]
  readonly networks?: readonly string[]
  /** The origins of web pages that browsers let ask and read; none if absent. */
  readonly origins?: readonly string[]
  readonly limits?: Limits
  /** Whether emergency numbers may be dialled. */
  readonly emergencyCalls: boolean
  readonly queues: readonly QueueRecord[]
  readonly contexts: readonly ContextRecord[]
  readonly featureCodes: Readonly<Record<string, FeatureRecord>>
  /** Recorded sounds of its own, by the absolute path of a WAV file; none if absent. */
  readonly clips?: readonly SoundRecord[]
  readonly music?: readonly SoundRecord[]
  readonly recordGroups: readonly { readonly id: number; readonly name: string }[]
  /** Who is told of its calls' events, and in whose words. */
  readonly webhooks: readonly { readonly url: string; readonly format: string }[]
  readonly cards: readonly { readonly number: string; readonly balance: number }[]
  /** What users may do, by the name of their role. */
  readonly roles?: readonly { readonly name: string; readonly permissions: readonly Permission[] }[]
}

export interface SoundRecord {
  readonly name: string
  readonly file: string
}

export interface QueueRecord {
  readonly name: string
  readonly number?: string
  readonly strategy: 'longest-idle' | 'ring-all' | 'round-robin' | 'in-order' | 'random'
  readonly members: readonly string[]
  readonly wrapUpSeconds: number
}

export interface ContextRecord {
  readonly name: string
  readonly steps: readonly (FeatureRecord & { readonly unless?: string })[]
}

/** What a feature code or a step of a context does; exactly one of these. */
export interface FeatureRecord {
  readonly play?: string
  readonly queue?: string
  readonly line?: string
  /** What a phone would dial. */
  readonly dial?: string
  readonly context?: string
}

export interface LineRecord {
  readonly account: string
  /** The short extension, unique in the account. */
  readonly number: string
  /** Unique in the whole server. */
  readonly fullNumber?: string
  readonly name?: string
  /** The outside number that this line's calls show, E.164. */
  readonly callerId?: string
  /** Whom to ring in its place, as its phones would dial them: where nobody answers, where it is busy, where no phone is registered. */
  readonly forward?: Readonly<Partial<Record<'noAnswer' | 'busy' | 'unavailable', string | undefined>>>
  /** HA1 (RFC 7616 section 3.4.2) for each username that the line's phones may give, for the account's domain and for the server's realm. */
  readonly ha1: readonly Ha1[]
}

/**
 * Lower-case hexadecimal digests of `username:realm:password`. One of a list: an object with usernames for keys would cost V8 a
 * shape of its own for each line.
 */
export interface Ha1 {
  readonly username: string
  readonly realm: string
  readonly md5: string
  readonly sha256: string
}

export interface CredentialRecord {
  readonly kind: 'api-key' | 'token' | 'user'
  readonly account: string
  readonly name: string
  /** None of a user's own: its role has them. */
  readonly permissions: readonly Permission[]
  readonly role?: string
  readonly limits?: Limits
  /** When it was made while the server ran, in milliseconds since the epoch; absent if a configuration file holds it. */
  readonly madeAt?: number
  /** The lines that it is limited to. */
  readonly lines?: readonly string[]
  /** A user's own line. */
  readonly line?: string
  /** Its calls may show any number. */
  readonly trustCallerIds?: boolean
  /** SHA-256 of an API key or token, hexadecimal. */
  readonly secretSha256?: string
  /** An API key as it is: to check what a client signed with it, nothing less will do. The store keeps it sealed. */
  readonly signingKey?: string
  /** `salt:hash` of a user's password by scrypt, hexadecimal; see `password-hash.ts`. */
  readonly passwordHash?: string
}

export interface TrunkRecord {
  readonly name: string
  /** `sip:host:port`, or `demo` for the simulated carrier. */
  readonly address: string
  readonly username?: string
  /** The carrier's password: digest needs it as it is. The store keeps it sealed; see `secret-box.ts`. */
  readonly password?: string
  readonly format: NumberFormat
  /** Accounts that may use it, with all below them; every account if absent. */
  readonly accounts?: readonly string[]
  /** E.164 prefixes that it carries; the empty one is every number. */
  readonly prefixes: readonly string[]
  /** The lower is tried first. */
  readonly priority: number
}

export type NumberFormat = 'e164' | 'national' | 'plain'

export interface RatePlanRecord {
  readonly name: string
  readonly currency: string
  readonly rates: readonly RateRecord[]
}

export type RateRecord =
  | { readonly prefix: string; readonly perMinute: number }
  | { readonly prefix: string; readonly barred: true }
