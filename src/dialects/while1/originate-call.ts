import type { FastifyReply } from 'fastify'
import type { ApiSession } from '../../access/api-session.ts'
import type { Call } from '../../call/call.ts'
import { untilGone } from '../client.ts'
import type { DialectContext } from '../dialect.ts'
import { PhpArray } from '../php/php-array.ts'
import { mapEndCause } from './map-end-cause.ts'
import { parseCallRequest } from './parse-call-request.ts'
import { type Asked, sendFaults, sendNotAllowed, sendOriginated, sendRefusals } from './render-answer.ts'

const credentialsWithdrawn = 'Invalid API credentials. Check if API user or token was revoked'

/** Longer than any first leg rings: a call ends by itself when its phones have rung out. */
const longestWaitMilliseconds = 60 * 60 * 1000

/** Places the call of `data[…]`; with `async` 0 answers when its first leg has answered, or never will. */
export async function originateCall(
  values: PhpArray,
  reply: FastifyReply,
  session: ApiSession,
  context: DialectContext,
): Promise<FastifyReply> {
  const data = values.get('data')
  if (data === undefined || data === null) return sendFaults(reply, ['Missing data. Check if data is sent'])
  if (!(data instanceof PhpArray)) return sendFaults(reply, ['Invalid data. Check if data is an array'])
  const parsed = parseCallRequest(data, session)
  if ('faults' in parsed) return sendFaults(reply, parsed.faults)
  const { request, type, isAsync } = parsed
  const { first, second } = request
  const asked: Asked = { type, destination: first.target.value, hasTrunk: second.trunk !== undefined }
  const placed = await session.place(request)
  if (placed.outcome === 'line-not-allowed') return sendNotAllowed(reply, asked)
  if (placed.outcome === 'refused') return sendRefusals(reply, placed.refusals, asked)
  return isAsync ? sendOriginated(reply, asked) : sendWhenAnswered(placed.call, reply, asked, session, context)
}

async function sendWhenAnswered(
  placed: Call,
  reply: FastifyReply,
  asked: Asked,
  session: ApiSession,
  context: DialectContext,
) {
  const wait = { for: 'answered', milliseconds: longestWaitMilliseconds } as const
  const call = await session.wait(placed, wait, untilGone(reply, context))
  if (call === undefined) return sendFaults(reply, [credentialsWithdrawn], 401)
  if (call.legs.first.answeredAt !== undefined) return sendOriginated(reply, asked)
  // A server that stops ends its calls as soon as nobody waits for them.
  const cause = call.endCause ?? (context.closing.aborted ? 'interrupted' : 'no-answer')
  return sendFaults(reply, [mapEndCause(cause).message])
}
