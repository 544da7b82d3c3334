import type { Unavailability } from '../call/unavailability.ts'

/** Whoever was turned away because others wait already is told to come back by then. */
const retryAfterSeconds = 2

/** So many are waiting already that another would wait for nothing. HTTP's word for it is 503. */
export class BusyError extends Error {
  readonly statusCode = 503
  readonly unavailable: Unavailability = { reason: 'busy', retryAfterSeconds }

  constructor() {
    super('Too many passwords are being checked')
    this.name = 'BusyError'
  }
}

interface Waiting {
  readonly go: () => void
  readonly turnAway: (error: BusyError) => void
}

export interface TurnstileOptions {
  /** How many tasks run at once. */
  readonly atOnce: number
  /** How many wait, in all lanes together. */
  readonly longestQueue: number
}

/** Where a task waits: in the lane of whoever brought it; those whom we know come before all strangers. */
export interface Place {
  readonly lane: string
  readonly isKnown: boolean
}

/**
 * Lets so many tasks run at once; of those that wait the lanes take turns, so that whoever brings a hundred waits for himself. When
 * the queue is full, the longest lane gives up its last.
 */
export class FairTurnstile {
  readonly #options: TurnstileOptions
  /** Each in the order of its turns. No lane is empty. */
  readonly #known = new Map<string, Waiting[]>()
  readonly #strangers = new Map<string, Waiting[]>()
  #running = 0
  #length = 0

  constructor(options: TurnstileOptions) {
    this.#options = options
  }

  /** Rejects with {@link BusyError} where too many wait. */
  async pass<Result>(place: Place, task: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#options.atOnce) await this.#wait(place)
    else this.#running++
    try {
      return await task()
    } finally {
      // Whoever leaves hands over its place.
      const next = this.#next(this.#known) ?? this.#next(this.#strangers)
      if (next === undefined) this.#running--
      else next.go()
    }
  }

  #wait({ lane, isKnown }: Place): Promise<void> {
    return new Promise((go, turnAway) => {
      const lanes = isKnown ? this.#known : this.#strangers
      if (this.#length >= this.#options.longestQueue) this.#makeRoom((lanes.get(lane)?.length ?? 0) + 1)
      const waiting = lanes.get(lane)
      if (waiting === undefined) lanes.set(lane, [{ go, turnAway }])
      else waiting.push({ go, turnAway })
      this.#length++
    })
  }

  /** Throws where no stranger's lane is longer than the newcomer's would be. */
  #makeRoom(ownLength: number): void {
    let longest: readonly [string, Waiting[]] | undefined
    for (const lane of this.#strangers) if (lane[1].length > (longest?.[1].length ?? 0)) longest = lane
    if (longest === undefined || longest[1].length < ownLength) throw new BusyError()
    const [name, waiting] = longest
    waiting.pop()?.turnAway(new BusyError())
    if (waiting.length === 0) this.#strangers.delete(name)
    this.#length--
  }

  #next(lanes: Map<string, Waiting[]>): Waiting | undefined {
    const first = lanes.entries().next().value
    if (first === undefined) return undefined
    const [lane, waiting] = first
    const next = waiting.shift()
    lanes.delete(lane)
    if (waiting.length > 0) lanes.set(lane, waiting)
    this.#length--
    return next
  }
}
