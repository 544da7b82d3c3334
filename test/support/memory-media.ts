import type { Clock } from '../../src/clock.ts'
import { noStatistics } from '../../src/media/endpoint-statistics.ts'
import { type EndpointHost, MediaEndpoint } from '../../src/media/media-endpoint.ts'
import { MediaError } from '../../src/media/media-error.ts'
import type { MediaCounts, MediaPlane } from '../../src/media/media-plane.ts'
import type { RelayCommand } from '../../src/media/relay-protocol.ts'
import { soundMilliseconds } from '../../src/media/sound.ts'

/** A media plane without sockets and workers: real endpoints, whose commands are written down instead of carried out. A clip lasts as long as it does. */
export class MemoryMedia implements Pick<MediaPlane, 'start' | 'allocate' | 'counts' | 'close'> {
  /** In the order in which they were given. */
  readonly commands: RelayCommand[] = []
  readonly endpoints: MediaEndpoint[] = []
  /** Every port is taken. */
  isFull = false
  #held = 0
  readonly #clock: Clock
  readonly #host: EndpointHost = {
    post: (command) => this.#take(command),
    ask: (command) => {
      this.commands.push(command(0))
      return Promise.resolve({ ...noStatistics, packetsReceived: 7 })
    },
    forget: () => void this.#held--,
  }

  constructor(clock: Clock) {
    this.#clock = clock
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

  #take(command: RelayCommand): void {
    this.commands.push(command)
    if (command.op !== 'hear' || command.source.kind !== 'clip') return
    const { id, playback, source } = command
    const milliseconds = source.sounds.reduce((sum, sound) => sum + soundMilliseconds(sound), 0)
    const endpoint = this.endpoints.find((one) => one.id === id)
    this.#clock.setTimeout(() => endpoint?.deliver({ event: 'played', id, playback, outcome: 'ended' }), milliseconds)
  }
}
