import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ApiSession, CallFilter } from '../../access/api-session.ts'
import type { DialectContext } from '../dialect.ts'
import { untilGone } from '../until-gone.ts'
import { streamEvents } from './event-stream.ts'
import { type Guard, sendWithdrawn } from './guard.ts'
import { describeIssue, parseCallRequest, targetOf, targetSchema } from './parse-call-request.ts'
import { sendFaults, sendProblem, sendRefusal } from './problem.ts'
import { readJson } from './read-json.ts'
import { renderCall, renderEvent } from './render-call.ts'

const idempotencyKeyPattern = /^[\x21-\x7e]{1,255}$/

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

/** The query of `GET /v1/calls`. */
export const filterSchema = z.strictObject({
  externalId: z.string().max(128).optional(),
  state: z.enum(['live', 'ended']).optional(),
  from: time.optional(),
  until: time.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z
    .string()
    .regex(/^[0-9a-f]{32}$/, 'must be the cursor of the page before, as it was told')
    .optional(),
})

type WithId = { Params: { id: string } }

export function registerCallRoutes(app: FastifyInstance, context: DialectContext, guard: Guard): void {
  app.post(
    '/v1/calls',
    guard('calls:place', (request, reply, session) => placeCall(request, reply, session, context)),
  )
  app.get('/v1/calls', guard('calls:read', listCalls))
  app.get(
    '/v1/calls/:id',
    guard('calls:read', async (request, reply, session) => {
      const call = await session.call(idOf(request))
      return call === undefined ? sendNoSuchCall(reply) : reply.send(renderCall(call))
    }),
  )
  app.get(
    '/v1/calls/:id/events',
    guard('calls:read', (request, reply, session) => callEvents(request, reply, session, context)),
  )
  app.post('/v1/calls/:id/redirect', guard('calls:control', redirectCall))
  app.delete(
    '/v1/calls/:id',
    guard('calls:control', async (request, reply, session) => {
      const hungUp = await session.hangup(idOf(request))
      // 202: the legs are being hung up; the call's events tell when they are gone. 200 where it had ended before.
      return hungUp.outcome === 'not-found'
        ? sendNoSuchCall(reply)
        : reply.status(hungUp.call.state === 'ended' ? 200 : 202).send(renderCall(hungUp.call))
    }),
  )
}

/** The body of `POST /v1/calls/:id/redirect`. */
export const redirectSchema = z.strictObject({
  stays: z.enum(['first', 'second']).describe('The party that stays; the other is let go'),
  to: targetSchema.describe('Who is dialled in its place'),
})

/** Sends one party of a connected call elsewhere. */
async function redirectCall(request: FastifyRequest, reply: FastifyReply, session: ApiSession) {
  const body = readJson(request.body)
  if ('fault' in body) return sendProblem(reply, 'malformed-request', body.fault)
  const parsed = redirectSchema.safeParse(body.value, { reportInput: true })
  if (!parsed.success) {
    return sendFaults(reply, parsed.error.issues.map(describeIssue))
  }
  const { stays, to } = parsed.data
  const redirected = await session.redirect(idOf(request), stays, targetOf(to))
  switch (redirected.outcome) {
    case 'refused':
      return sendRefusal(reply, [redirected.refusal])
    case 'not-found':
      return sendNoSuchCall(reply)
    case 'already-ended':
    case 'not-connected':
      return sendProblem(reply, 'not-connected', 'Only a call whose two parties are talking can be redirected.')
    case 'redirected':
      return reply.status(202).send(renderCall(redirected.call))
  }
}

const idOf = (request: FastifyRequest): string => (request as FastifyRequest<WithId>).params.id

const sendNoSuchCall = (reply: FastifyReply): FastifyReply =>
  sendProblem(reply, 'not-found', 'There is no such call in your accounts.')

async function placeCall(request: FastifyRequest, reply: FastifyReply, session: ApiSession, context: DialectContext) {
  const key = request.headers['idempotency-key']
  if (key !== undefined && (typeof key !== 'string' || !idempotencyKeyPattern.test(key))) {
    return sendProblem(reply, 'validation-failed', 'Idempotency-Key must be 1 to 255 printable ASCII characters.')
  }
  const body = readJson(request.body)
  if ('fault' in body) return sendProblem(reply, 'malformed-request', body.fault)
  const parsed = parseCallRequest(body.value, session.account)
  if ('faults' in parsed) {
    return sendFaults(reply, parsed.faults)
  }
  const { request: wanted, wait } = parsed
  const placed = await session.place(wanted, key === undefined ? {} : { idempotency: { key, wait } })
  if (placed.outcome === 'line-not-allowed') {
    return sendProblem(reply, 'permission-missing', 'This key may place calls for its own lines only.')
  }
  if (placed.outcome === 'refused') return sendRefusal(reply, placed.refusals)
  let { call } = placed
  if (placed.outcome === 'replayed') reply.header('idempotent-replayed', 'true')
  if (wait !== undefined) {
    const condition = { for: wait.for, milliseconds: wait.seconds * 1000 }
    const waited = await session.wait(call, condition, untilGone(reply, context))
    // The call goes on; who asked for it is told nothing more of it.
    if (waited === undefined) return sendWithdrawn(reply)
    call = waited
  }
  return reply.status(201).header('location', `/v1/calls/${call.id}`).send(renderCall(call))
}

async function listCalls(request: FastifyRequest, reply: FastifyReply, session: ApiSession) {
  const parsed = filterSchema.safeParse(request.query, { reportInput: true })
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({ pointer: `/${issue.path.join('/')}`, detail: issue.message }))
    return sendFaults(reply, errors)
  }
  const filter = Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined))
  const page = await session.calls(filter as unknown as CallFilter)
  return reply.send({ calls: page.calls.map(renderCall), cursor: page.cursor })
}

async function callEvents(request: FastifyRequest, reply: FastifyReply, session: ApiSession, context: DialectContext) {
  const id = idOf(request)
  if (request.headers.accept?.includes('text/event-stream')) {
    const watch = await session.watch(id, untilGone(reply, context))
    return watch === undefined ? sendNoSuchCall(reply) : streamEvents(reply, watch, lastEventId(request))
  }
  const events = await session.events(id)
  return events === undefined ? sendNoSuchCall(reply) : reply.send({ events: events.map(renderEvent) })
}

const lastEventId = (request: FastifyRequest): number => {
  const value = Number(request.headers['last-event-id'])
  return Number.isSafeInteger(value) && value > 0 ? value : 0
}
