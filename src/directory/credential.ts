import type { Permission } from './permission.ts'

/** Who asks: an API key, a token or a user, without its secret. */
export interface Credential {
  readonly kind: 'api-key' | 'token' | 'user'
  /** Unique in its account and kind; written to logs and call histories. */
  readonly name: string
  readonly account: string
  readonly permissions: ReadonlySet<Permission>
  /** The lines (extensions) that it may place calls for; every line of the account if absent. */
  readonly lines?: ReadonlySet<string>
  /** A user's own line. */
  readonly line?: string
  /** Its calls may show any number. */
  readonly trustCallerIds?: true
  /** A user's role. */
  readonly role?: string
  /** Changes with the secret, and tells nothing of it. */
  readonly secretId: string
  /** When it was made while the server ran, in milliseconds since the epoch; absent if a configuration file holds it. */
  readonly madeAt?: number
}
