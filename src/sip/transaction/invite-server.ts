import { createStep, type TransitionTable, to } from './transition-table.ts'

/**
 * The INVITE server transaction: RFC 3261 section 17.2.1 with the Accepted state of RFC 6026 section 7.1.
 *
 *                        start: 100 in 200 ms
 *                               │
 *     INVITE: repeat response ┌─┴────────┐ transport error
 *     200 ms: send 100        │proceeding├───────────────────┐
 *                             └┬────────┬┘                   │
 *             2xx from TU: send│        │300-699 from TU: send
 *                         ┌────┴───┐ ┌──┴──────┐             │
 *      ACK: pass to TU    │accepted│ │completed├─────────────┤
 *      2xx from TU: send  └────┬───┘ └──┬──────┘ timer H,    │
 *                              │    ACK │        transport   │
 *                              │ ┌──────┴──┐     error       │
 *                              │ │confirmed│                 │
 *                      timer L │ └──────┬──┘                 │
 *                              │        │ timer I ┌──────────┴┐
 *                              └────────┴─────────┤terminated │
 *                                                 └───────────┘
 */
export type InviteServerState = 'initial' | 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated'

export type InviteServerInput =
  | 'start'
  /** The same INVITE again. */
  | 'request'
  | 'ack'
  | 'respond1xx'
  | 'respond2xx'
  | 'respond300-699'
  | 'timer100'
  | 'timerG'
  | 'timerH'
  | 'timerI'
  | 'timerL'
  | 'transportError'
  | 'terminate'

export type InviteServerEffect =
  | 'passAck'
  | 'sendTrying'
  | 'sendResponse'
  | 'repeatResponse'
  | 'startTimer100'
  | 'startTimerG'
  | 'doubleTimerG'
  | 'startTimerH'
  | 'startTimerI'
  | 'startTimerL'
  | 'stopTimers'
  | 'reportTimeout'
  | 'reportTransportError'

const terminate = to<InviteServerState, InviteServerEffect>('terminated', 'stopTimers')

const table: TransitionTable<InviteServerState, InviteServerInput, InviteServerEffect> = {
  initial: {
    start: to('proceeding', 'startTimer100'),
    terminate,
  },
  proceeding: {
    request: to('proceeding', 'repeatResponse'),
    // RFC 3261 section 17.2.1: 100 unless the transaction user speaks within 200 ms.
    timer100: to('proceeding', 'sendTrying'),
    respond1xx: to('proceeding', 'stopTimers', 'sendResponse'),
    respond2xx: to('accepted', 'stopTimers', 'startTimerL', 'sendResponse'),
    'respond300-699': to('completed', 'stopTimers', 'startTimerH', 'startTimerG', 'sendResponse'),
    ack: to('proceeding'),
    transportError: to('terminated', 'stopTimers', 'reportTransportError'),
    terminate,
  },
  completed: {
    request: to('completed', 'repeatResponse'),
    timerG: to('completed', 'doubleTimerG', 'repeatResponse'),
    timerH: to('terminated', 'stopTimers', 'reportTimeout'),
    ack: to('confirmed', 'stopTimers', 'startTimerI'),
    respond1xx: to('completed'),
    respond2xx: to('completed'),
    'respond300-699': to('completed'),
    transportError: to('terminated', 'stopTimers', 'reportTransportError'),
    terminate,
  },
  confirmed: {
    request: to('confirmed'),
    ack: to('confirmed'),
    timerI: terminate,
    respond1xx: to('confirmed'),
    respond2xx: to('confirmed'),
    'respond300-699': to('confirmed'),
    transportError: to('confirmed'),
    terminate,
  },
  accepted: {
    // RFC 6026 section 7.1: repetitions are absorbed; the transaction user repeats its 2xx by its own timers.
    request: to('accepted'),
    ack: to('accepted', 'passAck'),
    respond1xx: to('accepted'),
    respond2xx: to('accepted', 'sendResponse'),
    'respond300-699': to('accepted'),
    timerL: terminate,
    // RFC 6026 section 7.1: tells of it, and stays; a later copy of the 2xx may get through.
    transportError: to('accepted', 'reportTransportError'),
    terminate,
  },
  terminated: {
    request: to('terminated'),
    ack: to('terminated'),
    respond1xx: to('terminated'),
    respond2xx: to('terminated'),
    'respond300-699': to('terminated'),
    transportError: to('terminated'),
    terminate: to('terminated'),
  },
}

export const stepInviteServer = createStep('INVITE server transaction', table)
