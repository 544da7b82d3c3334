import type { FastifyReply } from 'fastify'

/** Every line that this API answers. "Call request sent" and "Invalid authentication" are the vendor's own words. */
export type AnswerLine = 'OK:Call request sent' | 'OK:Call answered' | FaultLine

export type FaultLine =
  | 'ERR:Invalid authentication'
  | 'ERR:Extension is required'
  | 'ERR:Invalid extension'
  | 'ERR:Extension not registered'
  | 'ERR:Destination is required'
  | 'ERR:Destination not allowed'
  | 'ERR:Destination busy'
  | 'ERR:Source not allowed'
  | 'ERR:Extension busy'
  | 'ERR:Extension rejected the call'
  | 'ERR:No answer'
  | 'ERR:Call failed'
  | 'ERR:Invalid request'
  | 'ERR:Too many requests'
  | 'ERR:Service unavailable'
  | 'ERR:Internal error'
  | NumberFaultLine

/** A party's line, and what is wrong with its number. */
export type NumberFaultLine =
  `ERR:${'Invalid extension' | 'Destination not allowed' | 'Source not allowed'}${'' | `: ${string}`}`

/**
 * Always 200, because PHP's `file()` shows nothing of any other status. The line has no end: `file()` would leave it in its
 * element, and a client that compares the whole line would find no answer that it knows.
 */
export const sendLine = (reply: FastifyReply, line: AnswerLine, retryAfterSeconds?: number): FastifyReply => {
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  // A GET that rings a phone must not be answered by a cache.
  reply.status(200).header('cache-control', 'no-store').header('content-type', 'text/plain')
  // As octets, to which the framework adds no charset.
  return reply.send(Buffer.from(line))
}
