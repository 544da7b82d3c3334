import type { FastifyReply } from 'fastify'
import type { DialectContext } from './dialect.ts'

/** Aborts when the client has gone, or the server is going: nobody is there who waits. */
export function untilGone({ raw }: FastifyReply, { closing }: Pick<DialectContext, 'closing'>): AbortSignal {
  const gone = new AbortController()
  // Who went while the call was placed is not told of again.
  if (raw.destroyed) gone.abort()
  else raw.once('close', () => gone.abort())
  return AbortSignal.any([gone.signal, closing])
}
