import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { LegDestination, LineAddress } from '../telephony/driver.ts'

interface Activity {
  legs: number
  rungAt: number
  freeSince: number
}

/** Which lines are in a call of this server, and since when they are not: what a queue's strategy asks. */
export class LineActivity {
  readonly #clock: Clock
  readonly #random: Random
  readonly #lines = new Map<string, Activity>()

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** A leg of this line begins. Returns what to call, once, when it has ended. */
  occupy(line: LineAddress): () => void {
    const key = keyOf(line)
    const activity = this.#lines.get(key) ?? { legs: 0, rungAt: 0, freeSince: 0 }
    this.#lines.set(key, activity)
    activity.legs++
    activity.rungAt = this.#clock.now()
    return () => {
      activity.legs--
      activity.freeSince = this.#clock.now()
    }
  }

  isIdle(line: LineAddress, wrapUpSeconds: number): boolean {
    const activity = this.#lines.get(keyOf(line))
    if (activity === undefined) return true
    return activity.legs === 0 && activity.freeSince + wrapUpSeconds * 1000 <= this.#clock.now()
  }

  /** Milliseconds since the epoch; 0 for a line that had no call yet, and for whoever is no line. */
  idleSince(destination: LegDestination): number {
    return this.#of(destination)?.freeSince ?? 0
  }

  rungAt(destination: LegDestination): number {
    return this.#of(destination)?.rungAt ?? 0
  }

  shuffled(destinations: readonly LegDestination[]): readonly LegDestination[] {
    return destinations
      .map((destination) => ({ destination, rank: this.#random.bytes(4).readUInt32BE() }))
      .sort((one, other) => one.rank - other.rank)
      .map(({ destination }) => destination)
  }

  #of(destination: LegDestination): Activity | undefined {
    return destination.kind === 'line' ? this.#lines.get(keyOf(destination.line)) : undefined
  }
}

const keyOf = ({ account, number }: LineAddress): string => `${account}/${number}`
