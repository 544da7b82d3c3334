import { callStates } from '../../call/call.ts'
import { endCauses } from '../../call/end-cause.ts'

const text = { type: 'string' }
const whole = { type: 'integer' }
const time = { type: 'string', format: 'date-time' }

const cause = { type: 'string', enum: Object.keys(endCauses) }
const legName = { type: 'string', enum: ['first', 'second'] }

const end = {
  type: 'object',
  description: 'Why it ended, and what a person can do about it',
  required: ['cause', 'sipStatus', 'q850', 'retryable', 'advice'],
  properties: { cause, sipStatus: whole, q850: whole, retryable: { type: 'boolean' }, advice: text },
}

const media = {
  type: 'object',
  description: "RTP of one leg: what we received and sent, and what the leg's receiver reports say (RFC 3550)",
  required: ['packetsReceived', 'packetsSent', 'packetsLost', 'jitterMilliseconds'],
  properties: {
    packetsReceived: whole,
    packetsSent: whole,
    packetsLost: whole,
    jitterMilliseconds: { type: 'number' },
    codec: text,
    remote: { type: 'object', properties: { packetsLost: whole, jitterMilliseconds: { type: 'number' } } },
  },
}

const attempt = {
  type: 'object',
  description:
    'One party or carrier that was dialled. Without sipStatus nothing came back; without cause it is in the call',
  required: ['at', 'to'],
  properties: {
    at: time,
    trunk: text,
    line: text,
    to: { ...text, description: 'The SIP URI that was dialled' },
    sipStatus: whole,
    reason: {
      ...text,
      description: 'The phrase, and what the Reason and Warning headers say; or why nothing came back',
    },
    cause,
  },
}

const leg = {
  type: 'object',
  description: 'With the member by which the request named the party (line, dial, number, queue, context, user)',
  required: ['destination', 'state'],
  properties: {
    ...Object.fromEntries(['line', 'dial', 'number', 'queue', 'context', 'user'].map((kind) => [kind, text])),
    destination: text,
    state: { type: 'string', enum: ['idle', 'dialling', 'ringing', 'answered', 'ended'] },
    dialledAt: time,
    ringingAt: time,
    answeredAt: time,
    held: { type: 'boolean', description: 'true while its party is on hold, and hears music' },
    muted: { type: 'boolean', description: 'true while its party is not heard' },
    endedAt: time,
    end,
    attempts: { type: 'array', items: attempt, description: 'Everyone that was dialled for it' },
    media,
  },
}

export const callSchema = {
  type: 'object',
  required: ['id', 'account', 'state', 'variables', 'dialect', 'acceptedAt', 'first', 'second'],
  properties: {
    id: text,
    account: text,
    state: {
      type: 'string',
      enum: callStates,
    },
    externalId: text,
    card: text,
    recordGroup: whole,
    noForwards: { type: 'boolean' },
    variables: { type: 'object', additionalProperties: text },
    dialect: text,
    acceptedAt: time,
    dueAt: time,
    bridgedAt: time,
    endedAt: time,
    talkSeconds: { type: 'number' },
    end,
    endedBy: legName,
    first: leg,
    second: leg,
  },
}

export const eventSchema = {
  type: 'object',
  required: ['sequence', 'type', 'callId', 'at'],
  properties: {
    sequence: whole,
    type: text,
    callId: text,
    at: time,
    leg: legName,
    by: { ...legName, description: 'Of leg.held: the party whose phone holds; absent where it was asked for' },
    cause,
    sipStatus: { ...whole, description: 'With which a carrier refused it, where that is the cause' },
    advice: text,
    trunk: text,
    attempt,
    endedBy: legName,
    dueAt: time,
    destination: text,
    destinations: { type: 'object', properties: { first: text, second: text } },
    media,
  },
}

export const phoneSchema = {
  type: 'object',
  required: ['account', 'line', 'contact', 'reachable', 'expiresAt'],
  properties: {
    account: text,
    line: text,
    contact: text,
    userAgent: text,
    reachable: { type: 'boolean', description: 'false while it does not answer' },
    expiresAt: time,
  },
}

export const lineSchema = {
  type: 'object',
  required: ['account', 'number'],
  properties: { account: text, number: text, fullNumber: text, name: text },
}

const texts = { type: 'array', items: text }

export const appliedSchema = {
  type: 'object',
  required: ['added', 'changed', 'removed', 'needRestart'],
  properties: { added: texts, changed: texts, removed: texts, needRestart: texts },
}

export const credentialSchema = {
  type: 'object',
  required: ['kind', 'account', 'name', 'permissions'],
  properties: {
    kind: { type: 'string', enum: ['api-key', 'token', 'user'] },
    account: text,
    name: text,
    permissions: texts,
    role: text,
    line: text,
    lines: texts,
    createdAt: { ...time, description: 'Absent where the configuration file holds it' },
  },
}

export const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: text,
    status: whole,
    detail: text,
    instance: { type: 'string', format: 'uri-reference' },
    errors: { type: 'array', items: { type: 'object', properties: { pointer: text, detail: text } } },
  },
}
