import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import { type PayloadRoute, readPayloadTypes, routePayloads } from './codec-route.ts'
import type { EndpointStatistics } from './endpoint-statistics.ts'
import { convert } from './g711-conversion.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import { OutgoingStream } from './outgoing-stream.ts'
import { Reception } from './reception.ts'
import { RtcpSession } from './rtcp-session.ts'
import { payloadEnd, payloadOffset, payloadTypeOf, sequenceOf, ssrcOf, timestampOf } from './rtp-header.ts'
import type { PortSocket, SocketPair } from './socket-pair.ts'
import { TelephoneEventDetector } from './telephone-event.ts'
import type { TonePacer } from './tone-pacer.ts'
import { TonePlayer } from './tone-player.ts'
import type { ToneCadence } from './tones.ts'

export interface RelayEndpointParts {
  readonly id: number
  readonly pair: SocketPair
  readonly clock: Clock
  readonly random: Random
  readonly pacer: TonePacer
  readonly onMedia: (id: number) => void
  readonly onDtmf: (id: number, digit: string, milliseconds: number) => void
}

/** One leg's sockets and streams, as the worker holds them. */
export class RelayEndpoint {
  readonly id: number
  readonly pair: SocketPair
  readonly outgoing: OutgoingStream
  readonly reception = new Reception()
  readonly rtcp: RtcpSession
  readonly #parts: RelayEndpointParts
  readonly #clock: Clock
  readonly #rtp: PortSocket
  /** Made for the first event, and the first tone: most legs have neither, and a packet costs what memory it touches. */
  #events: TelephoneEventDetector | undefined
  #player: TonePlayer | undefined
  #media: NegotiatedMedia | undefined
  /** What the leg's payload types stand for. */
  #payloadTypes: ReadonlyMap<number, number> = new Map()
  /** What nearly every packet bears, and what events do; out of `#media`, so that a packet need not touch it. */
  #payloadType = -1
  #eventPayloadType = -1
  /** False while the other side holds us, or has no address (RFC 3264 section 5.1 and 8.4). */
  #isListening = false
  /** Where packets come from, once known; the socket is connected to it if it is the host that the SDP names. */
  #latchedHost: string | undefined
  #latchedPort = 0
  #mediaTold = false
  /** Who hears this leg, and how its payload types are sent there. */
  #listener: RelayEndpoint | undefined
  #routes: readonly PayloadRoute[] = []
  /** The first route, taken apart for the same reason. */
  #routeFrom = -1
  #routeTo = -1
  #conversion: Uint8Array | undefined
  /** Whom this leg hears. */
  #speaker: RelayEndpoint | undefined

  constructor(parts: RelayEndpointParts) {
    this.#parts = parts
    this.#clock = parts.clock
    this.id = parts.id
    this.pair = parts.pair
    const seeds = parts.random.bytes(10)
    this.outgoing = new OutgoingStream(seeds.readUInt32LE(0), seeds.readUInt16LE(4), seeds.readUInt32LE(6))
    this.#rtp = parts.pair.rtp
    this.rtcp = new RtcpSession(parts, this.outgoing, this.reception)
    parts.pair.rtp.receive = this.#receive
    parts.pair.rtcp.receive = this.rtcp.receive
  }

  get media(): NegotiatedMedia | undefined {
    return this.#media
  }

  setRemote(media: NegotiatedMedia): void {
    const before = this.#media?.remote
    const moved = before?.host !== media.remote.host || before.port !== media.remote.port
    this.#media = media
    this.#payloadTypes = readPayloadTypes(media)
    this.#payloadType = media.receivedAs ?? media.payloadType
    this.#eventPayloadType = media.dtmfReceivedAs ?? media.dtmfPayloadType ?? -1
    this.#isListening =
      (media.direction === 'sendrecv' || media.direction === 'recvonly') && isReachable(media.remote.host)
    this.outgoing.clockRate = media.clockRate
    this.reception.clockRate = media.clockRate
    // Only a negotiation opens the latch again.
    if (moved) {
      this.#latchedHost = undefined
      this.#mediaTold = false
      this.pair.rtp.disconnect()
    }
    this.rtcp.setRemote(media, moved)
    this.#player?.setMedia(media)
    this.#reroute()
    if (this.#speaker !== undefined) this.#speaker.#reroute()
  }

  play(tone: ToneCadence): void {
    this.#player ??= new TonePlayer(this.#parts.pacer, this.outgoing, (packet) => this.send(packet))
    this.#player.play(tone, this.#media)
  }

  stopPlaying(): void {
    this.#player?.stop()
  }

  /** This leg hears `speaker`, and no longer whom it heard. A tone is silent from the speaker's first packet until they have gone. */
  hear(speaker: RelayEndpoint): void {
    if (this.#speaker !== undefined && this.#speaker !== speaker) this.#speaker.#silence()
    if (speaker.#listener !== undefined && speaker.#listener !== this) speaker.#listener.#speaker = undefined
    this.#speaker = speaker
    speaker.#listener = this
    speaker.#reroute()
  }

  bridge(other: RelayEndpoint): void {
    this.hear(other)
    other.hear(this)
    this.stopPlaying()
    other.stopPlaying()
  }

  statistics(): EndpointStatistics {
    const { remote } = this.rtcp
    return {
      packetsReceived: this.reception.received,
      packetsSent: this.outgoing.packets,
      packetsLost: this.reception.lost,
      jitterMilliseconds: this.reception.jitterMilliseconds,
      ...(remote === undefined ? {} : { remote }),
      ...(this.#media === undefined ? {} : { codec: this.#media.codec }),
    }
  }

  /** Leaves the sockets free for the next call. */
  release(): void {
    this.stopPlaying()
    if (this.#listener !== undefined) {
      this.#listener.#speaker = undefined
      this.#listener.#player?.resume(this.#listener.#media)
    }
    this.#silence()
    if (this.#speaker !== undefined) this.#speaker.#silence()
    this.#speaker = undefined
    this.rtcp.sayGoodbye()
    this.pair.reset()
  }

  send(packet: Uint8Array): void {
    if (!this.#isListening) return
    if (this.#rtp.connected) this.#rtp.send(packet)
    else if (this.#latchedHost !== undefined) this.#rtp.sendTo(packet, this.#latchedHost, this.#latchedPort)
    else if (this.#media !== undefined) this.#rtp.sendTo(packet, this.#media.remote.host, this.#media.remote.port)
  }

  readonly #receive = (packet: Buffer, host: string, port: number): void => {
    const payload = payloadOffset(packet)
    if (payload < 0) return
    let payloadType = payloadTypeOf(packet)
    // Before the negotiation nobody can say which payload types are valid: none is.
    if (payloadType !== this.#payloadType) {
      payloadType = this.#payloadTypes.get(payloadType) ?? -1
      if (payloadType < 0) return
    }
    if (port !== this.#latchedPort || host !== this.#latchedHost) {
      if (!this.#mayLatch(host)) return
      this.#latch(host, port)
    }
    const now = this.#clock.monotonic()
    const isEvent = payloadType === this.#eventPayloadType
    this.reception.add(ssrcOf(packet), sequenceOf(packet), timestampOf(packet), now, !isEvent)
    if (isEvent) this.#addEvent(packet, payload)
    else if (this.#events !== undefined) this.#events.finish()
    if (this.#listener !== undefined) this.#forward(this.#listener, packet, payload, payloadType, now)
  }

  /** Sends a packet of this leg to its listener, as a part of the listener's one stream. */
  #forward(listener: RelayEndpoint, packet: Buffer, payload: number, payloadType: number, now: number): void {
    if (!listener.#isListening) return
    let to = this.#routeTo
    let conversion = this.#conversion
    if (payloadType !== this.#routeFrom) {
      const route = this.#routes.find(({ from }) => from === payloadType)
      if (route === undefined) return
      to = route.to
      conversion = route.conversion
    }
    if (listener.#player !== undefined) listener.#player.pause()
    if (conversion !== undefined) convert(packet, payload, payloadEnd(packet), conversion)
    listener.outgoing.rewrite(packet, this, to, now)
    listener.send(packet)
  }

  #addEvent(packet: Buffer, payload: number): void {
    const { id, onDtmf } = this.#parts
    this.#events ??= new TelephoneEventDetector((digit, milliseconds) => onDtmf(id, digit, milliseconds))
    this.#events.addEvent(packet, payload, this.#media?.clockRate ?? 8000)
  }

  /**
   * Whoever speaks first, for a phone behind a NAT does not know its own address; until the host that its SDP names is heard: a
   * stranger who was faster must not keep the stream.
   */
  #mayLatch(host: string): boolean {
    return this.#latchedHost === undefined || (host === this.#media?.remote.host && host !== this.#latchedHost)
  }

  #latch(host: string, port: number): void {
    this.#latchedHost = host
    this.#latchedPort = port
    if (host === this.#media?.remote.host) this.pair.rtp.connect(host, port)
    this.rtcp.follow(host, port)
    if (this.#mediaTold) return
    this.#mediaTold = true
    this.#parts.onMedia(this.id)
  }

  #silence(): void {
    this.#listener = undefined
    this.#reroute()
  }

  #reroute(): void {
    const there = this.#listener?.media
    this.#routes = this.#media && there ? routePayloads(this.#media, there) : []
    const [first] = this.#routes
    this.#routeFrom = first?.from ?? -1
    this.#routeTo = first?.to ?? -1
    this.#conversion = first?.conversion
  }
}

const isReachable = (host: string): boolean => host !== '0.0.0.0' && host !== '::'
