import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type Random, systemRandom } from '../random.ts'
import { MediaEndpoint } from './media-endpoint.ts'
import { MediaError } from './media-error.ts'
import { RelayHandle } from './relay-handle.ts'

export interface MediaPlaneOptions {
  /** Address that the relay's sockets are bound to. */
  readonly host: string
  /** Address that stands in our SDP, where it is another one (behind NAT). */
  readonly advertise?: string
  /** First and last port, both inclusive; RTP takes the even one of each pair, RTCP the odd one above it (RFC 3550 section 11). */
  readonly portRange: readonly [number, number]
  /** Worker threads, one if absent; each owns a part of the range. */
  readonly workers?: number
  readonly log: Log
  readonly clock: Clock
  readonly random?: Random
  /** How long a released port rests at least; 500 if absent. */
  readonly quarantineMilliseconds?: number
  /** How long nobody may have sent to it, where there are other ports; 30,000 if absent. */
  readonly restMilliseconds?: number
  /** Bound pairs that one worker keeps at hand, at most; 1,024 if absent. */
  readonly idlePairs?: number
}

export interface MediaCounts {
  readonly endpoints: number
  /** Ports in use by endpoints: two each. */
  readonly ports: number
  /** Sockets in use by endpoints: two each. */
  readonly sockets: number
  /** Sockets that are bound, and rest or wait for the next call; bounded by `idlePairs`. */
  readonly idleSockets: number
  /** Times that a worker died and was replaced. */
  readonly restarts: number
}

export interface AllocateOptions {
  /** An endpoint that this one will be joined with: both must live in one worker. */
  readonly beside?: MediaEndpoint
}

/** Everything that touches RTP, kept off the signalling thread: endpoints are held here, their sockets live in workers. */
export class MediaPlane {
  readonly #options: MediaPlaneOptions
  readonly #relays: RelayHandle[] = []
  #nextEndpoint = 1
  #running = false

  constructor(options: MediaPlaneOptions) {
    this.#options = options
  }

  /** Starts the workers; resolves when each has its first ports bound, rejects if one cannot start. */
  async start(): Promise<void> {
    const { host, log, clock, workers = 1, quarantineMilliseconds = 500, idlePairs = 1024 } = this.#options
    const { restMilliseconds = 30_000, random = systemRandom } = this.#options
    const ports = pairsOf(this.#options.portRange)
    for (let index = 0; index < workers; index++) {
      const own = ports.filter((_, position) => position % workers === index)
      const relay = new RelayHandle(
        { host, ports: own, idlePairs, quarantineMilliseconds, restMilliseconds },
        log.child({ relay: index }),
        clock,
        random,
      )
      this.#relays.push(relay)
    }
    this.#running = true
    await Promise.all(this.#relays.map((relay) => relay.start()))
  }

  /** Takes a port pair. Rejects with a MediaError `no-ports` or `closed`. */
  async allocate(options: AllocateOptions = {}): Promise<MediaEndpoint> {
    if (!this.#running) throw new MediaError('closed', 'the media plane is not running')
    const relay = this.#relayFor(options.beside)
    const port = relay.takePort() ?? (await relay.waitForPort())
    const host = this.#options.advertise ?? this.#options.host
    const endpoint = new MediaEndpoint(this.#nextEndpoint++, { host, port }, relay)
    relay.open(endpoint)
    return endpoint
  }

  /** Whether an endpoint has this port, for RTP or RTCP: nobody else on this machine can. */
  holds(port: number): boolean {
    return this.#relays.some((relay) => relay.holds(port))
  }

  counts(): MediaCounts {
    const sum = (count: (relay: RelayHandle) => number) =>
      this.#relays.reduce((total, relay) => total + count(relay), 0)
    const endpoints = sum((relay) => relay.endpointCount)
    return {
      endpoints,
      ports: endpoints * 2,
      sockets: endpoints * 2,
      idleSockets: sum((relay) => relay.idlePairs) * 2,
      restarts: sum((relay) => relay.restarts),
    }
  }

  /** Microseconds of processor time that the workers have used, together. */
  async cpuMicroseconds(): Promise<number> {
    const used = await Promise.all(this.#relays.map((relay) => relay.cpuMicroseconds()))
    return used.reduce((total, microseconds) => total + microseconds, 0)
  }

  async close(): Promise<void> {
    this.#running = false
    await Promise.all(this.#relays.map((relay) => relay.close()))
  }

  #relayFor(beside: MediaEndpoint | undefined): RelayHandle {
    const [first, ...others] = this.#relays
    if (first === undefined) throw new MediaError('closed', 'the media plane has no workers')
    if (beside !== undefined) return this.#relays.find((relay) => beside.sharesRelay(relay)) ?? first
    return others.reduce((least, relay) => (relay.load < least.load ? relay : least), first)
  }
}

/** The even ports whose odd neighbour is in the range too. */
const pairsOf = ([from, to]: readonly [number, number]): number[] => {
  const ports: number[] = []
  for (let port = from + (from % 2); port + 1 <= to; port += 2) ports.push(port)
  return ports
}
