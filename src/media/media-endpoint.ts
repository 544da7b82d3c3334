import { canHear, playableCodec } from './codec-route.ts'
import { type EndpointStatistics, noStatistics } from './endpoint-statistics.ts'
import { MediaError } from './media-error.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import type { RelayCommand, RelayEvent } from './relay-protocol.ts'
import type { PlaybackOutcome, Source } from './source.ts'

/** The way from an endpoint to the worker that its sockets live in. */
export interface EndpointHost {
  post(command: RelayCommand): void
  /** Posts a command that is answered with statistics; resolves with none if the worker dies first. */
  ask(command: (request: number) => RelayCommand): Promise<EndpointStatistics>
  forget(endpoint: MediaEndpoint): void
}

/** The events that the endpoint itself takes. */
export type EndpointEvent = Extract<RelayEvent, { event: 'media' | 'dtmf' | 'silent' | 'played' }>

/** What a leg hears now, or heard. */
export interface Playback {
  /** Resolves once, and never rejects. Tones, music and legs have no end of their own: they are stopped. */
  readonly done: Promise<PlaybackOutcome>
}

class CurrentPlayback implements Playback {
  readonly number: number
  readonly done: Promise<PlaybackOutcome>
  readonly end: (outcome: PlaybackOutcome) => void

  constructor(number: number) {
    this.number = number
    const { promise, resolve } = Promise.withResolvers<PlaybackOutcome>()
    this.done = promise
    this.end = resolve
  }
}

export interface EndpointAddress {
  /** What stands in our SDP. */
  readonly host: string
  /** RTP; RTCP is the next one. */
  readonly port: number
}

/**
 * One leg's end of the media, as the signalling thread holds it. Commands take effect in the order given, after the signalling
 * thread's turn of the event loop; those on a released or failed endpoint do nothing.
 */
export class MediaEndpoint {
  readonly id: number
  readonly host: string
  readonly port: number
  /** A telephone event ended, or reached us without its end; once per key press. */
  onDtmf: ((digit: string, milliseconds: number) => void) | undefined
  /** The first packet of a believed source arrived: early media, or the answered party. Once per negotiated address. */
  onMedia: (() => void) | undefined
  /**
   * The leg should send, and neither RTP nor RTCP has come from it for as long as `watchSilence` says; told again after as long.
   * `suppressesSilence`: it sends nothing while nobody speaks, so that this need not be a fault.
   */
  onSilent: ((suppressesSilence: boolean) => void) | undefined
  /** The worker that held the sockets died: this endpoint is gone, its port with it. */
  onFailed: ((reason: string) => void) | undefined
  /** The host that a phone's signalling comes from, to tell its packets from a stranger's; absent for a carrier. */
  signallingHost: string | undefined
  readonly #relay: EndpointHost
  #negotiated: NegotiatedMedia | undefined
  #playback: CurrentPlayback | undefined
  #released: Promise<EndpointStatistics> | undefined

  constructor(id: number, address: EndpointAddress, relay: EndpointHost) {
    this.id = id
    this.host = address.host
    this.port = address.port
    this.#relay = relay
  }

  /** What the last negotiation agreed on. */
  get negotiated(): NegotiatedMedia | undefined {
    return this.#negotiated
  }

  /** From now on the leg is sent to, and accepted from, as negotiated. Also an unchanged one opens the window for other sources. */
  setRemote(negotiated: NegotiatedMedia): void {
    this.#negotiated = negotiated
    const { id, signallingHost } = this
    this.#post({ op: 'remote', id, media: negotiated, signallingHost })
  }

  /** From now on `onSilent` is told. A leg that holds us, or is held, is not expected to send. 0: never. */
  watchSilence(milliseconds: number): void {
    this.#post({ op: 'watch', id: this.id, milliseconds })
  }

  /**
   * From now on the leg hears this, and nothing else. Throws a MediaError where it cannot hear one of the legs; then it hears on what it
   * heard. On an endpoint that is gone it has failed already.
   */
  hear(source: Source<MediaEndpoint>): Playback {
    if (source.kind === 'legs') for (const leg of source.legs) this.#assertHears(leg, source.legs.length > 1)
    this.#playback?.end('stopped')
    const playback = new CurrentPlayback((this.#playback?.number ?? 0) + 1)
    this.#playback = playback
    if (this.#released !== undefined) playback.end('failed')
    const named = source.kind === 'legs' ? { ...source, legs: source.legs.map(({ id }) => id) } : source
    this.#post({ op: 'hear', id: this.id, source: named, playback: playback.number })
    return playback
  }

  /** Sends a key press to the leg in the form that it takes, telephone events or tones, behind those that were sent before. */
  press(digit: string, milliseconds: number): void {
    this.#post({ op: 'press', id: this.id, digit, milliseconds })
  }

  statistics(): Promise<EndpointStatistics> {
    if (this.#released !== undefined) return this.#released
    return this.#relay.ask((request) => ({ op: 'statistics', id: this.id, request }))
  }

  /** Says goodbye by RTCP and gives the ports back; resolves with the last statistics. Idempotent. */
  release(): Promise<EndpointStatistics> {
    if (this.#released === undefined) {
      this.#released = this.#relay.ask((request) => ({ op: 'release', id: this.id, request }))
      this.#playback?.end('stopped')
      this.#relay.forget(this)
      this.#detach()
    }
    return this.#released
  }

  /** For the media plane: an event of this endpoint's worker. */
  deliver(event: EndpointEvent): void {
    switch (event.event) {
      case 'media':
        return this.onMedia?.()
      case 'silent':
        return this.onSilent?.(event.suppressesSilence)
      case 'dtmf':
        return this.onDtmf?.(event.digit, event.milliseconds)
      case 'played':
        if (event.playback === this.#playback?.number) this.#playback.end(event.outcome)
    }
  }

  /** For the media plane: the worker is gone. */
  fail(reason: string): void {
    if (this.#released !== undefined) return
    this.#released = Promise.resolve(noStatistics)
    this.#playback?.end('failed')
    const { onFailed } = this
    this.#detach()
    onFailed?.(reason)
  }

  /** For joining: whether both live in one worker. */
  sharesRelay(relay: EndpointHost): boolean {
    return this.#relay === relay
  }

  #assertHears(other: MediaEndpoint, isMixed: boolean): void {
    this.#assertTogether(other)
    const here = this.#negotiated
    const there = other.negotiated
    const canMix = (media: NegotiatedMedia) => playableCodec(media) !== undefined
    if (!here || !there || (isMixed ? canMix(here) && canMix(there) : canHear(here, there))) return
    throw new MediaError(
      'no-common-codec',
      `a ${here.codec} leg cannot hear a ${there.codec} leg${isMixed ? ' mixed' : ''}`,
    )
  }

  #assertTogether(other: MediaEndpoint): void {
    if (other.sharesRelay(this.#relay)) return
    throw new MediaError(
      'apart',
      `endpoints ${this.id} and ${other.id} live in different workers; allocate one beside the other`,
    )
  }

  #post(command: RelayCommand): void {
    if (this.#released === undefined) this.#relay.post(command)
  }

  #detach(): void {
    this.onDtmf = undefined
    this.onMedia = undefined
    this.onSilent = undefined
    this.onFailed = undefined
  }
}
