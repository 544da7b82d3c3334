import type { Clock, Timer } from '../clock.ts'
import type { Random } from '../random.ts'
import { type PortPair, SocketPair } from './socket-pair.ts'

export interface PairPoolOptions {
  readonly host: string
  readonly ports: readonly number[]
  readonly idlePairs: number
  readonly quarantineMilliseconds: number
  readonly restMilliseconds: number
  readonly clock: Clock
  readonly random: Random
  /** Pairs that came out of their rest because they were asked for and none was left. */
  readonly onReady: (ports: number[]) => void
  /** An offered pair hears somebody: it is not offered any more. */
  readonly onWithdrawn: (port: number) => void
  /** Pairs have rested, and are bound no more. */
  readonly onRotated: () => void
  /** Real sockets if absent. */
  readonly bind?: (host: string, port: number) => Promise<PortPair>
}

/** More pairs that rest than this, and calls come so fast that binding anew would cost more than their media: rested pairs are used again. */
const busyPairs = 256
/** So many pairs at most are withdrawn at a time: who sends to all our ports shall not leave us without one. */
const maximumWithdrawn = 16
const longestWakeMilliseconds = 1000

interface Resting {
  readonly pair: PortPair
  readonly since: number
  /** When somebody last sent to it; `since` before that. */
  heardAt: number
  readonly wasWithdrawn: boolean
}

/**
 * Port pairs of one worker. A port is drawn at random, and after its call it rests, bound, so that what its last caller still sends
 * is read off and dropped: until nobody has sent to it for the whole rest. Then it goes back to those that are drawn. Where calls
 * come fast, or the range is small, the rest is as long as can be had, and never shorter than the quarantine.
 */
export class PairPool {
  readonly #options: PairPoolOptions
  readonly #bind: NonNullable<PairPoolOptions['bind']>
  /** Ports that are not bound, in no order. */
  readonly #unbound: number[]
  /** Bound and offered, by port. */
  readonly #ready = new Map<number, PortPair>()
  /** Longest first. */
  #resting: Resting[] = []
  #withdrawn = 0
  #timer: Timer | undefined
  /** Set while somebody waits for the first quarantine to end. */
  #hurry: Timer | undefined
  #closed = false

  constructor(options: PairPoolOptions) {
    this.#options = options
    this.#bind = options.bind ?? ((host, port) => SocketPair.bind(host, port))
    this.#unbound = [...options.ports]
  }

  get resting(): number {
    return this.#resting.length
  }

  /** Offers up to `count` more; the ports it got, and why it got no more if so. */
  async prepare(count: number): Promise<{ ports: number[]; problem?: string }> {
    const ports = this.#resting.length > busyPairs ? this.#wake(count) : []
    let problem = 'all are in use'
    let tries = this.#unbound.length
    const missed: number[] = []
    while (ports.length < count && tries-- > 0) {
      const port = this.#draw()
      try {
        const pair = await this.#bind(this.#options.host, port)
        if (this.#closed) {
          pair.close()
          break
        }
        this.#offer(pair)
        ports.push(port)
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error)
        missed.push(port)
        // An address that is not ours will not become ours at the next port.
        if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') break
      }
    }
    this.#unbound.push(...missed)
    if (ports.length < count) ports.push(...this.#wake(count - ports.length))
    return ports.length === count ? { ports } : { ports, problem }
  }

  /** The pair of a port that was offered. */
  take(port: number): PortPair | undefined {
    const pair = this.#ready.get(port)
    if (pair !== undefined) {
      this.#ready.delete(port)
      return pair
    }
    // It was withdrawn while its call was on the way.
    const index = this.#resting.findIndex((resting) => resting.pair.port === port && resting.wasWithdrawn)
    return index === -1 ? undefined : this.#leave(index).pair
  }

  give(pair: PortPair): void {
    pair.reset()
    const [longest] = this.#resting
    if (this.#ready.size + this.#resting.length >= this.#options.idlePairs) {
      // The one that has rested longest can best be drawn again.
      if (longest !== undefined) this.#unbind(this.#leave(0).pair)
      else return this.#unbind(pair)
    }
    this.#rest(pair, false)
  }

  /** A call waits: offers the pairs that rest as soon as their quarantine allows. False if none does. */
  hurry(): boolean {
    const [longest] = this.#resting
    if (longest === undefined) return false
    const { clock, quarantineMilliseconds, onReady } = this.#options
    const wait = longest.since + quarantineMilliseconds - clock.monotonic()
    this.#hurry ??= clock.setTimeout(
      () => {
        this.#hurry = undefined
        const ports = this.#wake(Number.POSITIVE_INFINITY)
        // Where none rests any more, those that rested can be drawn again: who waits shall ask.
        if (ports.length > 0 || !this.hurry()) onReady(ports)
      },
      Math.max(1, wait),
    )
    return true
  }

  close(): void {
    this.#closed = true
    const { clock } = this.#options
    clock.clearTimeout(this.#timer)
    clock.clearTimeout(this.#hurry)
    for (const { pair } of this.#resting) pair.close()
    for (const pair of this.#ready.values()) pair.close()
    this.#resting = []
    this.#ready.clear()
  }

  #rest(pair: PortPair, wasWithdrawn: boolean): void {
    const { clock } = this.#options
    const since = clock.monotonic()
    const resting: Resting = { pair, since, heardAt: since, wasWithdrawn }
    const hear = () => {
      resting.heardAt = clock.monotonic()
    }
    pair.rtp.receive = hear
    pair.rtcp.receive = hear
    this.#resting.push(resting)
    if (wasWithdrawn) this.#withdrawn++
    this.#timer ??= clock.setTimeout(this.#rotate, this.#options.restMilliseconds)
  }

  #offer(pair: PortPair): void {
    this.#ready.set(pair.port, pair)
    const withdraw = () => {
      if (this.#withdrawn >= maximumWithdrawn || !this.#ready.delete(pair.port)) return
      this.#rest(pair, true)
      this.#options.onWithdrawn(pair.port)
    }
    pair.rtp.receive = withdraw
    pair.rtcp.receive = withdraw
  }

  /** Offers up to `count` pairs whose quarantine is over: the longest rested first, those that still hear somebody last. */
  #wake(count: number): number[] {
    const now = this.#options.clock.monotonic()
    const { quarantineMilliseconds } = this.#options
    const ports: number[] = []
    for (const isQuiet of [true, false]) {
      for (let index = 0; index < this.#resting.length && ports.length < count; ) {
        const { since, heardAt } = this.#resting[index] as Resting
        // They lie in the order of `since`.
        if (now - since < quarantineMilliseconds) break
        if (isQuiet !== now - heardAt >= quarantineMilliseconds) {
          index++
          continue
        }
        const { pair } = this.#leave(index)
        this.#offer(pair)
        ports.push(pair.port)
      }
    }
    return ports
  }

  /** Pairs whose rest is over are drawn again like all others. */
  readonly #rotate = (): void => {
    const { clock, restMilliseconds } = this.#options
    const now = clock.monotonic()
    for (let index = 0; index < this.#resting.length; ) {
      if (now - (this.#resting[index] as Resting).heardAt < restMilliseconds) index++
      else this.#unbind(this.#leave(index).pair)
    }
    this.#options.onRotated()
    const [first] = this.#resting
    const wait = first && Math.max(longestWakeMilliseconds, first.heardAt + restMilliseconds - now)
    this.#timer = wait === undefined ? undefined : clock.setTimeout(this.#rotate, wait)
  }

  #leave(index: number): Resting {
    const [resting] = this.#resting.splice(index, 1) as [Resting]
    if (resting.wasWithdrawn) this.#withdrawn--
    return resting
  }

  #unbind(pair: PortPair): void {
    pair.close()
    this.#unbound.push(pair.port)
  }

  #draw(): number {
    const index = this.#options.random.bytes(4).readUInt32LE() % this.#unbound.length
    const port = this.#unbound[index] as number
    const last = this.#unbound.pop() as number
    if (index < this.#unbound.length) this.#unbound[index] = last
    return port
  }
}
