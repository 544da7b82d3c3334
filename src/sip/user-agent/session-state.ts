import { createStep, type TransitionTable, to } from '../transaction/transition-table.ts'

/**
 * The INVITE usage of a dialog (RFC 3261 sections 13 to 15, RFC 5057).
 *
 *          ┌───────┐ answered    ┌──────────┐
 *          │ early ├─────────────┤ owes-ack ├──────────────┐ bye, lost: ACK, then BYE
 *          └┬────┬─┘             └────┬─────┘              │
 *  peer BYE │    │ accept             │ acknowledge        │
 *           │    │                    │                    │
 *           │ ┌──┴─────────┐ ACK ┌────┴──────┐ bye, lost   │
 *           │ │ awaits-ack ├─────┤ confirmed ├───────────┐ │
 *           │ └┬─────┬─────┘     └─┬───┬─────┘           │ │
 *           │  │ bye └─────────────┘   │        ┌────────┴─┴┐
 *           │  │    re-INVITE accepted │        │  ending   │ our BYE is under way
 *           │ ┌┴────────┐ ACK, none    │        └──┬─────┬──┘
 *           │ │ leaving ├──────────────┼───────────┘     │ its outcome
 *           │ └────┬────┘              │ peer BYE        │
 *           └──────┴───────────────────┴─────────────────┤
 *                                                      ┌─┴──┐
 *                                                      │over│
 *                                                      └────┘
 *
 * What may happen in each:
 *
 * - `early`: the INVITE has no final response. The peer may send PRACK (RFC 3262), UPDATE (RFC 3311) and INFO; a re-INVITE gets
 *   500 (RFC 3261 section 14.2). Our side does not send BYE here: it cancels or refuses the INVITE.
 * - `owes-ack`: the peer has answered, and we have not confirmed it. A new offer of the peer gets 491 (section 14.2), and nothing
 *   of ours goes out before the ACK.
 * - `awaits-ack`: our 2xx, to the first INVITE or to a later one, is repeated until its ACK (section 13.3.1.4). A second INVITE gets
 *   500; ours has to wait.
 * - `confirmed`: everything may happen, one offer at a time (RFC 3264 section 4).
 * - `leaving`: our side has hung up. Section 15: no BYE before the ACK of our 2xx.
 * - `ending`: our BYE has no final response yet. The peer may send its own BYE, and gets 200; all else gets 481.
 * - `over`: nothing more is sent but the ACK of a 2xx that is repeated.
 */
export type SessionState = 'early' | 'owes-ack' | 'awaits-ack' | 'confirmed' | 'leaving' | 'ending' | 'over'

export type SessionInput =
  /** A 2xx has come to the INVITE that we sent. */
  | 'answered'
  /** The owner confirms that 2xx. */
  | 'acknowledge'
  /** A 2xx of ours goes out. */
  | 'accept'
  | 'ackReceived'
  /** Our 2xx has had no ACK for 64·T1. */
  | 'ackMissing'
  | 'bye'
  /** The peer has lost the dialog (RFC 3261 section 12.2.1.2: 481, 408 or no response). */
  | 'lost'
  | 'byeReceived'
  /** Our BYE has its final response, or will never have one. */
  | 'byeDone'
  | 'abandon'

export type SessionEffect =
  | 'startPatience'
  | 'sendAck'
  | 'sendBye'
  | 'tellLocal'
  | 'tellRemote'
  | 'tellLost'
  | 'tellEarlyEnd'
  | 'finish'
  | 'leave'

const abandon = to<SessionState, SessionEffect>('over', 'leave')
const stay = {
  ending: to<SessionState, SessionEffect>('ending'),
  leaving: to<SessionState, SessionEffect>('leaving'),
  over: to<SessionState, SessionEffect>('over'),
}

const table: TransitionTable<SessionState, SessionInput, SessionEffect> = {
  early: {
    answered: to('owes-ack', 'startPatience'),
    accept: to('awaits-ack'),
    byeReceived: to('over', 'tellEarlyEnd'),
    acknowledge: to('early'),
    bye: to('early'),
    // The final response of the INVITE says how it stands.
    lost: to('early'),
    abandon,
  },
  'owes-ack': {
    acknowledge: to('confirmed', 'sendAck'),
    bye: to('ending', 'sendAck', 'tellLocal', 'sendBye'),
    lost: to('ending', 'sendAck', 'tellLost', 'sendBye'),
    // RFC 3261 section 13.2.2.4: the peer hears the ACK of its 2xx even so, and need not repeat it for half a minute.
    byeReceived: to('over', 'sendAck', 'tellRemote', 'finish'),
    abandon,
  },
  'awaits-ack': {
    ackReceived: to('confirmed'),
    ackMissing: to('ending', 'tellLost', 'sendBye'),
    acknowledge: to('awaits-ack'),
    bye: to('leaving', 'tellLocal'),
    lost: to('ending', 'tellLost', 'sendBye'),
    byeReceived: to('over', 'tellRemote', 'finish'),
    abandon,
  },
  confirmed: {
    accept: to('awaits-ack'),
    acknowledge: to('confirmed'),
    // RFC 3261 section 15.1.1: the session is over as soon as the BYE is handed on; any outcome ends the dialog.
    bye: to('ending', 'tellLocal', 'sendBye'),
    // The BYE is for the case that the peer has not lost it.
    lost: to('ending', 'tellLost', 'sendBye'),
    byeReceived: to('over', 'tellRemote', 'finish'),
    abandon,
  },
  leaving: {
    ackReceived: to('ending', 'sendBye'),
    ackMissing: to('ending', 'sendBye'),
    acknowledge: stay.leaving,
    bye: stay.leaving,
    lost: stay.leaving,
    // Ours waits for an ACK that may never come, and is no longer needed.
    byeReceived: to('over', 'finish'),
    abandon,
  },
  ending: {
    byeDone: to('over', 'finish'),
    acknowledge: stay.ending,
    bye: stay.ending,
    lost: stay.ending,
    byeReceived: stay.ending,
    abandon,
  },
  over: {
    byeDone: stay.over,
    acknowledge: stay.over,
    bye: stay.over,
    lost: stay.over,
    byeReceived: stay.over,
    abandon: stay.over,
  },
}

export const stepSession = createStep('session', table)

/** The session is over for its owner: the peer gets 481 to everything but a BYE. */
export const isEnded = (state: SessionState): boolean => state === 'leaving' || state === 'ending' || state === 'over'

/** A 2xx of ours is being repeated. */
export const awaitsAck = (state: SessionState): boolean => state === 'awaits-ack' || state === 'leaving'
