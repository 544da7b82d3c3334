import type { FastifyInstance } from 'fastify'
import type { CallService } from '../call/call-service.ts'
import type { Log } from '../log.ts'

/** What a dialect may ask whether its caller is allowed. */
export type CallPermission = 'calls:place' | 'calls:read' | 'calls:control' | 'directory:read'

/** Who asks, as the server authenticated it; never holds the secret. */
export interface Caller {
  readonly name: string
  readonly account: string
  /** The account and those below it: whose calls it may see. */
  readonly accounts: readonly string[]
  readonly permissions: ReadonlySet<string>
  /** The lines that it may place calls for; all of the account's if absent. */
  readonly lines?: ReadonlySet<string>
}

/** A phone that is registered now. */
export interface RegisteredPhone {
  readonly account: string
  readonly line: string
  readonly contact: string
  readonly userAgent?: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export type RateVerdict = { readonly allowed: true } | { readonly allowed: false; readonly retryAfterSeconds: number }

/** What the server lends to every dialect. */
export interface DialectContext {
  readonly calls: CallService
  /** By an API key or token; takes the same time whether or not there is such a one. */
  authenticate(secret: string): Caller | undefined
  /** Counts one request of the caller against its limit. */
  admit(caller: Caller): RateVerdict
  phones(accounts: readonly string[]): readonly RegisteredPhone[]
  lines(
    accounts: readonly string[],
  ): readonly { readonly account: string; readonly number: string; readonly name?: string }[]
  readonly log: Log
  /** Aborts when the server begins to close: waiting requests are answered with what there is, streams end. */
  readonly closing: AbortSignal
}

/**
 * One vendor's words over the canonical calls: an encapsulated plugin with its own error shape, for framework errors too. The
 * server mounts it; no dialect knows of another.
 */
export interface Dialect {
  readonly name: string
  register(app: FastifyInstance, context: DialectContext): Promise<void> | void
}
