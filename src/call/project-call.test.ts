import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallEvent } from './call-event.ts'
import type { CallRequest } from './call-request.ts'
import { nameOfDestination } from './destination.ts'
import { projectCall } from './project-call.ts'

const leg = { target: { kind: 'line', value: '101' } } as const
const origin = { dialect: 'native', credential: 'crm' }
const request: CallRequest = { account: 'acme', first: leg, second: leg, delaySeconds: 0, variables: {}, origin }
const about = { callId: 'call-1', at: 1, leg: 'second', recovery: { driver: 'fake', data: null } } as const
const redirected: readonly CallEvent[] = [
  {
    ...about,
    type: 'call.accepted',
    request,
    destinations: { first: { kind: 'line', number: '101' }, second: { kind: 'line', number: '102' } },
  },
  { ...about, type: 'leg.dialled' },
  { ...about, type: 'leg.answered' },
  { ...about, type: 'call.bridged' },
  { ...about, type: 'call.redirected', destination: { kind: 'line', number: '103' } },
  { ...about, type: 'leg.ended', cause: 'completed' },
]

test('a redirection that comes to nothing: the party who was there keeps the leg, and nobody is on the way to it', () => {
  const { second } = projectCall([
    ...redirected,
    { type: 'call.ended', callId: 'call-1', at: 1, cause: 'completed' },
  ]).legs
  assert.deepEqual(second, {
    name: 'second',
    state: 'ended',
    destination: { kind: 'line', number: '102' },
    ...{ dialledAt: 1, answeredAt: 1, endedAt: 1, endCause: 'completed' },
  })
})

for (const [what, happened, expected] of [
  [
    'is dialled',
    { type: 'leg.dialled' },
    { state: 'dialling', destination: { kind: 'line', number: '103' }, dialledAt: 1 },
  ],
  ['is not there', { type: 'leg.ended', cause: 'busy' }, { state: 'ended', endCause: 'busy', endedAt: 1 }],
  [
    'is not there, and names another',
    { type: 'leg.forwarded', destination: { kind: 'line', number: '104' } },
    { destination: { kind: 'line', number: '104' } },
  ],
] as const) {
  test(`a new party who ${what} has nothing of the one before`, () => {
    const { second } = projectCall([...redirected, { ...about, ...happened } as CallEvent]).legs
    assert.deepEqual(second, {
      name: 'second',
      state: 'idle',
      destination: { kind: 'line', number: '103' },
      released: [{ kind: 'line', number: '102' }],
      ...expected,
    })
  })
}

test('a leg is on hold, or muted, until that is taken back, or has ended', () => {
  const talking = redirected.slice(0, 4)
  const held: CallEvent = { ...about, type: 'leg.held' }
  const mutedAfter = (...events: readonly CallEvent[]) => projectCall([...talking, ...events]).legs.second.muted
  const heldAfter = (...events: readonly CallEvent[]) => projectCall([...talking, ...events]).legs.second.held
  const muted: CallEvent = { ...about, type: 'leg.muted' }
  assert.deepEqual([mutedAfter(muted), mutedAfter(muted, { ...about, type: 'leg.unmuted' })], [true, undefined])
  assert.deepEqual(
    [heldAfter(), heldAfter(held), heldAfter(held, { ...about, type: 'leg.resumed' })],
    [undefined, true, undefined],
  )
  assert.equal(
    'held' in projectCall([...talking, held, { ...about, type: 'leg.ended', cause: 'completed' }]).legs.second,
    false,
  )
})

test('a leg tells who was on it, the last twenty of them', () => {
  const numbers = Array.from({ length: 30 }, (_, index) => String(200 + index))
  const { second } = projectCall([
    ...redirected.slice(0, 4),
    ...numbers.flatMap((number): CallEvent[] => [
      { ...about, type: 'call.redirected', destination: { kind: 'line', number } },
      { ...about, type: 'leg.ended', cause: 'completed' },
      { ...about, type: 'leg.dialled' },
    ]),
  ]).legs
  assert.deepEqual(second.destination, { kind: 'line', number: '229' })
  assert.deepEqual(second.released?.map(nameOfDestination), numbers.slice(9, 29))
})
