import type { TransportAddress } from '../../src/sip/transport/destination.ts'
import type {
  DatagramSocket,
  Sockets,
  StreamConnection,
  StreamHandler,
  StreamListener,
} from '../../src/sip/transport/sockets.ts'

/** The peer's side of a connection, in the hands of a test. */
export class MemoryStream implements StreamConnection {
  readonly remote: TransportAddress
  readonly local: TransportAddress
  /** What a peer that does not read leaves with us. */
  backlog = 0
  written = ''
  isDestroyed = false
  handler: StreamHandler | undefined

  constructor(remote: TransportAddress, local: TransportAddress) {
    this.remote = remote
    this.local = local
  }

  write(octets: Buffer): void {
    this.written += octets.toString()
  }

  end(): void {
    this.destroy()
  }

  destroy(): void {
    if (this.isDestroyed) return
    this.isDestroyed = true
    queueMicrotask(() => this.handler?.onClosed(undefined))
  }

  /** The peer sends. */
  push(text: string): void {
    if (!this.isDestroyed) this.handler?.onData(Buffer.from(text))
  }

  /** The connection breaks, or the peer closes it. */
  break(error?: Error): void {
    this.isDestroyed = true
    this.handler?.onClosed(error)
  }
}

/** Streams without a network: a test is every peer. */
export class MemoryStreams implements Sockets {
  /** Connections that the code under test opened. */
  readonly opened: MemoryStream[] = []
  #accept: ((connection: StreamConnection) => StreamHandler | undefined) | undefined

  openDatagram(): Promise<DatagramSocket> {
    return Promise.reject(new Error('there are streams only'))
  }

  listenStream(
    local: TransportAddress,
    accept: (connection: StreamConnection) => StreamHandler | undefined,
  ): Promise<StreamListener> {
    this.#accept = accept
    return Promise.resolve({ address: local, close: () => Promise.resolve() })
  }

  connectStream(remote: TransportAddress, localHost: string | undefined, handler: StreamHandler): StreamConnection {
    const stream = new MemoryStream(remote, { host: localHost ?? '192.0.2.1', port: 40_000 + this.opened.length })
    stream.handler = handler
    this.opened.push(stream)
    return stream
  }

  /** A peer connects; it is destroyed where it was refused. */
  connect(port: number, host = '192.0.2.2'): MemoryStream {
    const stream = new MemoryStream({ host, port }, { host: '192.0.2.1', port: 5060 })
    stream.handler = this.#accept?.(stream)
    if (stream.handler === undefined) stream.isDestroyed = true
    return stream
  }
}
