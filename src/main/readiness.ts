import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { StoreError, StoreErrorCode } from '../store/store-error.ts'

/** Why calls cannot be kept, without the path, which is no stranger's business. */
const storeReasons: Readonly<Partial<Record<StoreErrorCode, string>>> = {
  'disk-full': 'the disk that holds the database is full',
  'file-lost': 'the database was deleted or replaced while the server ran',
  'in-use': 'another program has the database locked',
  'not-accessible': 'the database cannot be written',
  broken: 'the database is damaged, or its disk is',
}

export interface Condition {
  /** Whether the calls of the process before are taken care of. */
  readonly isStarted: boolean
  readonly storeFault: StoreError | undefined
  /** Whether the process can open nothing more. */
  readonly isExhausted: boolean
}

/** Why the server takes no calls now; for `/readyz`. */
export function reasonsNotReady({ isStarted, storeFault, isExhausted }: Condition): readonly string[] {
  return [
    ...(isStarted ? [] : ['the server is starting, or stopping']),
    ...(isExhausted ? ['no file descriptors are left'] : []),
    ...(storeFault === undefined ? [] : [storeReasons[storeFault.code] ?? 'the database does not answer']),
  ]
}

/** Says once that the store cannot write, and once that it can again. A broken one ends the server, whose last sentence says so. */
export function tellStoreHealth(log: Log, clock: Clock): (fault: StoreError | undefined) => void {
  let since: number | undefined
  return (fault) => {
    if (fault?.code === 'broken') return
    if (fault !== undefined) {
      since ??= clock.monotonic()
      log.error({ code: fault.code }, `no calls are taken, because they could not be kept: ${fault.message}`)
    } else if (since !== undefined) {
      const seconds = Math.round((clock.monotonic() - since) / 1000)
      since = undefined
      log.warn({ seconds }, 'calls are taken again: what happens to them can be kept')
    }
  }
}
