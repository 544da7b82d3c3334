import { statSync } from 'node:fs'
import { StoreError } from '../store-error.ts'

/**
 * Whether the database that is open is the one that the next start will find. A file that was deleted or replaced can be written
 * as before, and everything in it is gone with the process. Two look-ups of a name cost some microseconds, a commit hundreds.
 */
export class FileWatch {
  readonly #path: string
  readonly #files: readonly { readonly path: string; readonly identity: string | undefined }[]

  /** To be made when the database is open: its log (`-wal`) holds what was committed last. */
  constructor(path: string) {
    this.#path = path
    this.#files = [path, `${path}-wal`].map((file) => ({ path: file, identity: identityOf(file) }))
  }

  /** Throws {@link StoreError} where a file is another than it was. */
  requireSame(): void {
    if (this.#files.every(({ path, identity }) => identityOf(path) === identity)) return
    throw new StoreError(
      'file-lost',
      `The database ${this.#path} was deleted or replaced while the server ran, and nothing more is kept. Put the file back, with the one that ends in -wal, or restart the server to go on with what is there.`,
    )
  }
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path)
    return `${dev} ${ino}`
  } catch {
    return undefined
  }
}
