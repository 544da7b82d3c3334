import type { CallService } from '../call/call-service.ts'
import type { Clock } from '../clock.ts'
import type { RegisteredPhone } from '../dialects/dialect.ts'
import type { Directory } from '../directory/directory.ts'
import type { Log } from '../log.ts'
import type { Random } from '../random.ts'
import type { HttpLimits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'

/** The part of the directory that the HTTP front needs. */
export type HttpDirectory = Pick<Directory, 'keyBySecret' | 'accountsUnder' | 'findLine' | 'listLines'>

export interface HttpServerOptions {
  readonly calls: CallService
  readonly directory: HttpDirectory
  /** Phones registered now to lines of these accounts. */
  readonly phones: (accounts: readonly string[]) => readonly RegisteredPhone[]
  readonly metrics: Metrics
  readonly readiness: () => Readiness
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly limits?: Partial<HttpLimits>
}

export interface HttpServer {
  /** Rejects with Node's own error (`EADDRINUSE`, `EACCES`) if the address cannot be had. Port 0 takes a free one. */
  listen(address: { readonly host: string; readonly port: number }): Promise<{ host: string; port: number }>
  /** Takes no new connections, answers what waits, ends streams, and cuts off what is left after `drainMilliseconds`. */
  close(drainMilliseconds?: number): Promise<void>
}
