import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Denial } from '../../access/access.ts'
import type { ApiSession } from '../../access/api-session.ts'
import { answerFailures, type Failure } from '../answer-failures.ts'
import { originOf, untilGone } from '../client.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { readParameters, type SentParameters, text } from '../parameters.ts'
import { routeGetOrPost } from '../route-get-or-post.ts'
import { listCalls, mostRead, parseListRequest } from './list-calls.ts'
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

const tooManyCalls = `There are more than ${mostRead} calls to look through; give startTime and endTime`

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
  readonly session: ApiSession
}

/** What a function needs, and what the vendor calls that. */
interface Need {
  readonly permission: 'calls:place' | 'calls:read'
  readonly words: string
}

const clickToCall: Need = { permission: 'calls:place', words: 'Click to Call' }
const callRecords: Need = { permission: 'calls:read', words: 'Call Records' }

/** Undefined where the answer has been sent. */
function openSession(
  request: FastifyRequest,
  reply: FastifyReply,
  need: Need,
  { access }: DialectContext,
): AskedRequest | undefined {
  const read = readParameters(request.originalUrl, request.body, request.headers['content-type'])
  if ('fault' in read) return void sendError(reply, 400, 'VALIDATION', read.fault, functionName(request))
  const asking = { dialect: 'myapi', from: originOf(request), permissions: [need.permission] }
  const authenticated = access.authenticateKey(text(read.parameters.get('key')), asking)
  if ('denial' in authenticated) return void sendDenial(reply, authenticated.denial, need, functionName(request))
  return { parameters: read.parameters, session: authenticated.session }
}

function sendDenial(reply: FastifyReply, denial: Denial, { words }: Need, name: string): FastifyReply {
  switch (denial.reason) {
    case 'unknown':
      return sendInvalidKey(reply)
    case 'permission-missing':
      return sendError(reply, 403, 'PERMISSION', `This API key lacks the permission Account Functions / ${words}`, name)
    case 'not-from-here':
      return sendError(reply, 403, 'PERMISSION', 'This API key may not be used from here', name)
    case 'limit-exceeded': {
      const { retryAfterSeconds } = denial
      return sendRefusal(reply, { code: 'limit-exceeded', message: 'Too many requests', retryAfterSeconds }, name)
    }
  }
}

async function initiate(request: FastifyRequest, reply: FastifyReply, context: DialectContext): Promise<FastifyReply> {
  const asked = openSession(request, reply, clickToCall, context)
  if (asked === undefined) return reply
  const { parameters, session } = asked
  const parsed = parseCallRequest(parameters, session.account)
  if ('reason' in parsed) return sendError(reply, 400, 'VALIDATION', parsed.reason)
  const placed = await session.place(parsed.request)
  switch (placed.outcome) {
    case 'line-not-allowed':
      return sendError(reply, 403, 'PERMISSION', 'This API key may not call for that extension')
    case 'refused':
      return sendRefusal(reply, placed.refusals[0])
    case 'accepted':
    case 'replayed':
      return sendQueued(reply)
  }
}

async function list(request: FastifyRequest, reply: FastifyReply, context: DialectContext): Promise<FastifyReply> {
  const asked = openSession(request, reply, callRecords, context)
  if (asked === undefined) return reply
  const { session } = asked
  const { timeZone = 'UTC' } = session.findAccount() ?? {}
  const parsed = parseListRequest(asked.parameters, timeZone)
  if ('reason' in parsed) return sendError(reply, 400, 'VALIDATION', parsed.reason, functionName(request))
  const { wanted } = parsed
  const hold = session.holdLists(untilGone(reply, context))
  try {
    const calls = await listCalls(wanted, session, hold.signal)
    if (hold.isWithdrawn()) return sendInvalidKey(reply)
    if (calls === undefined) return sendError(reply, 400, 'VALIDATION', tooManyCalls, functionName(request))
    return sendCalls(
      reply,
      calls.map((call) => renderCall(call, timeZone)),
      wanted.format,
    )
  } finally {
    hold.release()
  }
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
