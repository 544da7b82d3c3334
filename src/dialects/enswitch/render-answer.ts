import type { FastifyReply } from 'fastify'

/** The vendor's codes (`500` by brands of it); `405`, `429` and `503` are ours, for what its page is silent about. */
export type Code = '200' | '204' | '400' | '401' | '402' | '403' | '404' | '405' | '429' | '500' | '503'

/** One entry of `responses`. `key` names the parameter at fault. */
export interface Verdict {
  readonly code: Code
  readonly key: string
  readonly message: string
}

/** What a function of this API answers. */
export interface Answer {
  readonly responses: readonly Verdict[]
  readonly data?: object
  readonly retryAfterSeconds?: number
}

export const refuse = (code: Code, message: string, key = ''): Answer => ({ responses: [{ code, key, message }] })

export const invalidCredentials: Answer = refuse('401', 'The authentication details provided are invalid.')

/** Done, or on its way; there is nothing to tell about it. */
export const requested: Answer = refuse('204', 'OK')

export const found = (data: object): Answer => ({ responses: [{ code: '200', key: '', message: 'OK' }], data })

/** HTTP 200 whatever the verdict: clients take any other status for a fault of the transport. */
export function sendAnswer(reply: FastifyReply, { responses, data, retryAfterSeconds }: Answer): FastifyReply {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  // Octets, since Fastify would add a charset to the Content-Type of a text.
  const body = Buffer.from(JSON.stringify({ responses, data }))
  return reply.status(200).header('cache-control', 'no-store').header('content-type', 'application/json').send(body)
}
