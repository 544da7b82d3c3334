import { createStep, type TransitionTable, to } from '../transaction/transition-table.ts'

/**
 * An INVITE that we sent (RFC 3261 section 13.2), over all its attempts.
 *
 *     ┌─────────┐  1xx  ┌────────────┐ 2xx ┌──────────┐
 *     │ calling ├───────┤ proceeding ├─────┤ answered │
 *     └─┬─────┬─┘       └──┬──────┬──┘     └──────────┘
 *       │     └ challenge ─┘      │ cancel: CANCEL
 *       │ cancel                  │
 *     ┌─┴────────────┐  1xx: ┌────┴───────┐ 300-699, 2xx: ACK and BYE, none in 64·T1 ┌────────┐
 *     │ cancel-waits ├───────┤ cancelling ├──────────────────────────────────────────┤ failed │
 *     └──────────────┘ CANCEL└────────────┘                                          └────────┘
 *
 * What may happen in each:
 *
 * - `calling`: nobody has responded to the newest attempt. There is nothing yet that a CANCEL could meet (section 9.1).
 * - `cancel-waits`: given up in `calling`; the first provisional response lets the CANCEL go.
 * - `proceeding`: a provisional response has come; CANCEL may be sent, and a challenge starts the next attempt.
 * - `cancelling`: CANCEL is sent. A 2xx that crossed it is acknowledged and ended.
 * - `answered`: the first 2xx has made the session. The 2xx of every other fork is acknowledged and ended (section 13.2.2.4).
 * - `failed`: the owner knows that nothing came of it. A late 2xx is acknowledged and ended.
 */
export type OutgoingInviteState = 'calling' | 'cancel-waits' | 'proceeding' | 'cancelling' | 'answered' | 'failed'

export type OutgoingInviteInput =
  | 'provisional'
  /** A challenge that can be answered. */
  | 'challenge'
  /** The 2xx of a fork that had none before. */
  | 'answer'
  /** 300 to 699, a timeout, a transport error, or 64·T1 without a final response after the CANCEL. */
  | 'failure'
  | 'cancel'
  | 'abandon'

export type OutgoingInviteEffect =
  | 'tellProvisional'
  | 'sendNextAttempt'
  | 'sendCancel'
  | 'takeAnswer'
  /** ACK, then BYE. */
  | 'endAnswer'
  | 'hangUp'
  | 'tellFailed'
  | 'tellCancelled'

const answered = to<OutgoingInviteState, OutgoingInviteEffect>('answered')
const failed = to<OutgoingInviteState, OutgoingInviteEffect>('failed')
const cancelled = to<OutgoingInviteState, OutgoingInviteEffect>('failed', 'tellCancelled')
const crossed = to<OutgoingInviteState, OutgoingInviteEffect>('failed', 'endAnswer', 'tellCancelled')

const table: TransitionTable<OutgoingInviteState, OutgoingInviteInput, OutgoingInviteEffect> = {
  calling: {
    provisional: to('proceeding', 'tellProvisional'),
    challenge: to('calling', 'sendNextAttempt'),
    answer: to('answered', 'takeAnswer'),
    failure: to('failed', 'tellFailed'),
    cancel: to('cancel-waits'),
    abandon: failed,
  },
  'cancel-waits': {
    provisional: to('cancelling', 'sendCancel'),
    challenge: cancelled,
    answer: crossed,
    failure: cancelled,
    cancel: to('cancel-waits'),
    abandon: failed,
  },
  proceeding: {
    provisional: to('proceeding', 'tellProvisional'),
    challenge: to('calling', 'sendNextAttempt'),
    answer: to('answered', 'takeAnswer'),
    failure: to('failed', 'tellFailed'),
    cancel: to('cancelling', 'sendCancel'),
    abandon: failed,
  },
  cancelling: {
    provisional: to('cancelling'),
    challenge: cancelled,
    answer: crossed,
    failure: cancelled,
    cancel: to('cancelling'),
    abandon: failed,
  },
  answered: {
    provisional: answered,
    challenge: answered,
    answer: to('answered', 'endAnswer'),
    failure: answered,
    cancel: to('answered', 'hangUp'),
    abandon: failed,
  },
  failed: {
    provisional: failed,
    challenge: failed,
    answer: to('failed', 'endAnswer'),
    failure: failed,
    cancel: failed,
    abandon: failed,
  },
}

export const stepOutgoingInvite = createStep('outgoing INVITE', table)
