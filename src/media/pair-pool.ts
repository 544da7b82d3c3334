import type { Clock, Timer } from '../clock.ts'
import { type PortPair, SocketPair } from './socket-pair.ts'

export interface PairPoolOptions {
  readonly host: string
  readonly ports: readonly number[]
  readonly idlePairs: number
  readonly quarantineMilliseconds: number
  readonly clock: Clock
  /** Pairs that came out of their rest. */
  readonly onReady: (ports: number[]) => void
}

/** A port that another program holds is tried again after the others. */
interface Resting {
  readonly pair: PortPair
  readonly until: number
}

/**
 * Port pairs of one worker. Binding four sockets costs more than the rest of a call's media together, so pairs stay bound between
 * calls, up to a bound; each rests before it is used again, longest rested first, so that late packets of its last caller are read
 * off and dropped rather than taken for the next one's.
 */
export class PairPool {
  readonly #options: PairPoolOptions
  /** Ports that are not bound, in the order of use. */
  readonly #unbound: number[]
  #unboundFrom = 0
  /** Bound and offered, by port. */
  readonly #ready = new Map<number, PortPair>()
  #resting: Resting[] = []
  #timer: Timer | undefined

  constructor(options: PairPoolOptions) {
    this.#options = options
    this.#unbound = [...options.ports]
  }

  get resting(): number {
    return this.#resting.length
  }

  /** Binds up to `count` more; the ports it got, and why it got no more if so. */
  async prepare(count: number): Promise<{ ports: number[]; problem?: string }> {
    const ports: number[] = []
    let problem = 'all are in use'
    let tries = this.#unbound.length - this.#unboundFrom
    while (ports.length < count && tries-- > 0) {
      const port = this.#takeUnbound()
      try {
        this.#ready.set(port, await SocketPair.bind(this.#options.host, port))
        ports.push(port)
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error)
        this.#unbound.push(port)
        // An address that is not ours will not become ours at the next port.
        if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') break
      }
    }
    return ports.length === count ? { ports } : { ports, problem }
  }

  /** The pair of a port that was offered. */
  take(port: number): PortPair | undefined {
    const pair = this.#ready.get(port)
    this.#ready.delete(port)
    return pair
  }

  give(pair: PortPair): void {
    pair.reset()
    if (this.#ready.size + this.#resting.length >= this.#options.idlePairs) {
      pair.close()
      this.#unbound.push(pair.port)
      return
    }
    const { clock, quarantineMilliseconds } = this.#options
    this.#resting.push({ pair, until: clock.monotonic() + quarantineMilliseconds })
    this.#timer ??= clock.setTimeout(this.#awake, quarantineMilliseconds)
  }

  close(): void {
    this.#options.clock.clearTimeout(this.#timer)
    for (const { pair } of this.#resting) pair.close()
    for (const pair of this.#ready.values()) pair.close()
    this.#resting = []
    this.#ready.clear()
  }

  readonly #awake = (): void => {
    const { clock, onReady } = this.#options
    const now = clock.monotonic()
    const still = this.#resting.findIndex(({ until }) => until > now)
    const rested = still === -1 ? this.#resting.splice(0) : this.#resting.splice(0, still)
    for (const { pair } of rested) this.#ready.set(pair.port, pair)
    const [first] = this.#resting
    // A moment later than need be, so that pairs released close together wake together.
    this.#timer = first && clock.setTimeout(this.#awake, Math.max(20, first.until - now))
    if (rested.length > 0) onReady(rested.map(({ pair }) => pair.port))
  }

  #takeUnbound(): number {
    const port = this.#unbound[this.#unboundFrom++] as number
    if (this.#unboundFrom > 1024) this.#unbound.splice(0, this.#unboundFrom)
    if (this.#unboundFrom > 1024) this.#unboundFrom = 0
    return port
  }
}
