import type { Clock } from '../../clock.ts'
import type { SipMessage } from '../message/message.ts'
import type { SipParseError } from '../message/sip-parse-error.ts'
import type { Destination, FlowId, Source, TransportAddress } from './destination.ts'
import { isIPv6, isWildcard } from './host.ts'
import { choosePoint, type ListeningPoint } from './listening-point.ts'
import type { Sockets, StreamConnection, StreamHandler, StreamListener } from './sockets.ts'
import { TcpConnection, type TcpConnectionLimits, type TcpConnectionOwner } from './tcp-connection.ts'
import { type TcpPlaceLimits, TcpPlaces } from './tcp-places.ts'
import type { TransportCounters } from './transport-counters.ts'
import { TransportError } from './transport-error.ts'

export interface TcpLimits extends TcpConnectionLimits, TcpPlaceLimits {}

export const defaultTcpLimits: TcpLimits = {
  connections: 10_000,
  connectionsPerHost: 1000,
  strangers: 2000,
  strangersPerHost: 100,
  connectMilliseconds: 4000,
  messageMilliseconds: 10_000,
  idleMilliseconds: 3_900_000,
  strangerIdleMilliseconds: 60_000,
  backlogOctets: 1024 * 1024,
  strangerOctets: 32_768,
}

/** Who hears what TCP brings. */
export interface TransportEvents {
  message(message: SipMessage, source: Source): void
  malformed(octets: Buffer, error: SipParseError, source: Source): void
  error(error: Error): void
}

/** TCP: connections by flow and by the peer's address, reused both ways (RFC 3261 section 18.1.1), bounded in number and time. */
export class TcpTransport implements TcpConnectionOwner {
  readonly clock: Clock
  readonly limits: TcpLimits
  readonly #sockets: Sockets
  readonly #events: TransportEvents
  readonly #counters: TransportCounters
  /** Makes flows of this process unlike those of any other. */
  readonly #flowPrefix: string
  #flowCount = 0
  readonly #listeners: StreamListener[] = []
  readonly #points: ListeningPoint[] = []
  readonly #byFlow = new Map<FlowId, TcpConnection>()
  /** The newest connection with each peer address. */
  readonly #byAddress = new Map<string, TcpConnection>()
  readonly #places: TcpPlaces<TcpConnection>
  readonly #waiting = new Map<TcpConnection, (flow: FlowId | undefined) => void>()

  constructor(
    clock: Clock,
    sockets: Sockets,
    events: TransportEvents,
    counters: TransportCounters,
    processToken: string,
    limits: Partial<TcpLimits>,
  ) {
    this.clock = clock
    this.#sockets = sockets
    this.#events = events
    this.#counters = counters
    this.#flowPrefix = `tcp:${processToken}:`
    this.limits = { ...defaultTcpLimits, ...limits }
    this.#places = new TcpPlaces(this.limits)
  }

  get connections(): number {
    return this.#byFlow.size
  }

  async listen(point: ListeningPoint): Promise<ListeningPoint> {
    const listener = await this.#sockets.listenStream(
      point,
      (stream) => this.#accept(stream),
      (error) => this.#events.error(error),
    )
    this.#listeners.push(listener)
    const bound: ListeningPoint = { ...point, port: listener.address.port }
    this.#points.push(bound)
    return bound
  }

  send(octets: Buffer, destination: Destination, onError: (error: TransportError) => void): void {
    const connection = this.#find(destination) ?? this.#open(destination)
    if (connection !== undefined) return connection.send(octets, onError)
    queueMicrotask(() => onError(new TransportError('limit', `too many connections for one to ${destination.host}`)))
  }

  /** Sets a connection up, or finds it; undefined if there is none to be had. */
  connect(destination: Destination): Promise<FlowId | undefined> {
    const connection = this.#find(destination) ?? this.#open(destination)
    if (connection === undefined || !connection.isConnecting) return Promise.resolve(connection?.flow)
    return new Promise((resolve) => {
      const before = this.#waiting.get(connection)
      this.#waiting.set(connection, (flow) => {
        before?.(flow)
        resolve(flow)
      })
    })
  }

  has(flow: FlowId): boolean {
    return this.#byFlow.has(flow)
  }

  /** Whether a phone is registered over the flow: meanwhile its connection keeps its place. */
  hold(flow: FlowId, isHeld: boolean): void {
    const connection = this.#byFlow.get(flow)
    if (connection === undefined) return
    connection.hold(isHeld)
    this.#places.setStranger(connection, !connection.isHeld)
  }

  /** Our side of a flow's connection. */
  localAddress(flow: FlowId): TransportAddress | undefined {
    return this.#byFlow.get(flow)?.stream.local
  }

  /** Ends every connection at once, and listens no more. */
  async close(): Promise<void> {
    const closing = this.#listeners.splice(0).map((listener) => listener.close())
    for (const connection of [...this.#byFlow.values()]) connection.close()
    await Promise.all(closing)
  }

  connected(connection: TcpConnection): void {
    this.#settle(connection, connection.flow)
  }

  message(message: SipMessage, connection: TcpConnection): void {
    this.#events.message(message, this.#source(connection))
  }

  malformed(octets: Buffer, error: SipParseError, connection: TcpConnection): void {
    this.#events.malformed(octets, error, this.#source(connection))
  }

  keepAlive(): void {
    this.#counters.keepAlives++
  }

  closed(connection: TcpConnection, dropped: boolean): void {
    if (dropped) this.#counters.connectionsDropped++
    const { remote } = connection.stream
    const address = addressKey(remote)
    this.#byFlow.delete(connection.flow)
    if (this.#byAddress.get(address) === connection) this.#byAddress.delete(address)
    this.#places.remove(connection)
    this.#settle(connection, undefined)
  }

  #settle(connection: TcpConnection, flow: FlowId | undefined): void {
    const waiting = this.#waiting.get(connection)
    if (waiting === undefined) return
    this.#waiting.delete(connection)
    waiting(flow)
  }

  #find(destination: Destination): TcpConnection | undefined {
    const byFlow = destination.flow === undefined ? undefined : this.#byFlow.get(destination.flow)
    return byFlow ?? this.#byAddress.get(addressKey(destination))
  }

  #accept(stream: StreamConnection): StreamHandler | undefined {
    if (!this.#makeRoom(stream.remote.host, true)) {
      this.#counters.connectionsRefused++
      return undefined
    }
    this.#counters.connectionsAccepted++
    return this.#adopt(stream, false)
  }

  #open(destination: Destination): TcpConnection | undefined {
    const { host, port } = destination
    if (!this.#makeRoom(host, false)) {
      this.#counters.connectionsRefused++
      return undefined
    }
    this.#counters.connectionsOpened++
    const point = choosePoint(this.#points, host)
    // From the address that we listen at, so that the peer sees one and the same.
    const isUsable = point !== undefined && !isWildcard(point.host) && isIPv6(point.host) === isIPv6(host)
    const localHost = isUsable ? point.host : undefined
    return this.#adopt((handler) => this.#sockets.connectStream({ host, port }, localHost, handler), true)
  }

  #adopt(stream: StreamConnection | ((handler: StreamHandler) => StreamConnection), isOurs: boolean): TcpConnection {
    const connection = new TcpConnection(`${this.#flowPrefix}${this.#flowCount++}`, this, isOurs)
    connection.attach(typeof stream === 'function' ? stream(connection) : stream)
    const { remote } = connection.stream
    this.#byFlow.set(connection.flow, connection)
    this.#byAddress.set(addressKey(remote), connection)
    this.#places.add(connection, remote.host, !isOurs)
    return connection
  }

  #makeRoom(host: string, isStranger: boolean): boolean {
    const { room, evict } = this.#places.decide(host, isStranger)
    if (evict !== undefined) {
      this.#places.remove(evict)
      evict.evict()
    }
    return room
  }

  #source(connection: TcpConnection): Source {
    const { remote, local } = connection.stream
    return { protocol: 'tcp', host: remote.host, port: remote.port, local, flow: connection.flow }
  }
}

const addressKey = ({ host, port }: TransportAddress): string => `${host}:${port}`
