/** The estimates that every timer follows from, in milliseconds (RFC 3261 section 17.1.1.1 and table 4). */
export interface TimerSettings {
  /** Round trip. */
  readonly t1: number
  /** Longest interval between repetitions of a non-INVITE request or of a response to INVITE. */
  readonly t2: number
  /** Longest time that a message stays in the network. */
  readonly t4: number
  /**
   * How long an INVITE may ring after its last provisional response; more than three minutes. Only proxies must have it (RFC 3261
   * section 16.6 step 11); here it ends what a transaction user forgot.
   */
  readonly timerC: number
  /** RFC 3261 section 17.2.1: the transaction user has so long before 100 goes out in its place. */
  readonly trying: number
}

export const defaultTimerSettings: TimerSettings = { t1: 500, t2: 4000, t4: 5000, timerC: 600_000, trying: 200 }
