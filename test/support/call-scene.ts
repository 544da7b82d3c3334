import type { CallEvent, LegRecovery } from '../../src/call/call-event.ts'
import type { CallRequest } from '../../src/call/call-request.ts'

/** What happens to a call; which call, and when, is the test's to say. */
export type EventDetail = CallEvent extends infer Event
  ? Event extends CallEvent
    ? Omit<Event, 'callId' | 'at'>
    : never
  : never

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
