import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, CallPermission, DialectContext } from '../dialect.ts'
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
