import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Access, Authentication, Denial } from '../../access/access.ts'
import type { Asking } from '../../access/caller.ts'
import { answerFailures, type Failure } from '../answer-failures.ts'
import { originOf } from '../client.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { routeGetOrPost } from '../route-get-or-post.ts'
import type { ApiFunction } from './api-function.ts'
import { hangUpCall, holdCall, redirectCall, resumeCall } from './control-call.ts'
import { laterFunctions } from './later-functions.ts'
import { listActiveCalls, listCdrs } from './list-calls.ts'
import { lookUps } from './look-ups.ts'
import { makeCall } from './make-call.ts'
import { ParameterReader } from './parameter-reader.ts'
import { readParameters } from './read-parameters.ts'
import { type Answer, invalidCredentials, refuse, sendAnswer } from './render-answer.ts'

/** Where the vendor serves the API, and where some of its brands do. */
const vendorPrefixes: readonly string[] = ['/api/json', '/local/api/json', '/pbx_api']

const failures: Readonly<Record<Failure, Answer>> = {
  'too-large': refuse('400', 'The body is larger than 64 KiB'),
  unreadable: refuse('400', 'The request could not be read'),
  busy: refuse('503', 'The server is busy'),
  guessing: refuse('429', 'Too many wrong passwords came from here'),
  storage: refuse('503', 'The server cannot write calls down at the moment'),
  failed: refuse('500', 'Internal error'),
}

const functions: Readonly<Record<string, ApiFunction>> = {
  'calls/make': makeCall,
  'calls/hangup': hangUpCall,
  'calls/redirect': redirectCall,
  'calls/hold': holdCall,
  'calls/resume': resumeCall,
  'calls/active/list': listActiveCalls,
  'cdrs/list': listCdrs,
  ...lookUps,
  ...laterFunctions,
}

/** "Make a Call" and its sisters as Enswitch and the brands on it publish them, under any host name and these paths. */
export const createEnswitchDialect = (prefixes: readonly string[] = vendorPrefixes): Dialect => ({
  name: 'enswitch',
  register(app, context) {
    answerFailures(app, context, (failure, reply) => sendAnswer(reply, failures[failure]))
    for (const prefix of prefixes) {
      for (const [path, called] of Object.entries(functions)) {
        const serve = async (request: FastifyRequest, reply: FastifyReply) =>
          sendAnswer(reply, await answer(request, reply, called, context))
        routeGetOrPost(app, `${prefix}/${path}`, serve, sendMethodNotAllowed)
      }
      app.all(prefix, sendNoSuchFunction)
      app.all(`${prefix}/*`, sendNoSuchFunction)
    }
  },
})

const sendMethodNotAllowed = (_request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendAnswer(reply.header('allow', 'GET, POST'), refuse('405', 'Use GET or POST'))

const sendNoSuchFunction = (_request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  sendAnswer(reply, refuse('404', 'There is no such function'))

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { permissions = [], run }: ApiFunction,
  context: DialectContext,
): Promise<Answer> {
  const read = readParameters(request.originalUrl, request.body, request.headers['content-type'])
  if ('fault' in read) return refuse('400', read.fault)
  const reader = new ParameterReader(read.parameters)
  const asking = { dialect: 'enswitch', from: originOf(request), permissions }
  const authenticated = await authenticate(reader, asking, context.access)
  if ('denial' in authenticated) return answerOfDenial(authenticated.denial)
  return run({ reader, session: authenticated.session, context, reply })
}

function authenticate(reader: ParameterReader, asking: Asking, access: Access): Promise<Authentication> {
  const name = reader.secret('auth_username')
  const password = reader.secret('auth_password')
  const login = name === undefined || password === undefined ? undefined : { name, password }
  return access.authenticateUser(login, asking)
}

function answerOfDenial(denial: Denial): Answer {
  switch (denial.reason) {
    case 'unknown':
      return invalidCredentials
    case 'permission-missing':
      return refuse('402', 'Your role does not allow this.')
    case 'not-from-here':
      return refuse('402', 'This user may not be used from here.')
    case 'limit-exceeded':
      return { ...refuse('429', 'Too many requests'), retryAfterSeconds: denial.retryAfterSeconds }
  }
}
