import type { FastifyReply } from 'fastify'

/** Aborts when the client has gone, or the server is going: the wait ends, the call is left to itself. */
export function goneSignal(reply: FastifyReply, closing: AbortSignal): AbortSignal {
  const gone = new AbortController()
  // Who went while the call was placed is not told of again.
  if (reply.raw.destroyed) gone.abort()
  else reply.raw.once('close', () => gone.abort())
  return AbortSignal.any([gone.signal, closing])
}
