import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiSession, CallFilter } from '../../access/api-session.ts'
import { untilGone } from '../client.ts'
import type { DialectContext } from '../dialect.ts'
import { streamEvents } from './event-stream.ts'
import { type Guard, sendWithdrawn } from './guard.ts'
import { mapCallRequest, mapTarget } from './map-call-request.ts'
import { sendFaults, sendProblem, sendRefusal } from './problem.ts'
import { readBody } from './read-body.ts'
import { renderCall, renderEvent } from './render-call.ts'
import { actionSchema, callRequestSchema, filterSchema, redirectSchema } from './request-schemas.ts'

const idempotencyKeyPattern = /^[\x21-\x7e]{1,255}$/

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
  app.post('/v1/calls/:id/actions', guard('calls:control', actOnCall))
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

/** Sends one party of a connected call elsewhere. */
async function redirectCall(request: FastifyRequest, reply: FastifyReply, session: ApiSession) {
  const body = readBody(request.body, redirectSchema)
  if ('refuse' in body) return body.refuse(reply)
  const { stays, to } = body.value
  const redirected = await session.redirect(idOf(request), stays, mapTarget(to))
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

/** Hold, mute and the like, of a call whose parties are connected. */
async function actOnCall(request: FastifyRequest, reply: FastifyReply, session: ApiSession) {
  const body = readBody(request.body, actionSchema)
  if ('refuse' in body) return body.refuse(reply)
  const acted = await session.act(idOf(request), body.value)
  switch (acted.outcome) {
    case 'not-found':
      return sendNoSuchCall(reply)
    case 'clip-not-found':
      return sendProblem(reply, 'clip-not-found', 'Name a clip of the account, or one that ships with the server.')
    case 'not-in-this-state': {
      const detail = `The call is ${acted.state}; this can be done only while it is bridged.`
      return sendProblem(reply, 'not-in-this-state', detail)
    }
    case 'done':
      return reply.status(202).send(renderCall(acted.call))
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
  const body = readBody(request.body, callRequestSchema)
  if ('refuse' in body) return body.refuse(reply)
  const { wait } = body.value
  const wanted = mapCallRequest(body.value, session.account)
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
