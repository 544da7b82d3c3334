import type { FastifyReply, FastifyRequest } from 'fastify'

/** What of an answer a page may read beside its body (Fetch standard, section 3.3.4). */
const exposed = 'Location, Retry-After, Idempotent-Replayed'
const methods = 'GET, HEAD, POST, PUT, DELETE'
/** How long a browser may remember a preflight, in seconds; Chrome takes no more than two hours. */
const maxAge = '7200'
/** The names of header fields, as many as a page needs. */
const fieldNames = /^[a-z0-9-]+(?: *, *[a-z0-9-]+){0,31}$/i

/**
 * Lets the pages of listed origins ask and read (Fetch standard, CORS protocol). A preflight carries no credential, so an origin counts
 * whichever account lists it; a page must have a credential of its own all the same, as there are no cookies here. True if the request
 * was a preflight, and is answered.
 */
export function answerCrossOrigin(
  request: FastifyRequest,
  reply: FastifyReply,
  isListed: (origin: string) => boolean,
): boolean {
  const { origin, 'access-control-request-method': asksFor } = request.headers
  if (origin === undefined || !isListed(origin)) return false
  // Set on the raw response, since an event stream is written past Fastify.
  const { raw } = reply
  raw.setHeader('access-control-allow-origin', origin)
  raw.setHeader('vary', 'Origin')
  if (request.method !== 'OPTIONS' || asksFor === undefined) {
    raw.setHeader('access-control-expose-headers', exposed)
    return false
  }
  const wanted = request.headers['access-control-request-headers'] ?? ''
  raw.setHeader('access-control-allow-methods', methods)
  if (fieldNames.test(wanted)) raw.setHeader('access-control-allow-headers', wanted)
  // A page on the internet that asks a server in the house (Private Network Access).
  if (request.headers['access-control-request-private-network'] === 'true') {
    raw.setHeader('access-control-allow-private-network', 'true')
  }
  raw.setHeader('access-control-max-age', maxAge)
  reply.status(204).send()
  return true
}
