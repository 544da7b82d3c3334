import type { FastifyPluginCallback } from 'fastify'
import type { CallService } from '../call/call-service.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'

/** What the dialects ask of a credential; each vendor's permissions are names for these. */
export type CallerPermission = 'calls:place' | 'calls:read' | 'calls:control' | 'directory:read'

/** Who asks, once authenticated. Holds no secret. */
export interface Caller {
  /** The credential's name, for histories and logs. */
  readonly name: string
  /** Unique among all credentials: what a rate limit counts by. */
  readonly identity: string
  /** The account that it places calls for. */
  readonly account: string
  /** The accounts that it may see: its own and all below. */
  readonly accounts: readonly string[]
  allows(permission: CallerPermission): boolean
  /** Whether it may place calls whose first party is this line (extension or full number); false for what is no line of a confined one. */
  mayUseLine(number: string): boolean
  /** Confined to some lines of its account. */
  readonly confined: boolean
}

export interface LineSummary {
  readonly account: string
  readonly number: string
  readonly fullNumber?: string
  readonly name?: string
}

/** One phone that is registered to a line now. */
export interface RegisteredPhone {
  readonly account: string
  readonly line: string
  /** Contact URI. */
  readonly contact: string
  readonly userAgent?: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export type Admission = { readonly admitted: true } | { readonly admitted: false; readonly retryAfterSeconds: number }

/** What every dialect is given. */
export interface DialectContext {
  readonly calls: CallService
  /** The caller behind an API key or token; takes the same time whether or not it exists. */
  authenticate(secret: string): Caller | undefined
  /** Counts one request of the caller against its rate limit. */
  admit(caller: Caller): Admission
  lines(accounts: readonly string[]): readonly LineSummary[]
  phones(accounts: readonly string[]): readonly RegisteredPhone[]
  readonly clock: Clock
  readonly log: Log
  /** Aborts when the server begins to close: waiting requests are answered with what there is, streams end. */
  readonly closing: AbortSignal
}

/** One API family, mounted by `http/` as an encapsulated plugin with its own error shape. */
export interface Dialect {
  readonly name: string
  /** The path under which all of it lives, without a trailing slash; errors under it keep this dialect's shape. */
  readonly prefix: string
  plugin(context: DialectContext): FastifyPluginCallback
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the request is authenticated; the access log names it. */
    caller: Caller | undefined
  }
}
