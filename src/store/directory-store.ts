/** One thing of the directory (an account, a line, a key …) as `apply` brought it. Secrets in `data` are hashed or sealed. */
export interface DirectoryEntry {
  readonly kind: string
  /** Unique within its kind, e.g. `acme/101`. */
  readonly key: string
  readonly data: unknown
}

export interface DirectoryStore {
  load(): Promise<readonly DirectoryEntry[]>
  /** Puts and removes in one transaction: a reader sees all of it or nothing. */
  write(changes: {
    readonly put: readonly DirectoryEntry[]
    readonly remove: readonly { readonly kind: string; readonly key: string }[]
  }): Promise<void>
}
