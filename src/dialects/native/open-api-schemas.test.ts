import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallEvent } from '../../call/call-event.ts'
import { projectCall } from '../../call/project-call.ts'
import { callSchema, eventSchema } from './open-api-schemas.ts'
import { renderCall, renderEvent } from './render-call.ts'

interface Schema {
  readonly type: string
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly enum?: readonly unknown[]
}

/** What an answer holds that its schema does not know, or lacks that it requires. */
function misfits(schema: Schema, value: unknown, at = ''): readonly string[] {
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${at}: ${value}`]
  if (schema.items !== undefined) {
    const { items } = schema
    return Array.isArray(value)
      ? value.flatMap((item, index) => misfits(items, item, `${at}/${index}`))
      : [`${at}: no list`]
  }
  if (schema.type !== 'object') {
    const fits = schema.type === 'integer' ? Number.isInteger(value) : typeof value === schema.type
    return fits ? [] : [`${at}: ${typeof value}`]
  }
  if (schema.properties === undefined) return []
  const { properties } = schema
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value as object, name))
  return [
    ...missing.map((name) => `${at}/${name} is missing`),
    ...Object.entries(value as object).flatMap(([name, part]) => {
      const known = properties[name]
      return known === undefined ? [`${at}/${name} is unknown`] : misfits(known, part, `${at}/${name}`)
    }),
  ]
}

const recovery = { driver: 'test', data: {} }
const media = {
  packetsReceived: 10,
  packetsSent: 9,
  packetsLost: 1,
  jitterMilliseconds: 0.5,
  codec: 'PCMA',
  remote: { packetsLost: 0, jitterMilliseconds: 1 },
}
const at = Date.UTC(2026, 0, 1)
const course: readonly CallEvent[] = [
  {
    type: 'call.accepted',
    callId: 'c',
    at,
    request: {
      account: 'acme',
      first: { target: { kind: 'queue', value: 'support' } },
      second: { target: { kind: 'dial', value: '102' } },
      delaySeconds: 5,
      ...{ externalId: 'x', card: '9001', recordGroup: 1, noForwards: true },
      variables: { NAME: 'value' },
      origin: { dialect: 'native', credential: 'crm' },
    },
    destinations: { first: { kind: 'queue', name: 'support' }, second: { kind: 'line', number: '102' } },
  },
  { type: 'call.scheduled', callId: 'c', at, dueAt: at + 5000 },
  { type: 'leg.dialled', callId: 'c', at, leg: 'first', recovery },
  { type: 'leg.ringing', callId: 'c', at, leg: 'first' },
  {
    type: 'leg.answered',
    callId: 'c',
    at,
    leg: 'first',
    recovery,
    destination: { kind: 'line', number: '101', via: { queue: 'support' } },
  },
  { type: 'leg.dialled', callId: 'c', at, leg: 'second', recovery, trunk: 'alpha' },
  {
    type: 'leg.attempt-ended',
    callId: 'c',
    at,
    leg: 'second',
    attempt: {
      at,
      trunk: 'alpha',
      to: 'sip:1@a.example',
      sipStatus: 403,
      reason: 'Forbidden',
      cause: 'carrier-refused',
    },
  },
  { type: 'leg.forwarded', callId: 'c', at, leg: 'second', destination: { kind: 'number', number: '+61412345678' } },
  { type: 'leg.dialled', callId: 'c', at, leg: 'second', recovery },
  { type: 'leg.answered', callId: 'c', at, leg: 'second', recovery, attempt: { at, line: '102', to: 'sip:102@b' } },
  { type: 'call.bridged', callId: 'c', at },
  { type: 'leg.held', callId: 'c', at, leg: 'first', by: 'second' },
  { type: 'leg.muted', callId: 'c', at, leg: 'first' },
  { type: 'leg.unmuted', callId: 'c', at, leg: 'first' },
  { type: 'leg.resumed', callId: 'c', at, leg: 'first' },
  { type: 'call.ending', callId: 'c', at, cause: 'completed', endedBy: 'first' },
  { type: 'leg.ended', callId: 'c', at, leg: 'first', cause: 'completed', media },
  { type: 'leg.ended', callId: 'c', at, leg: 'second', cause: 'completed', media },
  { type: 'call.ended', callId: 'c', at, cause: 'completed', endedBy: 'first' },
]

/** As it crosses the wire: without what is undefined. */
const sent = (value: object): unknown => JSON.parse(JSON.stringify(value))

test('the documented call is the one that is answered, at every moment of its life', () => {
  for (let length = 1; length <= course.length; length++) {
    assert.deepEqual(misfits(callSchema, sent(renderCall(projectCall(course.slice(0, length))))), [])
  }
  // The check itself can fail.
  assert.deepEqual(misfits(callSchema, { ...(sent(renderCall(projectCall(course))) as object), id: 1, more: 1 }), [
    '/id: number',
    '/more is unknown',
  ])
})

test('the documented event is the one that is answered', () => {
  for (const [index, event] of course.entries()) {
    assert.deepEqual(misfits(eventSchema, sent(renderEvent({ ...event, sequence: index + 1 }))), [])
  }
})

test('what a carrier refused: the advice of its status, and every attempt', () => {
  const refused = (event: 'call.ending' | 'call.ended') =>
    ({ type: event, callId: 'c', at, cause: 'carrier-refused', sipStatus: 402, endedBy: 'second' }) as const
  const events = [...course.slice(0, 9), refused('call.ended')]
  const call = renderCall(projectCall(events))
  assert.deepEqual([call.end?.cause, call.end?.sipStatus], ['carrier-refused', 402])
  assert.match(call.end?.advice ?? '', /credit/)
  assert.deepEqual(call.second.attempts?.[0]?.trunk, 'alpha')
  assert.match((renderEvent({ ...refused('call.ending'), sequence: 1 }) as { advice: string }).advice, /credit/)
})
