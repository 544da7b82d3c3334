import type { Clock, Timer } from '../clock.ts'
import type { Random } from '../random.ts'
import { noStatistics } from './endpoint-statistics.ts'
import { PairPool } from './pair-pool.ts'
import { RelayEndpoint } from './relay-endpoint.ts'
import type { RelayCommand, RelayEvent, RelayOptions } from './relay-protocol.ts'
import { SoundPacer } from './sound-pacer.ts'
import type { Source } from './source.ts'

/** How often legs are looked at: whether they still speak, and whether their RTCP report is due, which is exact enough for seconds. */
const lookMilliseconds = 100

export interface RelayParts {
  readonly options: RelayOptions
  readonly clock: Clock
  readonly random: Random
  /** Everything that a turn of the event loop brought about. */
  readonly emit: (events: readonly RelayEvent[]) => void
}

/** What runs inside a relay worker: commands in, events out, packets between sockets. */
export class Relay {
  readonly #parts: RelayParts
  readonly #pool: PairPool
  readonly #pacer: SoundPacer
  readonly #endpoints = new Map<number, RelayEndpoint>()
  #events: RelayEvent[] = []
  #lookTimer: Timer | undefined

  constructor(parts: RelayParts) {
    this.#parts = parts
    this.#pacer = new SoundPacer(parts.clock)
    this.#pool = new PairPool({
      ...parts.options,
      clock: parts.clock,
      random: parts.random,
      onReady: (ports) => {
        this.#tellResting()
        this.#emit({ event: 'ready', ports })
      },
      onWithdrawn: (port) => {
        this.#tellResting()
        this.#emit({ event: 'withdrawn', port })
      },
      onRotated: () => this.#tellResting(),
    })
  }

  /** What goes wrong with one endpoint's command ends that endpoint alone: hundreds of calls live in this thread. */
  execute(commands: readonly RelayCommand[]): void {
    for (const command of commands) {
      try {
        this.#execute(command)
      } catch (error) {
        if (!('id' in command)) throw error
        this.#fail(command.id, error)
      }
    }
  }

  close(): void {
    this.#parts.clock.clearTimeout(this.#lookTimer)
    for (const endpoint of this.#endpoints.values()) {
      endpoint.release()
      endpoint.pair.close()
    }
    this.#endpoints.clear()
    this.#pool.close()
  }

  #execute(command: RelayCommand): void {
    switch (command.op) {
      case 'prepare':
        void this.#pool.prepare(command.pairs).then((result) => {
          this.#tellResting()
          this.#emit({ event: 'prepared', ...result })
        })
        return
      case 'hurry':
        if (this.#pool.hurry()) return
        this.#tellResting()
        this.#emit({ event: 'prepared', ports: [], problem: 'all are in use' })
        return
      case 'open':
        this.#open(command.id, command.port)
        return
      case 'release':
        this.#release(command.id, command.request)
        return
      case 'statistics': {
        const statistics = this.#endpoints.get(command.id)?.statistics() ?? noStatistics
        this.#emit({ event: 'answer', request: command.request, statistics })
        return
      }
    }
    const endpoint = this.#endpoints.get(command.id)
    if (endpoint === undefined) return
    switch (command.op) {
      case 'remote':
        endpoint.setRemote(command.media, command.signallingHost)
        return
      case 'watch':
        endpoint.watchSilence(command.milliseconds)
        return
      case 'press':
        endpoint.press(command.digit, command.milliseconds)
        return
      case 'hear':
        endpoint.hear(this.#resolve(command.source), (outcome) =>
          this.#emit({ event: 'played', id: command.id, playback: command.playback, outcome }),
        )
        return
    }
  }

  /** Endpoints in the place of their numbers. One that is gone says nothing. */
  #resolve(source: Source<number>): Source<RelayEndpoint> {
    if (source.kind !== 'legs') return source
    const legs = source.legs.map((id) => this.#endpoints.get(id)).filter((leg) => leg !== undefined)
    return { ...source, legs }
  }

  #fail(id: number, error: unknown): void {
    const endpoint = this.#endpoints.get(id)
    this.#endpoints.delete(id)
    if (endpoint !== undefined) {
      endpoint.release()
      this.#pool.give(endpoint.pair)
      this.#tellResting()
    }
    this.#emit({ event: 'failed', id, reason: error instanceof Error ? error.message : String(error) })
  }

  #open(id: number, port: number): void {
    const pair = this.#pool.take(port)
    if (pair === undefined) throw new Error(`port ${port} was opened without having been offered`)
    const { clock, random } = this.#parts
    const endpoint = new RelayEndpoint({
      id,
      pair,
      clock,
      random,
      pacer: this.#pacer,
      onMedia: this.#onMedia,
      onDtmf: this.#onDtmf,
      onSilent: this.#onSilent,
    })
    this.#endpoints.set(id, endpoint)
    this.#lookTimer ??= clock.setTimeout(this.#look, lookMilliseconds)
  }

  #release(id: number, request: number): void {
    const endpoint = this.#endpoints.get(id)
    this.#endpoints.delete(id)
    this.#emit({ event: 'answer', request, statistics: endpoint?.statistics() ?? noStatistics })
    if (endpoint === undefined) return
    endpoint.release()
    this.#pool.give(endpoint.pair)
    this.#tellResting()
  }

  #tellResting(): void {
    this.#emit({ event: 'resting', pairs: this.#pool.resting })
  }

  readonly #onMedia = (id: number): void => this.#emit({ event: 'media', id })

  readonly #onDtmf = (id: number, digit: string, milliseconds: number): void =>
    this.#emit({ event: 'dtmf', id, digit, milliseconds })

  readonly #onSilent = (id: number, suppressesSilence: boolean): void =>
    this.#emit({ event: 'silent', id, suppressesSilence })

  readonly #look = (): void => {
    const { clock } = this.#parts
    const now = clock.monotonic()
    for (const endpoint of this.#endpoints.values()) {
      endpoint.look(now)
      if (endpoint.rtcp.nextReportAt <= now) endpoint.rtcp.report()
    }
    this.#lookTimer = this.#endpoints.size === 0 ? undefined : clock.setTimeout(this.#look, lookMilliseconds)
  }

  #emit(event: RelayEvent): void {
    this.#events.push(event)
    if (this.#events.length > 1) return
    setImmediate(() => {
      const events = this.#events
      this.#events = []
      this.#parts.emit(events)
    })
  }
}
