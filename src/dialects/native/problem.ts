import type { FastifyReply } from 'fastify'
import type { Refusals } from '../../access/api-session.ts'
import type { RefusalCode } from '../../call/refusal.ts'
import type { Unavailability, UnavailableError } from '../../call/unavailability.ts'
import type { Log } from '../../log.ts'

/** Where in the request a fault lies (RFC 6901), and what it is. */
export interface Fault {
  readonly pointer: string
  readonly detail: string
}

export type ProblemCode =
  | RefusalCode
  | 'malformed-request'
  | 'validation-failed'
  | 'authentication-failed'
  | 'permission-missing'
  | 'not-found'
  | 'method-not-allowed'
  | 'not-connected'
  | 'not-in-this-state'
  | 'clip-not-found'
  | 'body-too-large'
  | 'unsupported-media-type'
  | 'name-in-use'
  | 'in-the-file'
  | 'internal-error'
  | 'busy'
  | 'storage-unavailable'

interface ProblemEntry {
  readonly status: number
  readonly title: string
}

/** Every problem that this API answers, by the last part of its type URI; served as pages under /problems. */
export const problemCatalogue: Readonly<Record<ProblemCode, ProblemEntry>> = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'validation-failed': { status: 400, title: 'The request has faults' },
  'authentication-failed': { status: 401, title: 'No valid API key was given' },
  'permission-missing': { status: 403, title: 'The API key may not do this' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'method-not-allowed': { status: 405, title: 'This resource does not know that method' },
  'not-connected': { status: 409, title: 'The two parties of the call are not talking' },
  'not-in-this-state': { status: 409, title: 'The call is in a state in which this cannot be done' },
  'clip-not-found': { status: 404, title: 'The account has no such clip' },
  'body-too-large': { status: 413, title: 'The body is larger than this resource takes' },
  'unsupported-media-type': { status: 415, title: 'This resource does not take that Content-Type' },
  'name-in-use': { status: 409, title: 'The name is taken' },
  'in-the-file': { status: 409, title: 'The configuration file holds this credential' },
  busy: { status: 503, title: 'The server is busy' },
  'storage-unavailable': { status: 503, title: 'The server cannot write calls down at the moment' },
  'internal-error': { status: 500, title: 'The server failed' },
  'line-not-found': { status: 404, title: 'The account has no such line' },
  'account-not-found': { status: 404, title: 'There is no such account' },
  'queue-not-found': { status: 404, title: 'The account has no such queue' },
  'context-not-found': { status: 404, title: 'The account has no such context' },
  'user-not-found': { status: 404, title: 'The account has no such user' },
  'trunk-not-found': { status: 404, title: 'The account has no such trunk' },
  'card-not-found': { status: 404, title: 'The account has no such card' },
  'record-group-not-found': { status: 404, title: 'The account has no such record group' },
  unavailable: { status: 409, title: 'The first party cannot be reached' },
  'nobody-free': { status: 409, title: 'Nobody who could answer is free' },
  'invalid-number': { status: 400, title: 'This is no telephone number' },
  barred: { status: 403, title: 'The account may not call that number' },
  'caller-id-not-allowed': { status: 403, title: 'The account may not show that caller id' },
  'not-configured': { status: 422, title: 'This server is not set up for that' },
  'not-supported': { status: 422, title: 'This server cannot do that yet' },
  'external-id-in-use': { status: 409, title: 'A live call carries the same external id' },
  'idempotency-key-reused': { status: 422, title: 'The idempotency key belongs to another request' },
  'limit-exceeded': { status: 429, title: 'Too many requests' },
  'shutting-down': { status: 503, title: 'The server is stopping' },
}

/** Answers with problem details (RFC 9457). */
export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail: string,
  extra: { readonly errors?: readonly Fault[]; readonly retryAfterSeconds?: number } = {},
): FastifyReply {
  const { status, title } = problemCatalogue[code]
  if (extra.retryAfterSeconds !== undefined) reply.header('retry-after', String(extra.retryAfterSeconds))
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="cordboard"')
  return reply
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `/problems/${code}`,
        title,
        status,
        detail,
        instance: `/requests/${reply.request.id}`,
        ...(extra.errors === undefined ? {} : { errors: extra.errors }),
      }),
    )
}

/** The request itself is at fault, in these of its parts. */
export const sendFaults = (reply: FastifyReply, errors: readonly Fault[]): FastifyReply =>
  sendProblem(reply, 'validation-failed', 'Fix the fields listed in errors.', { errors })

/** The problem is the first refusal; "errors" lists them all by the part of the request that is at fault. */
export function sendRefusal(reply: FastifyReply, refusals: Refusals): FastifyReply {
  const [{ code, message, retryAfterSeconds }] = refusals
  const errors = refusals.flatMap(({ pointer, message: detail }) =>
    pointer === undefined ? [] : [{ pointer, detail }],
  )
  return sendProblem(reply, code, message, {
    ...(errors.length === 0 ? {} : { errors }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

/** What the framework threw, or a handler: the client's fault by its status, the server's otherwise, which the log tells of. */
export function sendFailure(
  reply: FastifyReply,
  error: UnavailableError & { readonly statusCode?: number },
  log: Log,
): FastifyReply {
  if (error.unavailable !== undefined) return sendUnavailable(reply, error.unavailable)
  const code = problemOfStatus(error.statusCode)
  if (code === 'internal-error') log.error({ requestId: reply.request.id, err: error }, 'a request failed')
  return sendProblem(reply, code, problemCatalogue[code].title)
}

const unavailabilities: Readonly<Record<Unavailability['reason'], ProblemCode>> = {
  busy: 'busy',
  guessing: 'limit-exceeded',
  storage: 'storage-unavailable',
}

function sendUnavailable(reply: FastifyReply, { reason, retryAfterSeconds }: Unavailability): FastifyReply {
  const code = unavailabilities[reason]
  const detail = `${problemCatalogue[code].title}; try again in ${retryAfterSeconds} seconds.`
  return sendProblem(reply, code, detail, { retryAfterSeconds })
}

function problemOfStatus(status: number | undefined): ProblemCode {
  if (status === 413) return 'body-too-large'
  if (status === 415) return 'unsupported-media-type'
  if (status !== undefined && status >= 400 && status < 500) return 'malformed-request'
  return 'internal-error'
}
