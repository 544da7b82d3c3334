/** A pending timer; opaque to its holder. */
export interface Timer {
  readonly unref?: () => unknown
}

/**
 * The one source of time. Everything that waits or stamps takes a Clock, so that tests run in virtual time.
 */
export interface Clock {
  /** Wall-clock time, milliseconds since the Unix epoch. */
  now(): number
  /** Time that never goes back, in milliseconds from an arbitrary start; for durations and latencies. */
  monotonic(): number
  /** Calls `task` once, `delayMilliseconds` from now. */
  setTimeout(task: () => void, delayMilliseconds: number): Timer
  clearTimeout(timer: Timer | undefined): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (task, delayMilliseconds) => setTimeout(task, delayMilliseconds),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
}
