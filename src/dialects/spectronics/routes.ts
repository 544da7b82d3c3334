import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Call } from '../../call/call.ts'
import { answerFailures, type Failure } from '../answer-failures.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { waitForCaller } from '../hold-request.ts'
import { originOf } from '../origin-of.ts'
import { readParameters, text } from '../parameters.ts'
import { routeGetOrPost } from '../route-get-or-post.ts'
import { mapEndCause } from './map-end-cause.ts'
import { mapRefusal } from './map-refusal.ts'
import { parseCallRequest } from './parse-call-request.ts'
import type { PartyParameter } from './parties.ts'
import { type AnswerLine, sendLine } from './render-answer.ts'

/** A little longer than any phone may ring: whoever waits hears how the ringing ended. */
const waitMilliseconds = 310_000

const version = '/api/0.9.3'

const failures: Readonly<Record<Failure, AnswerLine>> = {
  'too-large': 'ERR:Invalid request',
  unreadable: 'ERR:Invalid request',
  busy: 'ERR:Service unavailable',
  guessing: 'ERR:Too many requests',
  storage: 'ERR:Service unavailable',
  failed: 'ERR:Internal error',
}

/** "Outgoing calls" of Spectronics UK. */
export const spectronicsDialect: Dialect = {
  name: 'spectronics',
  register(app, context) {
    answerFailures(app, context, (failure, reply) => sendLine(reply, failures[failure]))
    routeGetOrPost(app, `${version}/call`, (request, reply) => placeCall(request, reply, context), sendInvalidRequest)
    app.all(version, sendInvalidRequest)
    app.all(`${version}/*`, sendInvalidRequest)
  },
}

const sendInvalidRequest = (_request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendLine(reply, 'ERR:Invalid request')

async function placeCall(request: FastifyRequest, reply: FastifyReply, context: DialectContext): Promise<FastifyReply> {
  const read = readParameters(request.originalUrl, request.body, request.headers['content-type'])
  if ('fault' in read) return sendLine(reply, 'ERR:Invalid request')
  const token = text(read.parameters.get('auth'))
  const caller = token === undefined ? undefined : context.authenticate(token, originOf(request))
  if (caller === undefined || !caller.permissions.has('calls:place')) {
    return sendLine(reply, 'ERR:Invalid authentication')
  }
  const admission = context.admit(caller, originOf(request))
  if (!admission.allowed) {
    return admission.reason === 'not-from-here'
      ? sendLine(reply, 'ERR:Invalid authentication')
      : sendLine(reply, 'ERR:Too many requests', admission.retryAfterSeconds)
  }
  const parsed = parseCallRequest(read.parameters, caller, context)
  if ('fault' in parsed) return sendLine(reply, parsed.fault)
  const placed = await context.calls.place(parsed.request)
  if (placed.outcome === 'refused') {
    const [refusal] = placed.refusals
    return sendLine(reply, mapRefusal(refusal, parsed.parties), refusal.retryAfterSeconds)
  }
  if (!parsed.wait) return sendLine(reply, 'OK:Call request sent')
  const holding = { caller, permission: 'calls:place', call: placed.call } as const
  const call = await waitForCaller(reply, holding, { for: 'answered', milliseconds: waitMilliseconds }, context)
  return sendLine(reply, call === undefined ? 'ERR:Invalid authentication' : lineOf(call, parsed.parties.first))
}

/** How the first party met the call, as far as it has come. */
function lineOf({ legs: { first }, endCause }: Call, party: PartyParameter): AnswerLine {
  if (first.answeredAt !== undefined) return 'OK:Call answered'
  const cause = first.endCause ?? endCause
  return cause === undefined ? 'ERR:No answer' : mapEndCause(cause, party)
}
