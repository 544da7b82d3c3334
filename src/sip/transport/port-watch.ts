import type { Clock } from '../../clock.ts'
import type { TransportAddress } from './destination.ts'
import type { PortProbe, Sockets } from './sockets.ts'

interface Watch {
  readonly probe: PortProbe | undefined
  readonly listeners: Set<() => void>
  askedAt: number
}

/** Many calls may wait for the same peer: one question is enough for all of them. */
const askEveryMilliseconds = 500

/**
 * Notices that nobody listens at a peer's UDP port (ICMP "port unreachable", RFC 3261 section 18.4). The system tells that of connected
 * sockets only, and the ones that SIP is sent by are none: so the peer is sent an empty line (RFC 3261 section 7.5, which it ignores)
 * from a connected socket of its own, one for all who wait for this peer.
 */
export class PortWatches {
  readonly #clock: Clock
  readonly #sockets: Sockets
  readonly #watches = new Map<string, Watch>()

  constructor(clock: Clock, sockets: Sockets) {
    this.#clock = clock
    this.#sockets = sockets
  }

  /** Calls `onRefused` once if the peer's port proves to be closed, until it is told to stop by what is returned. */
  watch(remote: TransportAddress, localHost: string | undefined, onRefused: () => void): () => void {
    const key = `${remote.host}:${remote.port}`
    const watch = this.#watches.get(key) ?? this.#open(key, remote, localHost)
    watch.listeners.add(onRefused)
    if (this.#clock.monotonic() - watch.askedAt >= askEveryMilliseconds) {
      watch.askedAt = this.#clock.monotonic()
      watch.probe?.ask()
    }
    return () => {
      watch.listeners.delete(onRefused)
      if (watch.listeners.size === 0) this.#close(key, watch)
    }
  }

  closeAll(): void {
    for (const [key, watch] of this.#watches) this.#close(key, watch)
  }

  #open(key: string, remote: TransportAddress, localHost: string | undefined): Watch {
    const probe = this.#sockets.probePort?.(remote, localHost, () => {
      const told = [...watch.listeners]
      watch.listeners.clear()
      this.#close(key, watch)
      for (const onRefused of told) onRefused()
    })
    const watch: Watch = { probe, listeners: new Set(), askedAt: Number.NEGATIVE_INFINITY }
    this.#watches.set(key, watch)
    return watch
  }

  #close(key: string, watch: Watch): void {
    if (this.#watches.get(key) === watch) this.#watches.delete(key)
    watch.probe?.close()
  }
}
