import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Denial } from '../../access/access.ts'
import type { Call } from '../../call/call.ts'
import { answerFailures, type Failure } from '../answer-failures.ts'
import { originOf, untilGone } from '../client.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { readParameters, text } from '../parameters.ts'
import { routeGetOrPost } from '../route-get-or-post.ts'
import { mapEndCause } from './map-end-cause.ts'
import { mapRefusal } from './map-refusal.ts'
import { parseCallRequest } from './parse-call-request.ts'
import { type PartyParameter, partyFaults } from './parties.ts'
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
  const asking = { dialect: 'spectronics', from: originOf(request), permissions: ['calls:place'] } as const
  const authenticated = context.access.authenticateKey(text(read.parameters.get('auth')), asking)
  if ('denial' in authenticated) return sendDenial(reply, authenticated.denial)
  const { session } = authenticated
  const parsed = parseCallRequest(read.parameters, session)
  if ('fault' in parsed) return sendLine(reply, parsed.fault)
  const placed = await session.place(parsed.request, { onBehalfOf: parsed.extension })
  if (placed.outcome === 'line-not-allowed') return sendLine(reply, partyFaults[parsed.parties.first])
  if (placed.outcome === 'refused') {
    const [refusal] = placed.refusals
    return sendLine(reply, mapRefusal(refusal, parsed.parties), refusal.retryAfterSeconds)
  }
  if (!parsed.wait) return sendLine(reply, 'OK:Call request sent')
  const wait = { for: 'answered', milliseconds: waitMilliseconds } as const
  const call = await session.wait(placed.call, wait, untilGone(reply, context))
  return sendLine(reply, call === undefined ? 'ERR:Invalid authentication' : lineOf(call, parsed.parties.first))
}

/** Who may not ask at all hears no more than that. */
const sendDenial = (reply: FastifyReply, denial: Denial): FastifyReply =>
  denial.reason === 'limit-exceeded'
    ? sendLine(reply, 'ERR:Too many requests', denial.retryAfterSeconds)
    : sendLine(reply, 'ERR:Invalid authentication')

/** How the first party met the call, as far as it has come. */
function lineOf({ legs: { first }, endCause }: Call, party: PartyParameter): AnswerLine {
  if (first.answeredAt !== undefined) return 'OK:Call answered'
  const cause = first.endCause ?? endCause
  return cause === undefined ? 'ERR:No answer' : mapEndCause(cause, party)
}
