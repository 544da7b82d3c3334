import type { TransportAddress } from './destination.ts'

/** A bound UDP socket. */
export interface DatagramSocket {
  /** The address it was bound to, with the port that the system chose. */
  readonly address: TransportAddress
  /** `onError` is called later, never from within. */
  send(datagram: Buffer, to: TransportAddress, onError: (error: Error) => void): void
  close(): Promise<void>
}

export interface DatagramHandler {
  onDatagram(datagram: Buffer, from: TransportAddress): void
  /** An error that belongs to no datagram in particular; the socket stays open. */
  onError(error: Error): void
}

/** One TCP connection, ours or a peer's; none of its methods throws. */
export interface StreamConnection {
  readonly remote: TransportAddress
  readonly local: TransportAddress
  /** Octets handed to `write` that the peer has not taken. */
  readonly backlog: number
  write(octets: Buffer): void
  /** Sends what is left, then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}

export interface StreamHandler {
  /** Only for connections that we opened. */
  onConnected(): void
  onData(chunk: Buffer): void
  /** The last call: the peer has closed its side, an error broke the connection, or it was destroyed. */
  onClosed(error: Error | undefined): void
}

export interface StreamListener {
  readonly address: TransportAddress
  /** Stops to listen; connections live on. */
  close(): Promise<void>
}

/** A connected UDP socket that finds out whether somebody listens at a port. */
export interface PortProbe {
  /** Sends an empty line there. */
  ask(): void
  close(): void
}

/** The operating system's sockets, or a test's in-memory ones. Addresses are numeric. */
export interface Sockets {
  openDatagram(local: TransportAddress, handler: DatagramHandler): Promise<DatagramSocket>
  /** `accept` returns undefined to refuse a connection. */
  listenStream(
    local: TransportAddress,
    accept: (connection: StreamConnection) => StreamHandler | undefined,
    onError: (error: Error) => void,
  ): Promise<StreamListener>
  /**
   * `onRefused` is called at most once, when ICMP says that the port is closed; the probe has ended then. Without this method nothing
   * is ever known of a port.
   */
  probePort?(remote: TransportAddress, localHost: string | undefined, onRefused: () => void): PortProbe
  connectStream(remote: TransportAddress, localHost: string | undefined, handler: StreamHandler): StreamConnection
}
