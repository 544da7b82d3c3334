import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, CallPermission, DialectContext } from '../dialect.ts'
import { holdRequest } from '../hold-request.ts'
import { originOf } from '../origin-of.ts'
import { sendProblem } from './problem.ts'

/** Runs a handler for a caller who may do `permission`; answers 401, 403 or 429 otherwise. */
export type Guard = (
  permission: CallPermission,
  handler: (request: FastifyRequest, reply: FastifyReply, caller: Caller) => Promise<unknown> | unknown,
) => (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>

/** Who asks, as the log has it. */
export const nameOf = ({ account, name }: Caller): string => `${account}/${name}`

const bearer = /^Bearer +([\x21-\x7e]{1,512})$/i

export function createGuard(context: DialectContext): Guard {
  return (permission, handler) => async (request, reply) => {
    const secret = bearer.exec(request.headers.authorization ?? '')?.[1]
    const caller = secret === undefined ? undefined : context.authenticate(secret, originOf(request))
    if (caller === undefined) {
      return sendProblem(reply, 'authentication-failed', 'Send "Authorization: Bearer KEY" with a key of this server.')
    }
    if (!caller.permissions.has(permission)) {
      return sendProblem(
        reply,
        'permission-missing',
        `This needs the permission ${permission}; the key "${caller.name}" lacks it.`,
      )
    }
    const admission = context.admit(caller, originOf(request))
    if (!admission.allowed && admission.reason === 'not-from-here') {
      return sendProblem(reply, 'permission-missing', 'This key may not be used from this network or host name.')
    }
    if (!admission.allowed) {
      const { retryAfterSeconds } = admission
      return sendProblem(reply, 'limit-exceeded', 'Too many requests; slow down.', { retryAfterSeconds })
    }
    return handler(request, reply, caller)
  }
}

/** To who was allowed to ask, and is not any more. */
export const sendWithdrawn = (reply: FastifyReply): FastifyReply =>
  sendProblem(
    reply,
    'authentication-failed',
    'The key was revoked, or its permission taken away, while this request waited.',
  )

/** Aborts when the caller may not change the directory any more; for a change that waits for its body or its turn. */
export const whileWriter = (reply: FastifyReply, caller: Caller, context: DialectContext): AbortSignal =>
  holdRequest(reply, { caller, permission: 'directory:write', maySee: () => true }, context).withdrawn
