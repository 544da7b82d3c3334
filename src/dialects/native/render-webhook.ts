import type { Call } from '../../call/call.ts'
import type { LoggedCallEvent } from '../../call/call-event.ts'
import { renderCall, renderEvent } from './render-call.ts'

/** What an address is posted of each event: the event, and the call as it was right after. */
export const renderWebhook = (event: LoggedCallEvent, call: Call): string =>
  JSON.stringify({ event: renderEvent(event), call: renderCall(call) })
