import { noStatistics } from '../../src/media/endpoint-statistics.ts'
import { type EndpointHost, MediaEndpoint } from '../../src/media/media-endpoint.ts'
import { MediaError } from '../../src/media/media-error.ts'
import type { MediaCounts, MediaPlane } from '../../src/media/media-plane.ts'
import type { RelayCommand } from '../../src/media/relay-protocol.ts'

/** A media plane without sockets and workers: real endpoints, whose commands are written down instead of carried out. */
export class MemoryMedia implements Pick<MediaPlane, 'start' | 'allocate' | 'counts' | 'close'> {
  /** In the order in which they were given. */
  readonly commands: RelayCommand[] = []
  readonly endpoints: MediaEndpoint[] = []
  /** Every port is taken. */
  isFull = false
  #held = 0
  readonly #host: EndpointHost = {
    post: (command) => void this.commands.push(command),
    ask: (command) => {
      this.commands.push(command(0))
      return Promise.resolve({ ...noStatistics, packetsReceived: 7 })
    },
    forget: () => void this.#held--,
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  allocate(): Promise<MediaEndpoint> {
    if (this.isFull) return Promise.reject(new MediaError('no-ports', 'every port is taken'))
    const id = this.endpoints.length + 1
    const endpoint = new MediaEndpoint(id, { host: '127.0.0.1', port: 30_000 + 2 * id }, this.#host)
    this.endpoints.push(endpoint)
    this.#held++
    return Promise.resolve(endpoint)
  }

  counts(): MediaCounts {
    return { endpoints: this.#held, ports: this.#held * 2, sockets: this.#held * 2, idleSockets: 0, restarts: 0 }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  /** What was done to one endpoint, as `remote`, `bridge`, `release`. */
  done(endpoint: MediaEndpoint): string[] {
    return this.commands.filter((command) => 'id' in command && command.id === endpoint.id).map(({ op }) => op)
  }
}
