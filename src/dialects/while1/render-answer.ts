import type { FastifyReply } from 'fastify'
import type { Denial } from '../../access/access.ts'
import type { Refusals } from '../../access/api-session.ts'
import type { Refusal, RefusalCode } from '../../call/refusal.ts'
import { jsonEncode, type PhpJson } from '../php/json-encode.ts'
import { type DestinationType, invalidProject } from './parse-call-request.ts'

/** What the client asked for, in its own words. */
export interface Asked {
  readonly type: DestinationType
  readonly destination: string
  readonly hasTrunk: boolean
}

const send = (reply: FastifyReply, status: number, body: PhpJson): FastifyReply =>
  // A buffer, for Fastify would add a charset to text, which the vendor does not send.
  reply
    .status(status)
    .header('cache-control', 'no-store')
    .header('content-type', 'application/json')
    .send(Buffer.from(jsonEncode(body)))

export const sendResults = (reply: FastifyReply, results: readonly PhpJson[]): FastifyReply =>
  send(reply, 200, { has_error: false, messages: [], results })

/** The vendor answers 200 to everything that it could read and believe. */
export const sendFaults = (reply: FastifyReply, messages: readonly string[], status = 200): FastifyReply =>
  send(reply, status, { has_error: true, messages: [...new Set(messages)], results: [] })

export const sendOriginated = (reply: FastifyReply, { type, destination }: Asked): FastifyReply =>
  sendResults(reply, [`Call successfully originated for ${type}: ${destination}`])

/** The vendor's words for what rings first: "Invalid Queue". */
const typeNames: Readonly<Record<DestinationType, string>> = {
  user: 'User',
  queue: 'Queue',
  context: 'Context',
  user_email: 'User',
  extension: 'Extension',
}

export const sendNotAllowed = (reply: FastifyReply, { type }: Asked): FastifyReply =>
  sendFaults(reply, [`Invalid ${typeNames[type]}. Check if API token may call for it`])

function sendTooManyRequests(reply: FastifyReply, retryAfterSeconds: number): FastifyReply {
  reply.header('retry-after', String(retryAfterSeconds))
  return sendFaults(reply, [`Too many requests. Try again in ${retryAfterSeconds} seconds`], 429)
}

export function sendDenial(reply: FastifyReply, denial: Exclude<Denial, { readonly reason: 'unknown' }>): FastifyReply {
  switch (denial.reason) {
    case 'permission-missing':
      return sendFaults(reply, ['Permission denied. Check permissions of API user or token'])
    case 'not-from-here':
      return sendFaults(reply, ['Permission denied. Check if API user or token may be used from here'])
    case 'limit-exceeded':
      return sendTooManyRequests(reply, denial.retryAfterSeconds)
  }
}

export function sendRefusals(reply: FastifyReply, refusals: Refusals, asked: Asked): FastifyReply {
  const [{ code, retryAfterSeconds = 1 }] = refusals
  if (code === 'limit-exceeded') return sendTooManyRequests(reply, retryAfterSeconds)
  if (code === 'shutting-down') reply.header('retry-after', String(retryAfterSeconds))
  const messages = refusals.map((refusal) => describeRefusal(refusal, asked))
  return sendFaults(reply, messages, code === 'shutting-down' ? 503 : 200)
}

type Describe = (refusal: Refusal, asked: Asked) => string

const notOriginated: Describe = ({ message }) => `Call not originated. ${message}`

/** "Invalid Queue" is the vendor's; the others are ours, in its style. */
const descriptions: Readonly<Record<RefusalCode, Describe>> = {
  'queue-not-found': () => 'Invalid Queue. Check if pbx queue exists',
  'context-not-found': () => 'Invalid Context. Check if pbx context exists',
  'user-not-found': () => 'Invalid User. Check if pbx user exists',
  'line-not-found': () => 'Invalid Extension. Check if pbx extension exists',
  'account-not-found': () => invalidProject,
  'trunk-not-found': () => 'Invalid Trunk. Check if pbx trunk exists',
  unavailable: (_, { type, destination }) =>
    `User not online. Check if a phone of ${type}: ${destination} is registered`,
  'invalid-number': ({ numberFault = 'not-a-number', message, pointer }) => {
    const name = pointer?.startsWith('/first') ? 'destination' : 'caller_id'
    return numberFault === 'not-a-number'
      ? `Invalid ${name}. Check if ${name} is a phone number`
      : `Invalid ${name}. ${message}`
  },
  'nobody-free': () => 'Busy caller_id. Check if a member of its queue is online and free',
  barred: ({ pointer }, { type, destination }) =>
    pointer?.startsWith('/first')
      ? `Barred destination. Check if project may call the numbers of ${type}: ${destination}`
      : 'Barred caller_id. Check if project may call this number',
  'caller-id-not-allowed': () => 'Invalid outbound_number. Check if project may show this number',
  'not-configured': ({ pointer }, { type, destination, hasTrunk }) => {
    if (pointer?.startsWith('/first')) return `Invalid destination. Check if ${type}: ${destination} rings somebody`
    return `Invalid ${hasTrunk ? 'Trunk' : 'caller_id'}. Check if a pbx trunk carries this number`
  },
  'external-id-in-use': () => 'Duplicate external_id. Check if its call is still active',
  'limit-exceeded': notOriginated,
  'shutting-down': () => 'Call not originated. Check if pbx is restarting',
  // Nothing that this API asks for is refused so.
  'card-not-found': notOriginated,
  'record-group-not-found': notOriginated,
  'not-supported': notOriginated,
  'idempotency-key-reused': notOriginated,
}

const describeRefusal: Describe = (refusal, asked) => descriptions[refusal.code](refusal, asked)
