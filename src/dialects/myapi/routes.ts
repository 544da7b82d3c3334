import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerFailures, type Failure } from '../answer-failures.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { mayRingFirst } from '../may-ring-first.ts'
import { originOf } from '../origin-of.ts'
import { readParameters, text } from '../parameters.ts'
import { routeGetOrPost } from '../route-get-or-post.ts'
import { parseCallRequest } from './parse-call-request.ts'
import { type MyapiError, sendError, sendInvalidKey, sendPreflight, sendQueued, sendRefusal } from './render-answer.ts'

const failures: Readonly<Record<Failure, readonly [status: number, error: MyapiError, reason: string]>> = {
  'too-large': [400, 'VALIDATION', 'The body is larger than 64 KiB'],
  unreadable: [400, 'VALIDATION', 'The request could not be read'],
  busy: [503, 'UNAVAILABLE', 'The server is busy'],
  guessing: [429, 'FORBIDDEN', 'Too many wrong credentials came from here'],
  storage: [503, 'UNAVAILABLE', 'The server cannot write calls down at the moment'],
  failed: [500, 'INTERNAL', 'Internal error'],
}

/** "Initiate Call" as VoIPportal and MaxoTel publish it, under any host name. */
export const myapiDialect: Dialect = {
  name: 'myapi',
  register(app, context) {
    answerFailures(app, context, (failure, reply, request) =>
      sendError(reply, ...failures[failure], functionName(request)),
    )
    routeGetOrPost(app, '/calls/initiate', (request, reply) => initiate(request, reply, context), otherMethod)
    app.all('/calls/*', noSuchMethod)
    app.all('/calls', noSuchMethod)
  },
}

async function initiate(request: FastifyRequest, reply: FastifyReply, context: DialectContext): Promise<FastifyReply> {
  const read = readParameters(request.originalUrl, request.body, request.headers['content-type'])
  if ('fault' in read) return sendError(reply, 400, 'VALIDATION', read.fault)
  const key = text(read.parameters.get('key'))
  const caller = key === undefined ? undefined : context.authenticate(key, originOf(request))
  if (caller === undefined) return sendInvalidKey(reply)
  if (!caller.permissions.has('calls:place')) {
    return sendError(reply, 403, 'PERMISSION', 'This API key lacks the permission Account Functions / Click to Call')
  }
  const admission = context.admit(caller, originOf(request))
  if (!admission.allowed && admission.reason === 'not-from-here') {
    return sendError(reply, 403, 'PERMISSION', 'This API key may not be used from here')
  }
  if (!admission.allowed) {
    const { reason: code, retryAfterSeconds } = admission
    return sendRefusal(reply, { code, message: 'Too many requests', retryAfterSeconds })
  }
  const parsed = parseCallRequest(read.parameters, { account: caller.account, credential: caller.name })
  if ('reason' in parsed) return sendError(reply, 400, 'VALIDATION', parsed.reason)
  if (!mayRingFirst(caller, parsed.request, context)) {
    return sendError(reply, 403, 'PERMISSION', 'This API key may not call for that extension')
  }
  const placed = await context.calls.place(parsed.request)
  return placed.outcome === 'refused' ? sendRefusal(reply, placed.refusals[0]) : sendQueued(reply)
}

/** A web page asks before it posts JSON (Fetch standard, CORS preflight): the vendor's `Access-Control-Allow-Origin: *` invites it. */
function otherMethod(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined
  return isPreflight ? sendPreflight(reply) : noSuchMethod(request, reply)
}

const noSuchMethod = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendError(reply, 404, 'METHOD', 'Invalid method', functionName(request))

/** The path without its slashes at either end, as the vendor names its functions; no longer than a name would be. */
const functionName = (request: FastifyRequest): string =>
  (request.url.split('?')[0] ?? '').replace(/^\/+|\/+$/g, '').slice(0, 100)
