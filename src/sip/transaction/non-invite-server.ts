import { createStep, type TransitionTable, to } from './transition-table.ts'

/**
 * The non-INVITE server transaction (RFC 3261 section 17.2.2).
 *
 *                      start
 *                       │
 *                    ┌──┴───┐ timer F of the client
 *                    │trying├────────────────────────────┐
 *                    └┬───┬─┘                            │
 *        1xx from TU: │   │ 200-699 from TU: send        │
 *        send ┌───────┴──┐│                              │
 *             │proceeding├─── timer F of the client, ────┤
 *             └───────┬──┘│   transport error            │
 *        200-699: send│   │                              │
 *                 ┌───┴───┴─┐ timer J,           ┌───────┴──┐
 *                 │completed├────────────────────┤terminated│
 *                 └─────────┘ transport error    └──────────┘
 *
 * Beyond the RFC, a transaction that its user never answers ends when the client's timer F must have fired: nobody listens any
 * more (RFC 4320 section 4.2), and it would stay for ever.
 */
export type NonInviteServerState = 'initial' | 'trying' | 'proceeding' | 'completed' | 'terminated'

export type NonInviteServerInput =
  | 'start'
  /** The same request again. */
  | 'request'
  | 'respond1xx'
  | 'respond200-699'
  | 'timerF'
  | 'timerJ'
  | 'transportError'
  | 'terminate'

export type NonInviteServerEffect =
  | 'sendResponse'
  | 'repeatResponse'
  | 'startTimerF'
  | 'startTimerJ'
  | 'stopTimers'
  | 'reportTimeout'
  | 'reportTransportError'

const terminate = to<NonInviteServerState, NonInviteServerEffect>('terminated', 'stopTimers')
const giveUp = to<NonInviteServerState, NonInviteServerEffect>('terminated', 'stopTimers', 'reportTimeout')
const complete = to<NonInviteServerState, NonInviteServerEffect>(
  'completed',
  'stopTimers',
  'startTimerJ',
  'sendResponse',
)
const fail = to<NonInviteServerState, NonInviteServerEffect>('terminated', 'stopTimers', 'reportTransportError')

const table: TransitionTable<NonInviteServerState, NonInviteServerInput, NonInviteServerEffect> = {
  initial: {
    start: to('trying', 'startTimerF'),
    terminate,
  },
  trying: {
    request: to('trying'),
    respond1xx: to('proceeding', 'sendResponse'),
    'respond200-699': complete,
    timerF: giveUp,
    terminate,
  },
  proceeding: {
    request: to('proceeding', 'repeatResponse'),
    respond1xx: to('proceeding', 'sendResponse'),
    'respond200-699': complete,
    timerF: giveUp,
    transportError: fail,
    terminate,
  },
  completed: {
    request: to('completed', 'repeatResponse'),
    respond1xx: to('completed'),
    'respond200-699': to('completed'),
    timerJ: terminate,
    transportError: fail,
    terminate,
  },
  terminated: {
    request: to('terminated'),
    respond1xx: to('terminated'),
    'respond200-699': to('terminated'),
    transportError: to('terminated'),
    terminate: to('terminated'),
  },
}

export const stepNonInviteServer = createStep('non-INVITE server transaction', table)
