import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { createServer, type Server as TlsServer } from 'node:tls'
import { addressBlock } from '../address-block.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { type CertificateFiles, Certificates, lowestVersion } from './certificates.ts'
import { ConnectionShares } from './connection-shares.ts'

/** A client that has not come to the end of its handshake by then is cut off, like one that sends no request line. */
const handshakeMilliseconds = 10_000
/** In the middle of their handshake at a time. A newcomer beyond them gets the place of the host that has most. */
const maximumHandshakes = 1000

export interface TlsFrontOptions {
  readonly certificates: readonly CertificateFiles[]
  readonly clock: Clock
  readonly log: Log
  /** For tests; 1000 otherwise. */
  readonly maximumHandshakes?: number
}

/**
 * HTTPS beside a plain HTTP server: what comes out of TLS is a connection of that server like any other, with the same limits. Throws
 * where a certificate cannot be used.
 */
export class TlsFront {
  readonly #server: TlsServer
  readonly #certificates: Certificates
  /** By the client's address and port, which is all that a raw connection and what comes out of it have in common. */
  readonly #handshakes = new ConnectionShares<string>()
  readonly #open = new Map<string, Socket>()
  readonly #maximumHandshakes: number

  constructor(http: Server, { certificates: files, clock, log, ...limits }: TlsFrontOptions) {
    this.#maximumHandshakes = limits.maximumHandshakes ?? maximumHandshakes
    this.#certificates = new Certificates(files, clock, log)
    this.#server = createServer({
      ...credentialsOf(this.#certificates),
      handshakeTimeout: handshakeMilliseconds,
      ALPNProtocols: ['http/1.1'],
      SNICallback: (name, take) => take(null, this.#certificates.contextFor(name)),
      allowHalfOpen: true,
      noDelay: true,
    })
    this.#server.maxConnections = http.maxConnections + this.#maximumHandshakes
    // The raw connection comes out again as another socket; both close together.
    this.#server.on('connection', (socket) => this.#take(socket))
    this.#server.on('secureConnection', (socket) => {
      this.#handshakes.remove(nameOf(socket))
      http.emit('connection', socket)
    })
    // Clients that speak no TLS, or an old one, knock all day long; whoever looks for one of them asks for `debug`.
    this.#server.on('tlsClientError', (error, socket) => {
      log.debug({ client: socket.remoteAddress, reason: error.message }, 'a TLS handshake failed')
      socket.destroy()
    })
  }

  /** Resolves with the port. */
  async listen(options: { readonly host: string; readonly port: number; readonly backlog: number }): Promise<number> {
    this.#server.listen(options)
    await once(this.#server, 'listening')
    this.#certificates.watch(() => this.#server.setSecureContext(credentialsOf(this.#certificates)))
    return (this.#server.address() as { port: number }).port
  }

  #take(socket: Socket): void {
    const host = addressBlock(socket.remoteAddress ?? '')
    if (this.#handshakes.size >= this.#maximumHandshakes) {
      const chosen = this.#handshakes.choose(host, () => true)?.holder ?? ''
      this.#handshakes.remove(chosen)
      this.#open.get(chosen)?.destroy()
    }
    const name = nameOf(socket)
    this.#open.set(name, socket)
    this.#handshakes.add(name, host)
    socket.once('close', () => {
      this.#handshakes.remove(name)
      if (this.#open.get(name) === socket) this.#open.delete(name)
    })
  }

  /** Takes no more connections. */
  stop(): void {
    this.#certificates.stop()
    this.#server.close()
  }

  /** Ends what is left, when the HTTP server has closed: it knows nothing of clients that are in the middle of their handshake. */
  end(): void {
    for (const socket of this.#open.values()) socket.destroy()
  }
}

const nameOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

const credentialsOf = ({ first: { cert, key } }: Certificates) => ({ cert, key, minVersion: lowestVersion }) as const
