import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Unavailability, UnavailableError } from '../call/unavailability.ts'
import type { DialectContext } from './dialect.ts'

/** Why a request came to no answer of its handler. A body over the limit is each vendor's "bad request", not HTTP's 413. */
export type Failure = 'too-large' | 'unreadable' | 'failed' | Unavailability['reason']

type Thrown = UnavailableError & { readonly statusCode?: number }

/** Has whatever is thrown, by the framework too, answered by `send` in the vendor's shape. Only a fault of ours is logged. */
export function answerFailures(
  app: FastifyInstance,
  { log }: Pick<DialectContext, 'log'>,
  send: (failure: Failure, reply: FastifyReply, request: FastifyRequest) => FastifyReply,
): void {
  app.setErrorHandler((error: Thrown, request, reply) => {
    const failure = failureOf(error)
    if (failure === 'failed') log.error({ requestId: request.id, err: error }, 'a request failed')
    if (error.unavailable !== undefined) reply.header('retry-after', String(error.unavailable.retryAfterSeconds))
    return send(failure, reply, request)
  })
}

function failureOf({ unavailable, statusCode: status = 500 }: Thrown): Failure {
  if (unavailable !== undefined) return unavailable.reason
  if (status === 413) return 'too-large'
  return status >= 400 && status < 500 ? 'unreadable' : 'failed'
}
