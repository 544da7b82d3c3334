/** A pending timer; opaque to its holder. */
export interface Timer {
  readonly unref?: () => unknown
}

/**
 * The one source of time. Everything that waits or stamps takes a Clock, so that tests run in virtual time.
 */
export interface Clock {
  /** Wall-clock time, milliseconds since the Unix epoch. It may be set, forward and back. */
  now(): number
  /** Time that never goes back, in milliseconds from an arbitrary start; for durations and latencies. */
  monotonic(): number
  /** Calls `task` once, `delayMilliseconds` from now by `monotonic()`: perhaps later, never earlier. Any length will do. */
  setTimeout(task: () => void, delayMilliseconds: number): Timer
  clearTimeout(timer: Timer | undefined): void
}

/** A longer delay makes Node's timer fire at once. */
const longestNodeTimer = 2 ** 31 - 1

/**
 * Node's timer counts whole milliseconds of a clock of its own, so that it fires up to a millisecond or two before `monotonic()`
 * says so. This one looks again.
 */
class SystemTimer implements Timer {
  readonly #task: () => void
  readonly #due: number
  #timeout: NodeJS.Timeout

  constructor(task: () => void, delayMilliseconds: number) {
    this.#task = task
    this.#due = performance.now() + delayMilliseconds
    this.#timeout = setTimeout(SystemTimer.#look, Math.min(delayMilliseconds, longestNodeTimer), this)
  }

  unref(): void {
    this.#timeout.unref()
  }

  clear(): void {
    clearTimeout(this.#timeout)
  }

  static #look(timer: SystemTimer): void {
    const remaining = timer.#due - performance.now()
    if (remaining > 0) timer.#sleep(remaining)
    else timer.#task()
  }

  #sleep(milliseconds: number): void {
    const keepsAlive = this.#timeout.hasRef()
    this.#timeout = setTimeout(SystemTimer.#look, Math.min(milliseconds, longestNodeTimer), this)
    if (!keepsAlive) this.#timeout.unref()
  }
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (task, delayMilliseconds) => new SystemTimer(task, delayMilliseconds),
  clearTimeout: (timer) => (timer as SystemTimer | undefined)?.clear(),
}

/** A wall clock that is set forward, or a machine that slept, is noticed within this time. */
const longestSleepMilliseconds = 60_000

/**
 * Calls `task` once when the wall clock has come to `due` (milliseconds since the epoch), never before it, and never before this
 * function has returned. A timer alone cannot promise that: it counts elapsed time, and the wall clock may be set meanwhile.
 * The result cancels it.
 */
export function callWhenDue(clock: Clock, due: number, task: () => void): () => void {
  const look = (): void => {
    if (clock.now() >= due) task()
    else sleep()
  }
  const sleep = (): void => {
    timer = clock.setTimeout(look, Math.min(Math.max(0, due - clock.now()), longestSleepMilliseconds))
  }
  let timer: Timer | undefined
  sleep()
  return () => clock.clearTimeout(timer)
}
