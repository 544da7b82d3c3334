import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Access, Denial } from '../../access/access.ts'
import type { ApiSession } from '../../access/api-session.ts'
import { originOf } from '../client.ts'
import { sendProblem } from './problem.ts'

type Needed = 'calls:place' | 'calls:read' | 'calls:control' | 'directory:read' | 'directory:write'

/** Runs a handler with a session that may do `permission`; answers 401, 403 or 429 where there is none. */
export type Guard = (
  permission: Needed,
  handler: (request: FastifyRequest, reply: FastifyReply, session: ApiSession) => Promise<unknown> | unknown,
) => (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

const bearer = /^Bearer +([\x21-\x7e]{1,512})$/i

export function createGuard(access: Access): Guard {
  return (permission, handler) => async (request, reply) => {
    const secret = bearer.exec(request.headers.authorization ?? '')?.[1]
    const asking = { dialect: 'native', from: originOf(request), permissions: [permission] }
    const authenticated = access.authenticateKey(secret, asking)
    if ('denial' in authenticated) return sendDenial(reply, authenticated.denial, permission)
    return handler(request, reply, authenticated.session)
  }
}

function sendDenial(reply: FastifyReply, denial: Denial, permission: Needed): FastifyReply {
  switch (denial.reason) {
    case 'unknown':
      return sendProblem(reply, 'authentication-failed', 'Send "Authorization: Bearer KEY" with a key of this server.')
    case 'permission-missing': {
      const detail = `This needs the permission ${permission}; the key "${denial.credential}" lacks it.`
      return sendProblem(reply, 'permission-missing', detail)
    }
    case 'not-from-here':
      return sendProblem(reply, 'permission-missing', 'This key may not be used from this network or host name.')
    case 'limit-exceeded': {
      const { retryAfterSeconds } = denial
      return sendProblem(reply, 'limit-exceeded', 'Too many requests; slow down.', { retryAfterSeconds })
    }
  }
}

/** To who was allowed to ask, and is not any more. */
export const sendWithdrawn = (reply: FastifyReply): FastifyReply =>
  sendProblem(
    reply,
    'authentication-failed',
    'The key was revoked, or its permission taken away, while this request waited.',
  )
