import type { FastifyReply, FastifyRequest } from 'fastify'
import { answerFailures, type Failure } from '../answer-failures.ts'
import { originOf } from '../client.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { routeGetOrPost } from '../route-get-or-post.ts'
import { authenticate } from './authenticate.ts'
import { originateCall } from './originate-call.ts'
import { queryCall } from './query-call.ts'
import { readParameters } from './read-parameters.ts'
import { sendDenial, sendFaults } from './render-answer.ts'

const url = '/api/originate-call'

const failures: Readonly<Record<Failure, readonly [messages: readonly string[], status: number]>> = {
  'too-large': [['Body too long. Check if it is no longer than 64 KiB'], 400],
  unreadable: [['Invalid request. Check if body is readable'], 400],
  busy: [['Pbx busy. Try again in some seconds'], 503],
  guessing: [['Too many invalid API credentials. Try again in some seconds'], 429],
  storage: [['Call not originated. Check disk of pbx, or try again in some seconds'], 503],
  failed: [['Internal error. Check log of pbx'], 500],
}

/** "OriginateCall" of the While1 PBX. */
export const while1Dialect: Dialect = {
  name: 'while1',
  register(app, context) {
    answerFailures(app, context, (failure, reply) => sendFaults(reply, ...failures[failure]))
    routeGetOrPost(app, url, (request, reply) => serve(request, reply, context), sendMethodNotAllowed)
    app.all(`${url}/*`, (_request, reply) => sendFaults(reply, ['Invalid URL. Check if path ends here'], 404))
  },
}

/** RFC 9110 section 15.5.6: with the methods that there are. */
const sendMethodNotAllowed = (_request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendFaults(reply.header('allow', 'GET, POST'), ['Invalid method. Check if method is GET or POST'], 405)

async function serve(request: FastifyRequest, reply: FastifyReply, context: DialectContext): Promise<FastifyReply> {
  const read = readParameters(request.originalUrl, request.body, request.headers['content-type'])
  if ('fault' in read) return sendFaults(reply, [read.fault], 400)
  const { values } = read
  const asksForCall =
    request.method === 'GET' && values.get('data') === undefined && values.get('external_id') !== undefined
  const permissions = [asksForCall ? 'calls:read' : 'calls:place'] as const
  const asking = { dialect: 'while1', from: originOf(request), permissions } as const
  const authenticated = await authenticate(values, request.headers.authorization, asking, context.access)
  if ('faults' in authenticated) {
    return sendFaults(reply.header('www-authenticate', 'Bearer realm="cordboard"'), authenticated.faults, 401)
  }
  if ('denial' in authenticated) return sendDenial(reply, authenticated.denial)
  const { session } = authenticated
  return asksForCall ? queryCall(values, reply, session) : originateCall(values, reply, session, context)
}
