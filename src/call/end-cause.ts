/**
 * The closed catalogue of end causes: why a call, or a leg, came to its end. Each knows its own verdict, so that no caller
 * has to guess: the SIP status (RFC 3261 section 21), the Q.850 cause, whether a retry may help, and what a person can do.
 */
export type EndCause =
  | 'completed'
  | 'busy'
  | 'rejected'
  | 'no-answer'
  | 'unavailable'
  | 'invalid-number'
  | 'barred'
  | 'screened-out'
  | 'credit-exhausted'
  | 'cancelled'
  | 'congestion'
  | 'carrier-refused'
  | 'media-failed'
  | 'interrupted'
  | 'failed'

export interface EndCauseEntry {
  /** The final SIP status that says the same; 200 where the call simply ended. */
  readonly sipStatus: number
  /** ITU-T Q.850 cause value. */
  readonly q850: number
  /** Whether dialling the same party again later, or over another trunk, can help. */
  readonly retryable: boolean
  /** One sentence for a person: what happened and what to fix. */
  readonly advice: string
}

export const endCauses: Readonly<Record<EndCause, EndCauseEntry>> = {
  completed: {
    sipStatus: 200,
    q850: 16,
    retryable: false,
    advice: 'The call was answered and ended normally; nothing to fix.',
  },
  busy: { sipStatus: 486, q850: 17, retryable: true, advice: 'The party is on another call; try again later.' },
  rejected: {
    sipStatus: 603,
    q850: 21,
    retryable: false,
    advice: 'The party declined the call; respect that and do not redial automatically.',
  },
  'no-answer': {
    sipStatus: 480,
    q850: 19,
    retryable: true,
    advice: 'The phone rang but nobody answered in time; try later or allow a longer ring time.',
  },
  unavailable: {
    sipStatus: 480,
    q850: 20,
    retryable: true,
    advice: 'The phone is not registered or not reachable; check its power, network and SIP account.',
  },
  'invalid-number': {
    sipStatus: 404,
    q850: 28,
    retryable: false,
    advice: 'The number does not exist or is not complete; check it, with its country and area code.',
  },
  barred: {
    sipStatus: 403,
    q850: 57,
    retryable: false,
    advice: 'This account may not call that number; change its rate plan or permissions if it should.',
  },
  'screened-out': {
    sipStatus: 603,
    q850: 21,
    retryable: false,
    advice: 'The party heard who was calling and did not accept the call.',
  },
  'credit-exhausted': {
    sipStatus: 402,
    q850: 21,
    retryable: false,
    advice: 'The credit for this call ran out; top up the account or the card.',
  },
  cancelled: {
    sipStatus: 487,
    q850: 16,
    retryable: true,
    advice: 'The call was cancelled, or the first party hung up, before the second party answered.',
  },
  congestion: {
    sipStatus: 503,
    q850: 42,
    retryable: true,
    advice:
      'The trunk or the network was full, in trouble or not reached; the attempts say which. Try again, or add another trunk.',
  },
  'carrier-refused': {
    sipStatus: 403,
    q850: 21,
    retryable: false,
    advice:
      "The carrier refused the call; its status and words stand in the leg's attempts. Fix what they name, or add another trunk.",
  },
  'media-failed': {
    sipStatus: 488,
    q850: 65,
    retryable: false,
    advice:
      'The parties share no codec, no media port was free, or nothing was heard of a party for calls.silentSeconds; check the codec lists, the media port range, and whether RTP reaches the server.',
  },
  interrupted: {
    sipStatus: 500,
    q850: 41,
    retryable: true,
    advice: 'The server stopped while the call was up; place the call again if it is still wanted.',
  },
  failed: {
    sipStatus: 500,
    q850: 31,
    retryable: true,
    advice: 'The call failed for a technical reason; the events of the call and the server log tell which.',
  },
}
