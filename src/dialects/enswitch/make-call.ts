import { untilGone } from '../client.ts'
import type { ApiFunction } from './api-function.ts'
import { answerOfRefusals } from './map-refusal.ts'
import { parseCallRequest } from './parse-call-request.ts'
import { found, invalidCredentials, refuse, requested } from './render-answer.ts'

/** `calls/make`: rings `snumber`, then `cnumber`, and may wait until the call has its identifiers. */
export const makeCall: ApiFunction = {
  permissions: ['calls:place'],
  async run({ reader, session, context, reply }) {
    const parsed = parseCallRequest(reader, session)
    if (parsed === undefined) return { responses: reader.faults }
    const { request, waitSeconds } = parsed
    const placed = await session.place(request)
    if (placed.outcome === 'line-not-allowed') return refuse('402', 'Your role does not allow this line.', 'snumber')
    if (placed.outcome === 'refused') return answerOfRefusals(placed.refusals)
    if (waitSeconds === 0) return requested
    const { call: made } = placed
    // A delayed call is made, and has a machine that makes it, only when its first party is dialled.
    const wait = { for: 'dialled', milliseconds: waitSeconds * 1000 } as const
    const call = await session.wait(made, wait, untilGone(reply, context))
    if (call === undefined) return invalidCredentials
    if (call.legs.first.dialledAt === undefined) return requested
    return found({ machine: context.node.number, server: context.node.name, callid: made.id })
  },
}
