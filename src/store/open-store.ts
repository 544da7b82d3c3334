import { resolve } from 'node:path'
import { openSqliteStore } from './sqlite/open-sqlite-store.ts'
import type { Store } from './store.ts'
import { StoreError } from './store-error.ts'

export interface OpenStoreOptions {
  /** `sqlite:PATH`, as the configuration's `store` says it. */
  readonly address: string
  /** What a relative PATH is relative to. */
  readonly baseDirectory: string
  /** Called once when nothing can be written any more (a damaged disk, a dead worker): the process should end. */
  readonly onBroken: (error: StoreError) => void
}

/** Opens the store, creating or migrating its database. Rejects with a {@link StoreError} that says what to do. */
export async function openStore({ address, baseDirectory, onBroken }: OpenStoreOptions): Promise<Store> {
  if (/^postgres(ql)?:/.test(address)) {
    throw new StoreError(
      'not-available',
      'PostgreSQL is not available yet in this release; use "store: sqlite:PATH" instead.',
    )
  }
  return openSqliteStore({ file: storeFile(address, baseDirectory), onBroken })
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
