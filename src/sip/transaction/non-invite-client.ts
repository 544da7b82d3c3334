import { createStep, type TransitionTable, to } from './transition-table.ts'

/**
 * The non-INVITE client transaction (RFC 3261 section 17.1.2).
 *
 *                start: send request
 *                       │
 *     timer E: repeat ┌─┴────┐ timer F, transport error
 *                     │trying├───────────────────────────┐
 *                     └┬───┬─┘                           │
 *                  1xx │   │ 200-699                     │
 *     timer E: ┌───────┴──┐│                             │
 *     repeat   │proceeding├───── timer F, transport ─────┤
 *              └───────┬──┘│     error                   │
 *              200-699 │   │                             │
 *                  ┌───┴───┴─┐  timer K          ┌───────┴──┐
 *                  │completed├───────────────────┤terminated│
 *                  └─────────┘                   └──────────┘
 */
export type NonInviteClientState = 'initial' | 'trying' | 'proceeding' | 'completed' | 'terminated'

export type NonInviteClientInput =
  | 'start'
  | '1xx'
  | '200-699'
  | 'timerE'
  | 'timerF'
  | 'timerK'
  | 'transportError'
  | 'terminate'

export type NonInviteClientEffect =
  | 'sendRequest'
  | 'passResponse'
  | 'startTimerE'
  | 'doubleTimerE'
  | 'restartTimerEAtT2'
  | 'startTimerF'
  | 'startTimerK'
  | 'stopTimers'
  | 'reportTimeout'
  | 'reportTransportError'

const complete = to<NonInviteClientState, NonInviteClientEffect>(
  'completed',
  'stopTimers',
  'startTimerK',
  'passResponse',
)
const timeOut = to<NonInviteClientState, NonInviteClientEffect>('terminated', 'stopTimers', 'reportTimeout')
const fail = to<NonInviteClientState, NonInviteClientEffect>('terminated', 'stopTimers', 'reportTransportError')
const terminate = to<NonInviteClientState, NonInviteClientEffect>('terminated', 'stopTimers')

const table: TransitionTable<NonInviteClientState, NonInviteClientInput, NonInviteClientEffect> = {
  initial: {
    start: to('trying', 'startTimerF', 'startTimerE', 'sendRequest'),
    transportError: fail,
    terminate,
    '1xx': to('initial'),
    '200-699': to('initial'),
  },
  trying: {
    timerE: to('trying', 'doubleTimerE', 'sendRequest'),
    timerF: timeOut,
    '1xx': to('proceeding', 'passResponse'),
    '200-699': complete,
    transportError: fail,
    terminate,
  },
  proceeding: {
    timerE: to('proceeding', 'restartTimerEAtT2', 'sendRequest'),
    timerF: timeOut,
    '1xx': to('proceeding', 'passResponse'),
    '200-699': complete,
    transportError: fail,
    terminate,
  },
  completed: {
    // Timer K waits for repetitions, to keep them from the transaction user.
    '1xx': to('completed'),
    '200-699': to('completed'),
    timerK: terminate,
    transportError: to('completed'),
    terminate,
  },
  terminated: {
    '1xx': to('terminated'),
    '200-699': to('terminated'),
    transportError: to('terminated'),
    terminate: to('terminated'),
  },
}

export const stepNonInviteClient = createStep('non-INVITE client transaction', table)
