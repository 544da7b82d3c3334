import type { FastifyInstance } from 'fastify'
import type { Access } from '../access/access.ts'
import type { Log } from '../log.ts'

/** What the server lends to every dialect. Calls and the directory are reached through a session of `access` alone. */
export interface DialectContext {
  readonly access: Access
  /** This server among others: vendors' answers name the machine that handles a call. */
  readonly node: { readonly number: number; readonly name: string }
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
