import { resolve } from 'node:path'
import { openSqliteStore } from './sqlite/open-sqlite-store.ts'
import type { Store } from './store.ts'
import { StoreError } from './store-error.ts'
import type { StoreListeners } from './store-health.ts'

export interface OpenStoreOptions extends StoreListeners {
  /** `sqlite:PATH`, as the configuration's `store` says it. */
  readonly address: string
  /** What a relative PATH is relative to. */
  readonly baseDirectory: string
  /** Which node opens it: the calls that are accepted by it are that node's. */
  readonly node: number
}

/** Opens the store, creating or migrating its database. Rejects with a {@link StoreError} that says what to do. */
export async function openStore({ address, baseDirectory, ...options }: OpenStoreOptions): Promise<Store> {
  if (/^postgres(ql)?:/.test(address)) {
    throw new StoreError(
      'not-available',
      'PostgreSQL is not available yet in this release; use "store: sqlite:PATH" instead.',
    )
  }
  return openSqliteStore({ file: storeFile(address, baseDirectory), ...options })
}

/** The database's file; the server's key stands beside it. */
export function storeFile(address: string, baseDirectory: string): string {
  const path = /^sqlite:(.+)$/s.exec(address)?.[1]
  if (path !== undefined) return resolve(baseDirectory, path)
  throw new StoreError(
    'not-available',
    `"${address}" names no store; write "sqlite:PATH", for example sqlite:./data/cordboard.db.`,
  )
}
