import type { FastifyReply } from 'fastify'
import type { Refusal, RefusalCode } from '../../call/refusal.ts'
import { jsonEncode } from '../php/json-encode.ts'
import type { ListFormat } from './list-calls.ts'
import { type CallRow, renderCsv } from './render-calls.ts'

export type MyapiError =
  | 'AUTHENTICATION'
  | 'PERMISSION'
  | 'VALIDATION'
  | 'METHOD'
  | 'UNAVAILABLE'
  | 'NOTFOUND'
  | 'FORBIDDEN'
  | 'INTERNAL'

/** What the vendor calls the function, wherever it is mounted. */
const initiate = 'calls/initiate'

const send = (reply: FastifyReply, status: number, body: string, type = 'application/json'): FastifyReply => {
  // Set on the raw response: Fastify would add a charset that the vendor does not send.
  reply.status(status).header('cache-control', 'no-cache').header('access-control-allow-origin', '*')
  return reply.header('content-type', type).send(Buffer.from(body))
}

export const sendQueued = (reply: FastifyReply): FastifyReply =>
  send(reply, 200, jsonEncode({ status: 1, request: initiate, callstatus: 'queued' }))

/** A bare array: clients test for that. */
export const sendCalls = (reply: FastifyReply, rows: readonly CallRow[], format: ListFormat): FastifyReply =>
  format === 'csv' ? send(reply, 200, renderCsv(rows), 'text/csv; charset=utf-8') : send(reply, 200, jsonEncode(rows))

export const sendPreflight = (reply: FastifyReply): FastifyReply =>
  reply
    .status(204)
    .header('access-control-allow-origin', '*')
    .header('access-control-allow-methods', 'GET, POST')
    .header('access-control-allow-headers', 'content-type')
    .header('access-control-max-age', '86400')
    .send()

/** Recorded from the real service: this one answer has no `request` member. */
export const sendInvalidKey = (reply: FastifyReply): FastifyReply =>
  send(reply, 401, jsonEncode({ status: 0, error: 'AUTHENTICATION', reason: 'Invalid API Key' }))

export const sendError = (
  reply: FastifyReply,
  status: number,
  error: MyapiError,
  reason: string,
  request: string = initiate,
): FastifyReply => send(reply, status, jsonEncode({ status: 0, request, error, reason }))

/** The vendor's status and word for each refusal (the contract's table; "ours" where the vendor's page is silent). */
const refusals: Readonly<Record<RefusalCode, readonly [number, MyapiError]>> = {
  'line-not-found': [404, 'NOTFOUND'],
  'account-not-found': [404, 'NOTFOUND'],
  'queue-not-found': [404, 'NOTFOUND'],
  'context-not-found': [404, 'NOTFOUND'],
  'user-not-found': [404, 'NOTFOUND'],
  'trunk-not-found': [404, 'NOTFOUND'],
  'card-not-found': [404, 'NOTFOUND'],
  'record-group-not-found': [404, 'NOTFOUND'],
  unavailable: [400, 'UNAVAILABLE'],
  'nobody-free': [400, 'UNAVAILABLE'],
  'invalid-number': [400, 'VALIDATION'],
  barred: [403, 'FORBIDDEN'],
  'caller-id-not-allowed': [403, 'FORBIDDEN'],
  'not-configured': [400, 'VALIDATION'],
  'not-supported': [400, 'VALIDATION'],
  'external-id-in-use': [400, 'VALIDATION'],
  'idempotency-key-reused': [400, 'VALIDATION'],
  'limit-exceeded': [429, 'FORBIDDEN'],
  'shutting-down': [503, 'UNAVAILABLE'],
}

export function sendRefusal(reply: FastifyReply, refusal: Refusal, request?: string): FastifyReply {
  const [status, error] = refusals[refusal.code]
  if (refusal.retryAfterSeconds !== undefined) reply.header('retry-after', String(refusal.retryAfterSeconds))
  return sendError(reply, status, error, refusal.message, request)
}
