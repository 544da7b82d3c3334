/** One binding of the registrar, kept so that a phone stays reachable across a restart. */
export interface StoredRegistration {
  /** Identifies the binding among all: a later one with the same key replaces it. */
  readonly key: string
  /** The line's address-of-record. */
  readonly aor: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** The registrar's own binding as JSON; opaque here. */
  readonly binding: unknown
}

export type RegistrationChange =
  | { readonly type: 'put'; readonly registration: StoredRegistration }
  | { readonly type: 'remove'; readonly key: string }

export interface RegistrationStore {
  /** Writes the changes in their order; resolves when they are on disk. */
  apply(changes: readonly RegistrationChange[]): Promise<void>
  /** Those that have not expired at `now`; the expired ones are dropped. */
  load(now: number): Promise<readonly StoredRegistration[]>
}
