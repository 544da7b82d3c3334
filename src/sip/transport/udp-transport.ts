import { parseMessage } from '../message/parse-message.ts'
import { SipParseError } from '../message/sip-parse-error.ts'
import type { Destination, FlowId, Source, TransportAddress } from './destination.ts'
import { choosePoint, datagramFlow, type ListeningPoint } from './listening-point.ts'
import type { DatagramSocket, Sockets } from './sockets.ts'
import type { TransportEvents } from './tcp-transport.ts'
import type { TransportCounters } from './transport-counters.ts'
import { TransportError } from './transport-error.ts'

interface BoundPoint extends ListeningPoint {
  readonly socket: DatagramSocket
  readonly flow: FlowId
}

/** Longer ones are messages or nothing at all. */
const longestKeepAlive = 4

/** UDP: a datagram is a message (RFC 3261 section 18.3), but for the keep-alives that phones behind a NAT send. */
export class UdpTransport {
  readonly #sockets: Sockets
  readonly #events: TransportEvents
  readonly #counters: TransportCounters
  #points: BoundPoint[] = []

  constructor(sockets: Sockets, events: TransportEvents, counters: TransportCounters) {
    this.#sockets = sockets
    this.#events = events
    this.#counters = counters
  }

  async listen(point: ListeningPoint): Promise<ListeningPoint> {
    // Datagrams may come before the port is known here.
    let local: TransportAddress = point
    let flow = datagramFlow(point)
    const socket = await this.#sockets.openDatagram(point, {
      onDatagram: (datagram, from) => this.#receive(datagram, from, local, flow),
      onError: (error) => this.#events.error(error),
    })
    local = socket.address
    flow = datagramFlow(local)
    const bound: ListeningPoint = { ...point, port: local.port }
    this.#points.push({ ...bound, socket, flow })
    return bound
  }

  send(octets: Buffer, destination: Destination, onError: (error: TransportError) => void): void {
    const point = this.#find(destination)
    const { host, port } = destination
    if (point === undefined) {
      queueMicrotask(() => onError(new TransportError('unsupported', 'no UDP port is open')))
      return
    }
    point.socket.send(octets, destination, (error) => {
      onError(
        new TransportError('unreachable', `nothing can be sent to ${host}:${port}: ${error.message}`, { cause: error }),
      )
    })
  }

  async close(): Promise<void> {
    const points = this.#points
    this.#points = []
    await Promise.all(points.map(({ socket }) => socket.close()))
  }

  /** The socket that heard the peer; requests and responses must go out by it to pass its NAT (RFC 3581 section 4). */
  #find({ flow, host }: Destination): BoundPoint | undefined {
    const byFlow = flow === undefined ? undefined : this.#points.find((point) => point.flow === flow)
    return byFlow ?? choosePoint(this.#points, host)
  }

  #receive(datagram: Buffer, from: TransportAddress, local: TransportAddress, flow: FlowId): void {
    if (datagram.length <= longestKeepAlive) {
      this.#counters.keepAlives++
      return
    }
    const { host, port } = from
    const source: Source = { protocol: 'udp', host, port, local, flow, datagramOctets: datagram.length }
    try {
      const message = parseMessage(datagram)
      this.#events.message(message, source)
    } catch (error) {
      if (error instanceof SipParseError) this.#events.malformed(datagram, error, source)
      else this.#events.error(error as Error)
    }
  }
}
