import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ClientOrigin } from '../access/caller.ts'
import type { DialectContext } from './dialect.ts'

/** Where the request came from: the client's address as far as trusted proxies tell, and the host name that it asked for. */
export const originOf = (request: FastifyRequest): ClientOrigin => ({ address: request.ip, host: request.hostname })

/** Aborts when the client has gone, or the server is going: nobody is there who waits. */
export function untilGone({ raw }: FastifyReply, { closing }: Pick<DialectContext, 'closing'>): AbortSignal {
  const gone = new AbortController()
  // Who went while the call was placed is not told of again.
  if (raw.destroyed) gone.abort()
  else raw.once('close', () => gone.abort())
  return AbortSignal.any([gone.signal, closing])
}
