import { BlockList } from 'node:net'
import type { Clock } from '../../clock.ts'
import { decideTarget, type TargetRefusal, type TargetRules } from '../../decide-target.ts'
import type { Log } from '../../log.ts'
import { type Random, systemRandom } from '../../random.ts'
import type { SipMessage } from '../message/message.ts'
import { serializeMessage } from '../message/serialize-message.ts'
import type { SipParseError } from '../message/sip-parse-error.ts'
import { answerMalformed } from './answer-malformed.ts'
import { boundAnswer } from './bound-answer.ts'
import type { Destination, FlowId, Source, TransportAddress, TransportProtocol } from './destination.ts'
import { type DnsQueries, DnsResolver, type Reaches } from './dns-resolver.ts'
import { bareHost, isIPv6, isLoopback, isWildcard } from './host.ts'
import {
  type AdvertisedAddress,
  choosePoint,
  datagramFlow,
  type ListeningPoint,
  listensAt,
  speaksTo,
} from './listening-point.ts'
import { LocalInterfaces } from './local-interfaces.ts'
import type { MessageTransport } from './message-transport.ts'
import { nodeSockets } from './node-sockets.ts'
import { PortWatches } from './port-watch.ts'
import { RecentFailures } from './recent-failures.ts'
import type { Sockets } from './sockets.ts'
import { stampReceived } from './stamp-received.ts'
import { type TcpLimits, TcpTransport } from './tcp-transport.ts'
import { createTransportCounters, type TransportCounters } from './transport-counters.ts'
import { TransportError } from './transport-error.ts'
import { UdpTransport } from './udp-transport.ts'

type Resolver = Pick<DnsResolver, 'resolve'> & Partial<Pick<DnsResolver, 'avoid'>>

export interface TransportLayerOptions {
  readonly clock: Clock
  readonly log: Log
  readonly random?: Random
  readonly sockets?: Sockets
  readonly resolver?: Resolver
  /** What the resolver asks, where none is given; the system's DNS if absent. */
  readonly dns?: DnsQueries
  readonly interfaces?: Pick<LocalInterfaces, 'addressTowards' | 'has'>
  /** What peers that are not on loopback are told instead of where we listen: the public address in front of a NAT. */
  readonly advertise?: AdvertisedAddress
  readonly limits?: Partial<TcpLimits>
  /** Where a peer's Contact or Record-Route may not aim us, beside the SIP ports of this layer. */
  readonly targets?: TargetRules
  /**
   * Requests of more than 1300 octets to be sent by UDP: `tcp` tries a connection first, where a TCP port is open and the peer is
   * not known by a flow, and falls back to UDP (RFC 3261 section 18.1.1). `udp` sends them as they are, which that section forbids
   * and every LAN carries. Default `tcp`; without a TCP port it is `udp` of necessity.
   */
  readonly largeRequests?: 'tcp' | 'udp'
}

export interface ListenOptions extends TransportAddress {
  readonly protocol: TransportProtocol
  /** For this port alone; else the layer's. */
  readonly advertise?: AdvertisedAddress
}

/** Numbers for the metrics, and what is open now. */
export interface TransportCounts extends Readonly<TransportCounters> {
  readonly connections: number
}

const ignore = (): void => {}
const otherFamily = 'no socket of its address family'

/** RFC 3261 section 18: sends and receives messages over UDP and TCP. */
export class TransportLayer implements MessageTransport {
  onMessage: ((message: SipMessage, source: Source) => void) | undefined
  readonly #log: Log
  readonly #random: Random
  readonly #resolver: Resolver
  readonly #interfaces: Pick<LocalInterfaces, 'addressTowards' | 'has'>
  readonly #advertise: AdvertisedAddress | undefined
  readonly #largeRequests: 'tcp' | 'udp'
  readonly #counters = createTransportCounters()
  readonly #udp: UdpTransport
  readonly #tcp: TcpTransport
  readonly #points: ListeningPoint[] = []
  readonly #withoutTcp: RecentFailures
  readonly #portWatches: PortWatches
  readonly #targets: TargetRules
  #isClosed = false

  constructor(options: TransportLayerOptions) {
    const { clock, log, sockets = nodeSockets, random = systemRandom } = options
    this.#log = log
    this.#random = random
    const reaches: Reaches = (protocol, host) => this.#pointsFor(protocol).some((point) => speaksTo(point, host))
    this.#resolver = options.resolver ?? new DnsResolver(clock, random, options.dns, reaches)
    this.#interfaces = options.interfaces ?? new LocalInterfaces(clock)
    this.#advertise = options.advertise
    this.#largeRequests = options.largeRequests ?? 'tcp'
    const { isOwnPort = () => false, refusedNetworks = new BlockList() } = options.targets ?? {}
    const isLocal = (host: string): boolean => this.#interfaces.has(host)
    this.#targets = {
      refusedNetworks,
      isOwnPort: (target) => this.#points.some((point) => listensAt(point, target, isLocal)) || isOwnPort(target),
    }
    this.#withoutTcp = new RecentFailures(clock)
    this.#portWatches = new PortWatches(clock, sockets)
    const events = {
      message: (message: SipMessage, source: Source) => this.#receive(message, source),
      malformed: (octets: Buffer, error: SipParseError, source: Source) => this.#answerMalformed(octets, error, source),
      error: (error: Error) => log.error({ err: error }, 'SIP socket failed'),
    }
    this.#udp = new UdpTransport(sockets, events, this.#counters)
    this.#tcp = new TcpTransport(clock, sockets, events, this.#counters, random.token(12), options.limits ?? {})
  }

  /** Opens a port; 0 lets the system choose one. Rejected where it cannot be had (EADDRINUSE, EACCES). */
  async listen(options: ListenOptions): Promise<ListeningPoint> {
    const advertise = options.advertise ?? this.#advertise
    const wanted: ListeningPoint = {
      protocol: options.protocol,
      host: options.host,
      port: options.port,
      ...(advertise !== undefined && { advertise }),
    }
    const point = await (wanted.protocol === 'udp' ? this.#udp : this.#tcp).listen(wanted)
    this.#points.push(point)
    return point
  }

  get listeningPoints(): readonly ListeningPoint[] {
    return this.#points
  }

  resolve(destination: Destination): Destination | Promise<Destination> {
    if (destination.proven === undefined) return this.#resolver.resolve(destination)
    const { proven, ...said } = destination
    const resolved = this.#resolver.resolve(said)
    if (!(resolved instanceof Promise)) return this.#checkSaid(resolved, proven)
    return resolved.then(
      (numeric) => this.#checkSaid(numeric, proven),
      // A name that means something to the peer alone: without ACK and BYE it would sit in a dead call.
      () => this.#chooseProven(said, proven, 'unresolved'),
    )
  }

  avoid(name: Destination, { host, port }: Destination): void {
    // What has but one address is not avoided.
    if (bareHost(name.host) !== host) this.#resolver.avoid?.({ host, port })
  }

  send(
    message: SipMessage | Buffer,
    destination: Destination,
    onError: (error: TransportError) => void = ignore,
  ): void {
    const fail = (error: TransportError): void => {
      this.#counters.sendErrors++
      this.#log.debug({ err: error }, 'SIP message was not sent')
      onError(error)
    }
    if (this.#isClosed) {
      queueMicrotask(() => fail(new TransportError('closed', 'the SIP transport is closed')))
      return
    }
    const octets = Buffer.isBuffer(message) ? message : serializeMessage(message)
    const resolved = this.resolve(destination)
    if (!(resolved instanceof Promise)) return this.#sendOctets(octets, resolved, fail)
    resolved.then((numeric) => this.#sendOctets(octets, numeric, fail), fail)
  }

  localAddress(destination: Destination): TransportAddress {
    const { protocol, host, flow } = destination
    const point = this.#pointTowards(destination)
    const port = point?.port ?? 5060
    // On loopback nothing stands between us and the peer.
    if (isLoopback(host)) {
      if (point !== undefined && !isWildcard(point.host)) return { host: point.host, port }
      return { host: isIPv6(host) ? '::1' : '127.0.0.1', port }
    }
    const advertised = point?.advertise ?? this.#advertise
    if (advertised !== undefined) return { host: advertised.host, port: advertised.port ?? port }
    if (point !== undefined && !isWildcard(point.host)) return { host: point.host, port }
    const connected = protocol === 'tcp' && flow !== undefined ? this.#tcp.localAddress(flow)?.host : undefined
    return { host: connected || this.#interfaces.addressTowards(host), port }
  }

  hasLost({ protocol, flow }: Destination): boolean {
    return protocol === 'tcp' && flow !== undefined && !this.#tcp.has(flow)
  }

  /** Whether a phone is registered over the flow: meanwhile its connection keeps its place. */
  hold(flow: FlowId, isHeld: boolean): void {
    this.#tcp.hold(flow, isHeld)
  }

  reliableAlternative(destination: Destination): Promise<Destination> | undefined {
    const { host, port } = destination
    const isAllowed = this.#largeRequests === 'tcp' && this.#points.some((point) => point.protocol === 'tcp')
    // A phone that registered by UDP is reached by that flow or not at all.
    if (!isAllowed || destination.flow !== undefined || this.#withoutTcp.has(`${host}:${port}`)) return undefined
    const connection = { protocol: 'tcp', host, port } as const
    return this.#tcp.connect(connection).then((flow) => {
      if (flow !== undefined) return { ...connection, flow }
      this.#withoutTcp.add(`${host}:${port}`)
      return destination
    })
  }

  watchPort(destination: Destination, onRefused: () => void): () => void {
    // A connection says by itself that it is refused.
    if (destination.protocol !== 'udp') return ignore
    const local = choosePoint(
      this.#points.filter((point) => point.protocol === 'udp'),
      destination.host,
    )?.host
    return this.#portWatches.watch(destination, local === undefined || isWildcard(local) ? undefined : local, onRefused)
  }

  counters(): TransportCounts {
    return { ...this.#counters, connections: this.#tcp.connections }
  }

  /** Closes every port and connection; what is sent from now on fails. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#points.length = 0
    this.#portWatches.closeAll()
    await Promise.all([this.#udp.close(), this.#tcp.close()])
  }

  /** Why nothing is sent to an address that a peer merely said, as in SDP; undefined where it may be. `seenFrom`: see {@link decideTarget}. */
  refuseTarget(said: TransportAddress, seenFrom: TransportAddress | undefined): TargetRefusal | undefined {
    const refusal = decideTarget(said, seenFrom, this.#targets)
    // This server calls itself: then its own media ports are the other end.
    const isOurself = refusal === 'own-port' && seenFrom !== undefined && this.#targets.isOwnPort(seenFrom)
    return isOurself ? undefined : refusal
  }

  /** An address that a peer said is known only now to be none that we send to: its name may stand for any. */
  #checkSaid(said: Destination, proven: Destination): Destination | Promise<Destination> {
    if (decideTarget(said, undefined, this.#targets) === undefined) {
      return this.#hasFamilyOf(said) ? said : this.#chooseProven(said, proven, otherFamily)
    }
    const seenFrom = this.#resolver.resolve(proven)
    return seenFrom instanceof Promise
      ? seenFrom.then((numeric) => this.#chooseTarget(said, numeric))
      : this.#chooseTarget(said, seenFrom)
  }

  #chooseTarget(said: Destination, seenFrom: Destination): Destination {
    const refusal = decideTarget(said, seenFrom, this.#targets)
    if (refusal === undefined && this.#hasFamilyOf(said)) return said
    if (refusal !== undefined) this.#counters.targetsRefused++
    this.#tellProven(said, seenFrom, refusal ?? otherFamily)
    return seenFrom
  }

  #chooseProven(said: Destination, proven: Destination, reason: string): Destination | Promise<Destination> {
    this.#tellProven(said, proven, reason)
    return this.#resolver.resolve(proven)
  }

  #tellProven({ host, port }: Destination, { host: seenFrom }: Destination, reason: string): void {
    this.#log.debug({ said: `${host}:${port}`, seenFrom, reason }, 'sent to where the peer is seen instead')
  }

  /** Where we listen by one family of addresses alone, a datagram of the other has no socket to leave by. */
  #hasFamilyOf({ protocol, host }: Destination): boolean {
    const points = this.#points.filter((point) => point.protocol === 'udp')
    if (protocol !== 'udp' || points.length === 0) return true
    return points.some((point) => point.host === '::' || isIPv6(point.host) === isIPv6(host))
  }

  #sendOctets(octets: Buffer, destination: Destination, onError: (error: TransportError) => void): void {
    this.#counters.messagesSent++
    if (destination.protocol === 'udp') this.#udp.send(octets, destination, onError)
    else this.#tcp.send(octets, destination, onError)
  }

  #pointTowards({ protocol, host, flow }: Destination): ListeningPoint | undefined {
    const [only] = this.#points
    if (this.#points.length === 1) return only
    if (protocol === 'udp' && flow !== undefined) {
      const point = this.#points.find((candidate) => candidate.protocol === 'udp' && datagramFlow(candidate) === flow)
      if (point !== undefined) return point
    }
    return choosePoint(this.#pointsFor(protocol), host)
  }

  /** Those of the protocol; all of them where there is none, for a connection can be made without a port of its own. */
  #pointsFor(protocol: TransportProtocol): readonly ListeningPoint[] {
    const fitting = this.#points.filter((point) => point.protocol === protocol)
    return fitting.length > 0 ? fitting : this.#points
  }

  /** Nothing that a message sets off may tear the socket that brought it. */
  #receive(message: SipMessage, source: Source): void {
    this.#counters.messagesReceived++
    try {
      if (message.kind === 'request') stampReceived(message, source)
      this.onMessage?.(message, source)
    } catch (error) {
      this.#log.error({ err: error, host: source.host }, 'SIP message failed')
    }
  }

  #answerMalformed(octets: Buffer, error: SipParseError, source: Source): void {
    this.#counters.malformed++
    this.#log.debug({ reason: error.reason, host: source.host, protocol: source.protocol }, 'malformed SIP message')
    const answer = answerMalformed(octets, error, source, () => this.#random.token(16))
    if (answer === undefined || this.hasLost(answer.destination)) return
    const bounded = boundAnswer(answer.response, source.datagramOctets)
    if (bounded === undefined) return
    this.#counters.malformedAnswered++
    this.send(bounded, answer.destination)
  }
}
