import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'

export type Direction = 'to-peer' | 'to-server'

/**
 * What becomes of a packet: call `deliver` at once for a good network, later for a slow one, twice, with another packet, or not at
 * all.
 */
export type Carry = (packet: Buffer, direction: Direction, deliver: (packet: Buffer) => void) => void

/** An empty line (RFC 3261 section 7.5): who sends one from a port of its own, to learn whether anybody listens, wants nothing sent there. */
const longestEmptyLine = 4

export interface DatagramRelayOptions {
  /** The peer's port of loopback; may be set later. */
  readonly peerPort?: number
  readonly carry: Carry
  /** The ports of loopback that the server and the peer send to; free ones if absent. */
  readonly serverSidePort?: number
  readonly peerSidePort?: number
}

/** A network between the server and one peer that loses, delays and changes what a test wants it to. */
export class DatagramRelay {
  peerPort: number
  /** Where the server sends what is meant for the peer, and sees the peer's packets come from. */
  readonly serverSidePort: number
  /** The same for the peer. */
  readonly peerSidePort: number
  readonly #serverSide: Socket
  readonly #peerSide: Socket
  /** The server's port, once something has come from it; or wherever the test says that it is. */
  serverPort = 0

  static async open(options: DatagramRelayOptions): Promise<DatagramRelay> {
    const serverSide = await bound(options.serverSidePort)
    try {
      return new DatagramRelay(options, serverSide, await bound(options.peerSidePort))
    } catch (error) {
      serverSide.close()
      throw error
    }
  }

  private constructor({ peerPort = 0, carry }: DatagramRelayOptions, serverSide: Socket, peerSide: Socket) {
    this.peerPort = peerPort
    this.#serverSide = serverSide
    this.#peerSide = peerSide
    this.serverSidePort = serverSide.address().port
    this.peerSidePort = peerSide.address().port
    serverSide.on('message', (packet: Buffer, { port }: RemoteInfo) => {
      if (packet.length > longestEmptyLine) this.serverPort = port
      carry(packet, 'to-peer', (carried) => this.#send(peerSide, carried, this.peerPort))
    })
    peerSide.on('message', (packet: Buffer, { port }: RemoteInfo) => {
      this.peerPort = port
      carry(packet, 'to-server', (carried) => this.#send(serverSide, carried, this.serverPort))
    })
  }

  close(): void {
    for (const socket of [this.#serverSide, this.#peerSide]) socket.close()
  }

  /** What is delivered after the test, or to nobody yet, is lost. */
  #send(socket: Socket, packet: Buffer, port: number): void {
    if (port === 0) return
    try {
      socket.send(packet, port, '127.0.0.1', () => {})
    } catch {}
  }
}

async function bound(port = 0): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  // A peer that is gone answers by ICMP; that is its own affair.
  socket.on('error', () => {})
  return socket
}
