import type { FastifyReply } from 'fastify'
import type { Caller, DialectContext } from '../dialect.ts'
import { goneSignal } from '../gone-signal.ts'
import { mayRingFirst } from '../may-ring-first.ts'
import { PhpArray } from '../php/php-array.ts'
import { findProject } from './find-project.ts'
import { mapEndCause } from './map-end-cause.ts'
import { parseCallRequest } from './parse-call-request.ts'
import { type Asked, sendFaults, sendNotAllowed, sendOriginated, sendRefusals } from './render-answer.ts'

/** Longer than any first leg rings: a call ends by itself when its phones have rung out. */
const longestWaitMilliseconds = 60 * 60 * 1000

/** Places the call of `data[…]`; with `async` 0 answers when its first leg has answered, or never will. */
export async function originateCall(
  values: PhpArray,
  reply: FastifyReply,
  caller: Caller,
  context: DialectContext,
): Promise<FastifyReply> {
  const data = values.get('data')
  if (data === undefined || data === null) return sendFaults(reply, ['Missing data. Check if data is sent'])
  if (!(data instanceof PhpArray)) return sendFaults(reply, ['Invalid data. Check if data is an array'])
  const parsed = parseCallRequest(data, {
    caller,
    project: (reference) => findProject(reference, caller, context),
  })
  if ('faults' in parsed) return sendFaults(reply, parsed.faults)
  const { request, type, isAsync } = parsed
  const { first, second } = request
  const asked: Asked = { type, destination: first.target.value, hasTrunk: second.trunk !== undefined }
  if (!mayRingFirst(caller, request, context)) return sendNotAllowed(reply, asked)
  const placed = await context.calls.place(request)
  if (placed.outcome === 'refused') return sendRefusals(reply, placed.refusals, asked)
  return isAsync ? sendOriginated(reply, asked) : sendWhenAnswered(placed.call.id, reply, asked, context)
}

async function sendWhenAnswered(id: string, reply: FastifyReply, asked: Asked, context: DialectContext) {
  const signal = goneSignal(reply, context.closing)
  const call = await context.calls.waitFor(id, 'answered', longestWaitMilliseconds, signal)
  if (call.legs.first.answeredAt !== undefined) return sendOriginated(reply, asked)
  // A server that stops ends its calls as soon as nobody waits for them.
  const cause = call.endCause ?? (context.closing.aborted ? 'interrupted' : 'no-answer')
  return sendFaults(reply, [mapEndCause(cause).message])
}
