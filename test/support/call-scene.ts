import type { CallEvent, CallEventDetail, LegRecovery } from '../../src/call/call-event.ts'
import type { CallRequest } from '../../src/call/call-request.ts'

/** An ordinary request, line 101 of `acme` to line 102, but for what a test says otherwise. */
export const callRequest = (different: Partial<CallRequest> = {}): CallRequest => ({
  account: 'acme',
  first: { target: { kind: 'line', value: '101' } },
  second: { target: { kind: 'line', value: '102' } },
  delaySeconds: 0,
  variables: {},
  origin: { dialect: 'native', credential: 'crm' },
  ...different,
})

const destinations = { first: { kind: 'line', number: '101' }, second: { kind: 'line', number: '102' } } as const

/** The acceptance of that request. */
export const callAccepted = (callId: string, at = 1, request: CallRequest = callRequest()) =>
  ({ type: 'call.accepted', callId, at, request, destinations }) as const satisfies CallEvent

export const fakeRecovery = (data: unknown = 'how'): LegRecovery => ({ driver: 'fake', data })

/** Line 101 talks to a number outside, which is let go for line 102; the two lines talk, and the call ends. From second 0 to 30. */
export function callTakenOver(callId: string, start: number, request: CallRequest): readonly CallEvent[] {
  const outside = { kind: 'number', number: '+61412345678' } as const
  const course: readonly (readonly [second: number, detail: CallEventDetail])[] = [
    [0, { type: 'call.accepted', request, destinations: { first: destinations.first, second: outside } }],
    [0, { type: 'leg.dialled', leg: 'first', recovery: fakeRecovery() }],
    [2, { type: 'leg.answered', leg: 'first', recovery: fakeRecovery() }],
    [2, { type: 'leg.dialled', leg: 'second', recovery: fakeRecovery() }],
    [10, { type: 'leg.answered', leg: 'second', recovery: fakeRecovery() }],
    [10, { type: 'call.bridged' }],
    [20, { type: 'call.redirected', leg: 'second', destination: destinations.second }],
    [20, { type: 'leg.ended', leg: 'second', cause: 'completed' }],
    [20, { type: 'leg.dialled', leg: 'second', recovery: fakeRecovery() }],
    [25, { type: 'leg.answered', leg: 'second', recovery: fakeRecovery() }],
    [25, { type: 'call.bridged' }],
    [30, { type: 'leg.ended', leg: 'first', cause: 'completed' }],
    [30, { type: 'leg.ended', leg: 'second', cause: 'completed' }],
    [30, { type: 'call.ended', cause: 'completed', endedBy: 'first' }],
  ]
  return course.map(([second, detail]) => ({ ...detail, callId, at: start + second * 1000 }) as CallEvent)
}
