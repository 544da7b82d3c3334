import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CallEvent } from '../../call/call-event.ts'
import type { CallRequest } from '../../call/call-request.ts'
import { applyCallEvent, projectCall } from '../../call/project-call.ts'
import { renderEvent } from './render-event.ts'

const start = 1_790_000_000_000
const recovery = { driver: 'fake', data: null }
const request: CallRequest = {
  account: 'acme',
  first: { target: { kind: 'line', value: '101' } },
  second: { target: { kind: 'dial', value: '0412345678' }, callerId: { name: 'A&B; "C"', number: '+61255501000' } },
  delaySeconds: 0,
  variables: {},
  origin: { dialect: 'enswitch', credential: 'alice@acme' },
}
const destinations = {
  first: { kind: 'line', number: '101' },
  second: { kind: 'number', number: '+61412345678' },
} as const

type Detail<Event> = Event extends CallEvent ? Omit<Event, 'callId' | 'at'> : never

/** Plays events, each so many seconds after the call's acceptance; the forms that the customer is posted. */
function post(...played: (readonly [seconds: number, detail: Detail<CallEvent>])[]): string[] {
  const accepted: CallEvent = { type: 'call.accepted', callId: 'c1', at: start, request, destinations }
  let call = projectCall([accepted])
  const forms = [renderEvent(accepted, call)]
  for (const [seconds, detail] of played) {
    const event = { ...detail, callId: 'c1', at: start + seconds * 1000 } as CallEvent
    call = applyCallEvent(call, event)
    forms.push(renderEvent(event, call))
  }
  return forms.flatMap((form) => (form === undefined ? [] : [String(form)]))
}

/** Whom the call has come to connect, unless a redirection has named another. */
const parties = 'direction=out&callerid_external=%2B61412345678&snumber=101&cnumber=0412345678&dnumber=%2B61412345678'
/** The party outside was let go for line 102: the call had left the house all the same. */
const takenOver = 'direction=out&callerid_external=%2B61412345678&snumber=101&cnumber=0412345678&dnumber=102'

const form = (
  ...[event, seconds, leg, status, talktime, totaltime, extension = '101', between = parties]: readonly [
    ...[event: string, seconds: string, leg: 1 | 2, status: string, talktime: number, totaltime: number],
    ...[extension?: string, between?: string],
  ]
) =>
  `class=call&event=${event}&timestamp=${start / 1000 + Math.floor(Number(seconds))}.${seconds.split('.')[1]}` +
  `&callid=c1&uniqueid=${leg === 1 ? 'c1' : 'c1.2'}&status=${status}` +
  `&${between}&extension=${extension}` +
  `&talktime=${talktime}&totaltime=${totaltime}`

/** Both parties talk from the tenth second on. */
const talking: readonly (readonly [number, Detail<CallEvent>])[] = [
  [0, { type: 'leg.dialled', leg: 'first', recovery }],
  [2, { type: 'leg.answered', leg: 'first', recovery }],
  [2, { type: 'leg.dialled', leg: 'second', recovery }],
  [10, { type: 'leg.answered', leg: 'second', recovery }],
  [10, { type: 'call.bridged' }],
]
const talkingForms = 4

describe("the customer's event posts", () => {
  it('of a call whose parties talk', () => {
    assert.deepEqual(
      post(
        [1.5, { type: 'leg.dialled', leg: 'first', recovery }],
        [2, { type: 'leg.ringing', leg: 'first' }],
        [4.25, { type: 'leg.answered', leg: 'first', recovery }],
        [4.25, { type: 'leg.dialled', leg: 'second', recovery }],
        [10, { type: 'leg.answered', leg: 'second', recovery }],
        [10, { type: 'call.bridged' }],
        [40, { type: 'call.ending', cause: 'completed', endedBy: 'second' }],
        [40, { type: 'leg.ended', leg: 'second', cause: 'completed' }],
        [41, { type: 'leg.ended', leg: 'first', cause: 'completed' }],
        [41, { type: 'call.ended', cause: 'completed', endedBy: 'second' }],
      ),
      [
        form('start', '1.500000', 1, 'Calling', 0, 0),
        form('answer', '4.250000', 1, 'Answer', 0, 3),
        form('start', '4.250000', 2, 'Calling', 0, 0),
        form('answer', '10.000000', 2, 'Answer', 0, 6),
        form('end', '40.000000', 2, 'Hangup', 30, 36),
        form('end', '41.000000', 1, 'Hangup', 31, 40),
      ],
    )
  })
  it('of a call whose parties never talk', () => {
    assert.deepEqual(
      post(
        [0, { type: 'leg.dialled', leg: 'first', recovery }],
        [3, { type: 'leg.answered', leg: 'first', recovery }],
        [3, { type: 'leg.dialled', leg: 'second', recovery }],
        [5, { type: 'leg.dialled', leg: 'second', recovery }],
        [20, { type: 'leg.ended', leg: 'second', cause: 'no-answer' }],
        [20, { type: 'leg.ended', leg: 'first', cause: 'no-answer' }],
        [20, { type: 'call.ended', cause: 'no-answer', endedBy: 'second' }],
      ),
      [
        form('start', '0.000000', 1, 'Calling', 0, 0),
        form('answer', '3.000000', 1, 'Answer', 0, 3),
        // Over a second trunk it is still the same leg.
        form('start', '3.000000', 2, 'Calling', 0, 0),
        form('end', '20.000000', 2, 'Abandon', 0, 17),
        form('end', '20.000000', 1, 'Abandon', 0, 20),
      ],
    )
  })
  it('of a call whose first party does not answer', () => {
    assert.deepEqual(
      post(
        [0, { type: 'leg.dialled', leg: 'first', recovery }],
        [1, { type: 'leg.ringing', leg: 'first' }],
        [30, { type: 'leg.ended', leg: 'first', cause: 'no-answer' }],
        [30, { type: 'call.ended', cause: 'no-answer', endedBy: 'first' }],
      ),
      [form('start', '0.000000', 1, 'Calling', 0, 0), form('end', '30.000000', 1, 'Abandon', 0, 30)],
    )
  })
  it('of a call whose calling party is sent away for another', () => {
    assert.deepEqual(
      post(
        ...talking,
        [20, { type: 'call.redirected', leg: 'first', destination: { kind: 'line', number: '102' } }],
        [20, { type: 'leg.ended', leg: 'first', cause: 'completed' }],
        [20, { type: 'leg.dialled', leg: 'first', recovery }],
        [25, { type: 'leg.answered', leg: 'first', recovery }],
        [25, { type: 'call.bridged' }],
        [30, { type: 'leg.ended', leg: 'first', cause: 'completed' }],
        [30, { type: 'leg.ended', leg: 'second', cause: 'completed' }],
      ).slice(talkingForms),
      [
        form('end', '20.000000', 1, 'Hangup', 10, 20),
        form('start', '20.000000', 1, 'Calling', 0, 0, '102'),
        form('answer', '25.000000', 1, 'Answer', 0, 5, '102'),
        form('end', '30.000000', 1, 'Hangup', 5, 10, '102'),
        form('end', '30.000000', 2, 'Hangup', 20, 28, '102'),
      ],
    )
  })
  it('of a call that is redirected to who does not answer: nobody talked on that leg', () => {
    assert.deepEqual(
      post(
        ...talking,
        [20, { type: 'call.redirected', leg: 'second', destination: { kind: 'line', number: '102' } }],
        [20, { type: 'leg.ended', leg: 'second', cause: 'completed' }],
        [20, { type: 'leg.dialled', leg: 'second', recovery }],
        [50, { type: 'leg.ended', leg: 'second', cause: 'no-answer' }],
        [50, { type: 'leg.ended', leg: 'first', cause: 'no-answer' }],
      ).slice(talkingForms),
      [
        form('end', '20.000000', 2, 'Hangup', 10, 18),
        form('start', '20.000000', 2, 'Calling', 0, 0, '102', takenOver),
        form('end', '50.000000', 2, 'Abandon', 0, 30, '102', takenOver),
        form('end', '50.000000', 1, 'Hangup', 40, 50, '101', takenOver),
      ],
    )
  })
  it('of a call that is cancelled before it is made: none', () => {
    assert.deepEqual(
      post([0, { type: 'call.scheduled', dueAt: start + 60_000 }], [5, { type: 'call.ended', cause: 'cancelled' }]),
      [],
    )
  })
})
