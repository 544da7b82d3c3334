import type { Clock, Timer } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { TrunkAddress } from '../driver.ts'

export interface TrunkHealthOptions {
  readonly clock: Clock
  readonly log: Log
  /** Asks the carrier whether it is there (OPTIONS); resolves to whether it has responded. */
  readonly probe: (trunk: TrunkAddress) => Promise<boolean>
  /** Whether there still is such a trunk: of no other is anything remembered. */
  readonly isConfigured: (trunk: TrunkAddress) => boolean
}

/** In which turn a trunk is tried. */
export interface TrunkTurn {
  readonly trunk: TrunkAddress
  /** It has not responded lately: it is tried last, and not waited for long. */
  readonly isDown: boolean
}

export interface TrunkOrder {
  readonly turns: readonly TrunkTurn[]
  /** Those that have asked to be left alone, until when (milliseconds since the epoch). */
  readonly resting: readonly { readonly trunk: TrunkAddress; readonly until: number }[]
}

interface Trouble {
  readonly trunk: TrunkAddress
  /** Set while it is down. */
  down?: { readonly since: number; probes: number; trials: number; nextTrialAt: number; timer: Timer | undefined }
  /** Until when it has asked to be left alone, in monotonic milliseconds. */
  restUntil: number
}

/** Pauses between two probes; the last goes on. Six OPTIONS in the first minute, one a minute from then on. */
const probePauses = [1000, 5000, 10_000, 20_000, 30_000, 60_000] as const

/**
 * Some carriers do not answer OPTIONS at all. So from time to time one call tries a trunk that is down in its turn, as if it was not;
 * the pauses double up to the longest.
 */
const firstTrialMilliseconds = 30_000
const longestTrialMilliseconds = 600_000

/** A carrier that asks for more is asked again before that: it may have said so by mistake, and calls wait for it. */
const longestRestSeconds = 300

/**
 * What is remembered of carriers in trouble, so that no call has to find it out anew. Of the others nothing is kept. A trunk is down
 * when a call, or a probe, has had no response from it at all; any response makes it up. One whose 503 has a Retry-After (RFC 3261
 * section 20.33) rests.
 */
export class TrunkHealth {
  readonly #options: TrunkHealthOptions
  /** By name: a trunk that was given another address begins anew. Not more than there are trunks. */
  readonly #troubles = new Map<string, Trouble>()

  constructor(options: TrunkHealthOptions) {
    this.#options = options
  }

  isDown(name: string): boolean {
    return this.#troubles.get(name)?.down !== undefined
  }

  /** The order in which to try them: those that are down last, those that rest not at all. */
  order(trunks: readonly TrunkAddress[]): TrunkOrder {
    const { clock } = this.#options
    const [up, down]: [TrunkTurn[], TrunkTurn[]] = [[], []]
    const resting: { trunk: TrunkAddress; until: number }[] = []
    for (const trunk of trunks) {
      const trouble = this.#find(trunk)
      const restMilliseconds = (trouble?.restUntil ?? 0) - clock.monotonic()
      if (trouble === undefined) up.push({ trunk, isDown: false })
      else if (restMilliseconds > 0) resting.push({ trunk, until: clock.now() + restMilliseconds })
      else if (trouble.down === undefined || this.#isTrial(trouble.down)) up.push({ trunk, isDown: false })
      else down.push({ trunk, isDown: true })
    }
    return { turns: [...up, ...down], resting }
  }

  /** It has responded, whatever it said. `retryAfterSeconds` is that of a 503. */
  heard(trunk: TrunkAddress, retryAfterSeconds = 0): void {
    const { clock, log } = this.#options
    const trouble = this.#find(trunk)
    if (trouble?.down !== undefined) {
      const downSeconds = Math.round((clock.monotonic() - trouble.down.since) / 1000)
      clock.clearTimeout(trouble.down.timer)
      delete trouble.down
      log.warn({ trunk: trunk.name, downSeconds }, 'trunk.up')
    }
    const resting = retryAfterSeconds > 0 ? this.#enter(trunk) : undefined
    if (resting !== undefined) {
      const seconds = Math.min(retryAfterSeconds, longestRestSeconds)
      resting.restUntil = clock.monotonic() + seconds * 1000
      log.warn({ trunk: trunk.name, seconds }, 'trunk asked to be left alone')
    } else if (trouble !== undefined && trouble.restUntil <= clock.monotonic()) this.#troubles.delete(trunk.name)
  }

  /** Nothing came back from it, or nothing could be sent to it. */
  unreachable(trunk: TrunkAddress, reason: string): void {
    const { clock, log } = this.#options
    const trouble = this.#enter(trunk)
    if (trouble === undefined || trouble.down !== undefined) return
    const now = clock.monotonic()
    const down = { since: now, probes: 0, trials: 0, nextTrialAt: now + firstTrialMilliseconds, timer: undefined }
    trouble.down = down
    log.warn({ trunk: trunk.name, reason }, 'trunk.down')
    this.#probeLater(trouble, down)
  }

  /** To be called when the configuration has changed: trunks that it has no longer are forgotten, down or resting. */
  forgetRemoved(): void {
    const { isConfigured } = this.#options
    for (const trouble of this.#troubles.values()) if (!isConfigured(trouble.trunk)) this.#forget(trouble)
  }

  /** Of how many something is remembered; for leak checks. */
  get size(): number {
    return this.#troubles.size
  }

  close(): void {
    for (const trouble of this.#troubles.values()) this.#forget(trouble)
  }

  #forget({ trunk, down }: Trouble): void {
    this.#options.clock.clearTimeout(down?.timer)
    this.#troubles.delete(trunk.name)
  }

  #isTrial(down: NonNullable<Trouble['down']>): boolean {
    const now = this.#options.clock.monotonic()
    if (down.nextTrialAt > now) return false
    down.trials++
    down.nextTrialAt = now + Math.min(firstTrialMilliseconds * 2 ** down.trials, longestTrialMilliseconds)
    return true
  }

  #probeLater(trouble: Trouble, down: NonNullable<Trouble['down']>): void {
    const { clock, probe } = this.#options
    const pause = probePauses[Math.min(down.probes++, probePauses.length - 1)] ?? 0
    down.timer = clock.setTimeout(async () => {
      const { trunk } = trouble
      const hasResponded = await probe(trunk)
      // A call may have reached it meanwhile.
      if (trouble.down !== down || this.#troubles.get(trunk.name) !== trouble) return
      if (hasResponded) this.heard(trunk)
      else this.#probeLater(trouble, down)
    }, pause)
  }

  #find(trunk: TrunkAddress): Trouble | undefined {
    const trouble = this.#troubles.get(trunk.name)
    if (trouble === undefined || trouble.trunk.address === trunk.address) return trouble
    this.#forget(trouble)
    return undefined
  }

  /** None for a trunk that was removed while a call over it was under way. */
  #enter(trunk: TrunkAddress): Trouble | undefined {
    const found = this.#find(trunk)
    if (found !== undefined || !this.#options.isConfigured(trunk)) return found
    const trouble: Trouble = { trunk, restUntil: 0 }
    this.#troubles.set(trunk.name, trouble)
    return trouble
  }
}
