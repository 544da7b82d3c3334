import { createSocket } from 'node:dgram'
import { connect, createServer, Socket } from 'node:net'
import type { TransportAddress } from './destination.ts'
import { bareHost, isIPv6 } from './host.ts'
import type {
  DatagramHandler,
  DatagramSocket,
  PortProbe,
  Sockets,
  StreamConnection,
  StreamHandler,
  StreamListener,
} from './sockets.ts'

/** Room for a burst of requests while the event loop is busy; the kernel caps it at net.core.rmem_max. */
const receiveBufferOctets = 4 * 1024 * 1024
/** TCP's own probes find peers that vanished without a word. */
const keepAliveMilliseconds = 60_000

/** The sockets of the operating system. */
export const nodeSockets: Sockets = {
  openDatagram: (local, handler) => openDatagram(local, handler),
  listenStream: (local, accept, onError) => listenStream(local, accept, onError),
  probePort: (remote, localHost, onRefused) => probePort(remote, localHost, onRefused),
  connectStream(remote, localHost, handler) {
    const socket = openConnection(remote, localHost)
    const connection = new NodeStreamConnection(socket, remote)
    socket.once('connect', () => handler.onConnected())
    attach(socket, handler)
    return connection
  },
}

const openConnection = (remote: TransportAddress, localHost: string | undefined): Socket => {
  try {
    return connect({
      host: remote.host,
      port: remote.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMilliseconds,
      ...(localHost !== undefined && { localAddress: localHost }),
    })
  } catch (error) {
    // A port out of range: Node throws it. It is told like any other failure, later.
    return new Socket().destroy(error as Error)
  }
}

/** Addresses are numeric, so there is nothing to look up; Node's own lookup would put every datagram off by a tick. */
const numericLookup = (
  host: string,
  family: unknown,
  callback: (error: Error | null, host: string, family: number) => void,
): void => callback(null, host, family as number)

const openDatagram = (local: TransportAddress, handler: DatagramHandler): Promise<DatagramSocket> =>
  new Promise((resolve, reject) => {
    const isV6 = isIPv6(local.host)
    const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', lookup: numericLookup as never })
    socket.once('error', reject)
    socket.bind({ address: local.host, port: local.port, exclusive: true }, () => {
      socket.off('error', reject)
      socket.on('error', (error) => handler.onError(error))
      socket.on('message', (datagram, { address, port }) => {
        handler.onDatagram(datagram, { host: bareHost(address), port })
      })
      try {
        socket.setRecvBufferSize(receiveBufferOctets)
      } catch {
        // The system's default is all there is.
      }
      resolve({
        address: { host: local.host, port: socket.address().port },
        send(datagram, to, onError) {
          try {
            const host = isV6 && !isIPv6(to.host) ? `::ffff:${to.host}` : to.host
            socket.send(datagram, to.port, host, (error) => error && onError(error))
          } catch (error) {
            // A closed socket, a port out of range: Node throws these.
            queueMicrotask(() => onError(error as Error))
          }
        },
        close: () => new Promise((closed) => socket.close(() => closed())),
      })
    })
  })

const emptyLine = Buffer.from('\r\n\r\n')

function probePort(remote: TransportAddress, localHost: string | undefined, onRefused: () => void): PortProbe {
  const isV6 = isIPv6(remote.host)
  const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', lookup: numericLookup as never })
  let state: 'connecting' | 'asking' | 'connected' | 'closed' = 'connecting'
  const close = () => {
    if (state === 'closed') return
    state = 'closed'
    socket.close()
  }
  const ask = () => {
    if (state === 'connected') socket.send(emptyLine)
    else if (state === 'connecting') state = 'asking'
  }
  socket.on('error', (error: NodeJS.ErrnoException) => {
    const wasOpen = state !== 'closed'
    close()
    if (wasOpen && error.code === 'ECONNREFUSED') onRefused()
  })
  socket.unref()
  const connect = () => {
    if (state === 'closed') return
    try {
      socket.connect(remote.port, remote.host, () => {
        const wasAsked = state === 'asking'
        if (state === 'closed') return
        state = 'connected'
        if (wasAsked) ask()
      })
    } catch {
      // A port out of range, as an SRV record can name: Node throws it. What is sent there fails by itself.
      close()
    }
  }
  if (localHost === undefined) connect()
  else socket.bind({ address: localHost, port: 0 }, connect)
  return { ask, close }
}

const listenStream = (
  local: TransportAddress,
  accept: (connection: StreamConnection) => StreamHandler | undefined,
  onError: (error: Error) => void,
): Promise<StreamListener> =>
  new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMilliseconds })
    server.on('connection', (socket) => {
      const remote = { host: bareHost(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
      const handler = accept(new NodeStreamConnection(socket, remote))
      if (handler !== undefined) return attach(socket, handler)
      socket.on('error', () => {})
      socket.destroy()
    })
    server.once('error', reject)
    server.listen({ host: local.host, port: local.port, exclusive: true }, () => {
      server.off('error', reject)
      server.on('error', onError)
      const bound = server.address()
      const port = typeof bound === 'object' && bound !== null ? bound.port : local.port
      resolve({
        address: { host: local.host, port },
        close: () => new Promise((closed) => server.close(() => closed())),
      })
    })
  })

const attach = (socket: Socket, handler: StreamHandler): void => {
  let failure: Error | undefined
  socket.on('data', (chunk: Buffer) => handler.onData(chunk))
  socket.on('error', (error) => {
    failure = error
  })
  // Once the peer has closed its side Node closes ours (allowHalfOpen is off), after what is left has been sent.
  socket.once('close', () => handler.onClosed(failure))
}

class NodeStreamConnection implements StreamConnection {
  readonly remote: TransportAddress
  readonly #socket: Socket

  constructor(socket: Socket, remote: TransportAddress) {
    this.#socket = socket
    this.remote = remote
  }

  get local(): TransportAddress {
    return { host: bareHost(this.#socket.localAddress ?? ''), port: this.#socket.localPort ?? 0 }
  }

  get backlog(): number {
    return this.#socket.writableLength
  }

  write(octets: Buffer): void {
    this.#socket.write(octets)
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
