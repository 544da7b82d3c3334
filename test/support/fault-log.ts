import { type Log, silentLog } from '../../src/log.ts'

export interface Fault {
  readonly message: string
  readonly callId?: unknown
  readonly input?: unknown
  readonly state?: unknown
  readonly err?: unknown
}

/** A log that keeps what was told as an error: faults of ours, of which a test wants none. */
export function createFaultLog() {
  const faults: Fault[] = []
  const log: Log = {
    ...silentLog,
    error: (fields, message) => void faults.push({ ...fields, message }),
    child: () => log,
  }
  return { log, faults }
}
