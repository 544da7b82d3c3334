import { createStep, type TransitionTable, to } from './transition-table.ts'

/**
 * The INVITE client transaction: RFC 3261 section 17.1.1 with the Accepted state of RFC 6026 section 7.2.
 *
 *                 start: send INVITE
 *                        │
 *      timer A: repeat ┌─┴───────┐ timer B, transport error
 *                      │ calling ├──────────────────────────┐
 *                      └┬───┬───┬┘                          │
 *                   1xx │   │   │ 300-699: send ACK         │
 *               ┌───────┴──┐│   │                           │
 *         ┌─────┤proceeding││   │                           │
 *     2xx │     └──┬───────┘│   │                           │
 *         │        │    2xx │   │                           │
 *     ┌───┴────┐   │ ┌──────┘ ┌─┴───────┐                   │
 *     │accepted├─────┘        │completed│ 300-699: send ACK │
 *     └───┬────┘   └──────────┤         │                   │
 *         │ timer M           └─┬───────┘                   │
 *         └───────────┐ timer D │                ┌──────────┴┐
 *                     └─────────┴────────────────┤terminated │
 *                                                └───────────┘
 */
export type InviteClientState = 'initial' | 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated'

export type InviteClientInput =
  | 'start'
  | '1xx'
  | '2xx'
  | '300-699'
  | 'timerA'
  | 'timerB'
  | 'timerC'
  | 'timerD'
  | 'timerM'
  | 'transportError'
  | 'terminate'

export type InviteClientEffect =
  | 'sendRequest'
  | 'sendAck'
  | 'passResponse'
  | 'startTimerA'
  | 'doubleTimerA'
  | 'startTimerB'
  | 'startTimerC'
  | 'startTimerD'
  | 'startTimerM'
  | 'stopTimers'
  | 'reportTimeout'
  | 'reportTransportError'

const accept = to<InviteClientState, InviteClientEffect>('accepted', 'stopTimers', 'startTimerM', 'passResponse')
const complete = to<InviteClientState, InviteClientEffect>(
  'completed',
  'stopTimers',
  'sendAck',
  'startTimerD',
  'passResponse',
)

const table: TransitionTable<InviteClientState, InviteClientInput, InviteClientEffect> = {
  initial: {
    start: to('calling', 'startTimerB', 'startTimerA', 'sendRequest'),
    // The name in the Request-URI could not be resolved.
    transportError: to('terminated', 'reportTransportError'),
    terminate: to('terminated'),
    // RFC 3261 section 17.1.3 matches a response by branch and method alone; one to what was never sent is forged.
    '1xx': to('initial'),
    '2xx': to('initial'),
    '300-699': to('initial'),
  },
  calling: {
    timerA: to('calling', 'doubleTimerA', 'sendRequest'),
    timerB: to('terminated', 'stopTimers', 'reportTimeout'),
    // From here the peer is trusted to answer in its own time: timers A and B end (RFC 3261 section 17.1.1.2).
    '1xx': to('proceeding', 'stopTimers', 'startTimerC', 'passResponse'),
    '2xx': accept,
    '300-699': complete,
    transportError: to('terminated', 'stopTimers', 'reportTransportError'),
    terminate: to('terminated', 'stopTimers'),
  },
  proceeding: {
    // RFC 3261 section 16.7 step 2: each provisional response gives the peer timer C anew.
    '1xx': to('proceeding', 'startTimerC', 'passResponse'),
    '2xx': accept,
    '300-699': complete,
    timerC: to('terminated', 'stopTimers', 'reportTimeout'),
    // An earlier copy of the INVITE has arrived: that a later one did not is no news.
    transportError: to('proceeding'),
    terminate: to('terminated', 'stopTimers'),
  },
  completed: {
    '1xx': to('completed'),
    // Beyond the RFC, which has no such edge: an answer that crossed the failure still makes a call at the peer, and whoever owns
    // the call must be able to end it.
    '2xx': to('completed', 'passResponse'),
    '300-699': to('completed', 'sendAck'),
    timerD: to('terminated', 'stopTimers'),
    // Beyond the RFC, which tells the transaction user of a lost ACK: it has its final response, and nothing follows one.
    transportError: to('terminated', 'stopTimers'),
    terminate: to('terminated', 'stopTimers'),
  },
  accepted: {
    '1xx': to('accepted'),
    // RFC 6026 section 7.2: forks and repetitions alike; the transaction user sends the ACK.
    '2xx': to('accepted', 'passResponse'),
    '300-699': to('accepted'),
    timerM: to('terminated', 'stopTimers'),
    transportError: to('accepted'),
    terminate: to('terminated', 'stopTimers'),
  },
  terminated: {
    '1xx': to('terminated'),
    '2xx': to('terminated'),
    '300-699': to('terminated'),
    transportError: to('terminated'),
    terminate: to('terminated'),
  },
}

export const stepInviteClient = createStep('INVITE client transaction', table)
