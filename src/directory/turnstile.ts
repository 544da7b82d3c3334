/** So many are waiting already that another would wait for nothing. HTTP's word for it is 503. */
export class BusyError extends Error {
  readonly statusCode = 503

  constructor(message: string) {
    super(message)
    this.name = 'BusyError'
  }
}

/** Lets so many tasks run at once, has so many more wait for their turn in order, and turns the others away. */
export class Turnstile {
  readonly #atOnce: number
  readonly #longestQueue: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(atOnce: number, longestQueue: number) {
    this.#atOnce = atOnce
    this.#longestQueue = longestQueue
  }

  /** Rejects with {@link BusyError} where too many wait. */
  async pass<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#atOnce) {
      if (this.#waiting.length >= this.#longestQueue) throw new BusyError('Too many passwords are being checked')
      // Whoever leaves hands over its place.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#running++
    }
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
