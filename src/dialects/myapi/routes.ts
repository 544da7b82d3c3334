import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerFailures, type Failure } from '../answer-failures.ts'
import type { Caller, CallPermission, Dialect, DialectContext } from '../dialect.ts'
import { holdRequest } from '../hold-request.ts'
import { mayRingFirst } from '../may-ring-first.ts'
import { originOf } from '../origin-of.ts'
import { readParameters, type SentParameters, text } from '../parameters.ts'
import { routeGetOrPost } from '../route-get-or-post.ts'
import { listCalls, parseListRequest } from './list-calls.ts'
import { parseCallRequest } from './parse-call-request.ts'
import {
  type MyapiError,
  sendCalls,
  sendError,
  sendInvalidKey,
  sendPreflight,
  sendQueued,
  sendRefusal,
} from './render-answer.ts'
import { renderCall } from './render-calls.ts'

const failures: Readonly<Record<Failure, readonly [status: number, error: MyapiError, reason: string]>> = {
  'too-large': [400, 'VALIDATION', 'The body is larger than 64 KiB'],
  unreadable: [400, 'VALIDATION', 'The request could not be read'],
  busy: [503, 'UNAVAILABLE', 'The server is busy'],
  guessing: [429, 'FORBIDDEN', 'Too many wrong credentials came from here'],
  storage: [503, 'UNAVAILABLE', 'The server cannot write calls down at the moment'],
  failed: [500, 'INTERNAL', 'Internal error'],
}

/** "Initiate Call" and "Call List" as VoIPportal and MaxoTel publish it, under any host name. */
export const myapiDialect: Dialect = {
  name: 'myapi',
  register(app, context) {
    answerFailures(app, context, (failure, reply, request) =>
      sendError(reply, ...failures[failure], functionName(request)),
    )
    routeGetOrPost(app, '/calls/initiate', (request, reply) => initiate(request, reply, context), otherMethod)
    routeGetOrPost(app, '/calls/list', (request, reply) => list(request, reply, context), otherMethod)
    for (const group of ['/calls', '/sms']) {
      app.all(group, noSuchMethod)
      app.all(`${group}/*`, noSuchMethod)
    }
  },
}

interface AskedRequest {
  readonly parameters: SentParameters
  readonly caller: Caller
}

/** Who asks, and whether they may; undefined where the answer has been sent. The words of `permission` are the vendor's. */
function authorize(
  request: FastifyRequest,
  reply: FastifyReply,
  { permission, words }: { readonly permission: CallPermission; readonly words: string },
  context: DialectContext,
): AskedRequest | undefined {
  const name = functionName(request)
  const fail = (...[status, error, reason]: readonly [number, MyapiError, string]) => {
    sendError(reply, status, error, reason, name)
  }
  const read = readParameters(request.originalUrl, request.body, request.headers['content-type'])
  if ('fault' in read) return void fail(400, 'VALIDATION', read.fault)
  const key = text(read.parameters.get('key'))
  const caller = key === undefined ? undefined : context.authenticate(key, originOf(request))
  if (caller === undefined) return void sendInvalidKey(reply)
  if (!caller.permissions.has(permission)) {
    return void fail(403, 'PERMISSION', `This API key lacks the permission Account Functions / ${words}`)
  }
  const admission = context.admit(caller, originOf(request))
  if (admission.allowed) return { parameters: read.parameters, caller }
  if (admission.reason === 'not-from-here')
    return void fail(403, 'PERMISSION', 'This API key may not be used from here')
  const { reason: code, retryAfterSeconds } = admission
  return void sendRefusal(reply, { code, message: 'Too many requests', retryAfterSeconds }, name)
}

const clickToCall = { permission: 'calls:place', words: 'Click to Call' } as const
const callRecords = { permission: 'calls:read', words: 'Call Records' } as const

async function initiate(request: FastifyRequest, reply: FastifyReply, context: DialectContext): Promise<FastifyReply> {
  const asked = authorize(request, reply, clickToCall, context)
  if (asked === undefined) return reply
  const { parameters, caller } = asked
  const parsed = parseCallRequest(parameters, caller)
  if ('reason' in parsed) return sendError(reply, 400, 'VALIDATION', parsed.reason)
  if (!mayRingFirst(caller, parsed.request, context)) {
    return sendError(reply, 403, 'PERMISSION', 'This API key may not call for that extension')
  }
  const placed = await context.calls.place(parsed.request)
  return placed.outcome === 'refused' ? sendRefusal(reply, placed.refusals[0]) : sendQueued(reply)
}

async function list(request: FastifyRequest, reply: FastifyReply, context: DialectContext): Promise<FastifyReply> {
  const asked = authorize(request, reply, callRecords, context)
  if (asked === undefined) return reply
  const { timeZone = 'UTC' } = context.account(asked.caller.account) ?? {}
  const parsed = parseListRequest(asked.parameters, timeZone)
  if ('reason' in parsed) return sendError(reply, 400, 'VALIDATION', parsed.reason, functionName(request))
  const { wanted } = parsed
  const { caller } = asked
  // Who is bound to other lines by now may see other calls: the client asks again.
  const maySee = (now: Caller) => String([...(now.lines ?? [])]) === String([...(caller.lines ?? [])])
  const { signal, withdrawn } = holdRequest(reply, { caller, permission: 'calls:read', maySee }, context)
  const calls = await listCalls(wanted, caller, context, signal)
  if (withdrawn.aborted) return sendInvalidKey(reply)
  return sendCalls(
    reply,
    calls.map((call) => renderCall(call, timeZone)),
    wanted.format,
  )
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
