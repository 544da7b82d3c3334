import type { Call, LegName } from '../../call/call.ts'
import type { CallEvent } from '../../call/call-event.ts'
import { nameOfDestination } from '../../call/destination.ts'
import { callFields, directionOf, extensionOf, talkSeconds, totalSeconds, uniqueIdOf } from './call-fields.ts'
import { type Status, statusOfLegEnd } from './map-end-cause.ts'

/**
 * The form that the customer's "send events to URL" is posted when `event` has made `call` what it is. Each leg starts, may be
 * answered, and ends; undefined for what this vendor has no event for. Pure.
 */
export function renderEvent(event: CallEvent, call: Call): URLSearchParams | undefined {
  switch (event.type) {
    case 'leg.dialled':
      // The next trunk, or the next member of a queue, is still the same leg.
      return call.legs[event.leg].dialledAt === event.at ? render('start', 'Calling', event, call) : undefined
    case 'leg.answered':
      return render('answer', 'Answer', event, call)
    case 'leg.ended':
      return render('end', statusOfLegEnd(call, event.leg), event, call)
    default:
      return undefined
  }
}

const render = (
  name: 'start' | 'answer' | 'end',
  status: Status,
  { at, callId, leg }: { readonly at: number; readonly callId: string; readonly leg: LegName },
  call: Call,
): URLSearchParams =>
  new URLSearchParams({
    class: 'call',
    event: name,
    // The vendor's clock counts microseconds.
    timestamp: (at / 1000).toFixed(6),
    callid: callId,
    uniqueid: uniqueIdOf(callId, leg),
    status,
    direction: directionOf(call),
    ...callFields(call),
    // Where the call went in the end, whichever leg this is about.
    dnumber: nameOfDestination(call.legs.second.destination),
    extension: extensionOf(call, leg),
    talktime: String(talkSeconds(call, leg, at)),
    totaltime: String(totalSeconds(call, leg, at)),
  })
