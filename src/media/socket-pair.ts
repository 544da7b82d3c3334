import { createSocket, type Socket } from 'node:dgram'
import { isIP } from 'node:net'

/** Every address that reaches these sockets is a literal; asking a resolver would cost a turn of the event loop. */
const literal = (
  address: string,
  _options: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void => done(null, address, isIP(address))

export type Receive = (packet: Buffer, host: string, port: number) => void

const ignore: Receive = () => {}

/** One bound UDP port, as those who use it see it. */
export interface DatagramPort {
  /** Called with each datagram. */
  receive: Receive
  readonly connected: boolean
  /** From now on the kernel drops what comes from elsewhere, and sending needs no address. */
  connect(host: string, port: number): void
  disconnect(): void
  /** Only while connected. */
  send(packet: Uint8Array): void
  sendTo(packet: Uint8Array, host: string, port: number): void
}

/** RTP on the even port, RTCP on the odd one above (RFC 3550 section 11). */
export interface PortPair {
  readonly port: number
  readonly rtp: DatagramPort
  readonly rtcp: DatagramPort
  /** Back to how it was when it was bound. */
  reset(): void
  close(): void
}

/** One bound UDP socket that is used for call after call: its owner changes, its listener stays. */
export class PortSocket implements DatagramPort {
  receive: Receive = ignore
  /** ICMP errors and the like, since it was bound. */
  errors = 0
  readonly #socket: Socket
  #connected = false
  #bound: PromiseWithResolvers<void> | undefined

  constructor(host: string) {
    this.#socket = createSocket({ type: isIP(host) === 6 ? 'udp6' : 'udp4', lookup: literal })
    // No listener is ever taken off: the emitter looks events up faster while its table only grew.
    this.#socket.on('message', (packet, remote) => this.receive(packet, remote.address, remote.port))
    this.#socket.on('listening', () => this.#bound?.resolve())
    this.#socket.on('error', (error) => {
      // A phone that has gone answers with ICMP; that ends no call, RTP or signalling says when it is over.
      this.errors++
      this.#bound?.reject(error)
    })
  }

  get connected(): boolean {
    return this.#connected
  }

  bind(host: string, port: number): Promise<void> {
    this.#bound = Promise.withResolvers()
    this.#socket.bind({ address: host, port, exclusive: true })
    return this.#bound.promise.finally(() => {
      this.#bound = undefined
    })
  }

  connect(host: string, port: number): void {
    if (this.#connected) this.disconnect()
    try {
      this.#socket.connect(port, host)
      this.#connected = true
    } catch {
      this.errors++
    }
  }

  disconnect(): void {
    if (!this.#connected) return
    this.#connected = false
    try {
      this.#socket.disconnect()
    } catch {
      this.errors++
    }
  }

  send(packet: Uint8Array): void {
    try {
      this.#socket.send(packet)
    } catch {
      this.errors++
    }
  }

  sendTo(packet: Uint8Array, host: string, port: number): void {
    try {
      this.#socket.send(packet, port, host)
    } catch {
      this.errors++
    }
  }

  /** Back to how it was when it was bound. */
  reset(): void {
    this.receive = ignore
    this.disconnect()
  }

  close(): void {
    this.receive = ignore
    this.#socket.close()
  }
}

export class SocketPair implements PortPair {
  readonly port: number
  readonly rtp: PortSocket
  readonly rtcp: PortSocket

  private constructor(port: number, rtp: PortSocket, rtcp: PortSocket) {
    this.port = port
    this.rtp = rtp
    this.rtcp = rtcp
  }

  /** Rejects if either port is taken; then neither is held. */
  static async bind(host: string, port: number): Promise<SocketPair> {
    const pair = new SocketPair(port, new PortSocket(host), new PortSocket(host))
    try {
      await pair.rtp.bind(host, port)
      await pair.rtcp.bind(host, port + 1)
    } catch (error) {
      pair.close()
      throw error
    }
    return pair
  }

  reset(): void {
    this.rtp.reset()
    this.rtcp.reset()
  }

  close(): void {
    this.rtp.close()
    this.rtcp.close()
  }
}
