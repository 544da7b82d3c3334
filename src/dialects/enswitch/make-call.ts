import { waitForCaller } from '../hold-request.ts'
import { mayRingFirst } from '../may-ring-first.ts'
import type { ApiFunction } from './api-function.ts'
import { answerOfRefusals } from './map-refusal.ts'
import { parseCallRequest } from './parse-call-request.ts'
import { found, invalidCredentials, refuse, requested } from './render-answer.ts'

/** `calls/make`: rings `snumber`, then `cnumber`, and may wait until the call has its identifiers. */
export const makeCall: ApiFunction = {
  permissions: ['calls:place'],
  async run({ reader, caller, context, reply }) {
    const parsed = parseCallRequest(reader, caller, context)
    if (parsed === undefined) return { responses: reader.faults }
    const { request, waitSeconds } = parsed
    if (!mayRingFirst(caller, request, context)) return refuse('402', 'Your role does not allow this line.', 'snumber')
    const placed = await context.calls.place(request)
    if (placed.outcome === 'refused') return answerOfRefusals(placed.refusals)
    if (waitSeconds === 0) return requested
    const { call: made } = placed
    // A delayed call is made, and has a machine that makes it, only when its first party is dialled.
    const holding = { caller, permission: 'calls:place', call: made } as const
    const call = await waitForCaller(reply, holding, { for: 'dialled', milliseconds: waitSeconds * 1000 }, context)
    if (call === undefined) return invalidCredentials
    if (call.legs.first.dialledAt === undefined) return requested
    return found({ machine: context.node.number, server: context.node.name, callid: made.id })
  },
}
