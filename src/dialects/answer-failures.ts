import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { DialectContext } from './dialect.ts'

/** Why a request came to no answer of its handler. A body over the limit is each vendor's "bad request", not HTTP's 413. */
export type Failure = 'too-large' | 'unreadable' | 'busy' | 'failed'

/** Whoever was turned away because others wait already; they are served by then. */
const retrySeconds = 2

/** Has whatever is thrown, by the framework too, answered by `send` in the vendor's shape. Only a fault of ours is logged. */
export function answerFailures(
  app: FastifyInstance,
  { log }: Pick<DialectContext, 'log'>,
  send: (failure: Failure, reply: FastifyReply, request: FastifyRequest) => FastifyReply,
): void {
  app.setErrorHandler((error: { readonly statusCode?: number }, request, reply) => {
    const failure = failureOf(error.statusCode ?? 500)
    if (failure === 'failed') log.error({ requestId: request.id, err: error }, 'a request failed')
    if (failure === 'busy') reply.header('retry-after', String(retrySeconds))
    return send(failure, reply, request)
  })
}

function failureOf(status: number): Failure {
  if (status === 413) return 'too-large'
  if (status === 503) return 'busy'
  return status >= 400 && status < 500 ? 'unreadable' : 'failed'
}
