import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { DatagramRelay } from './datagram-relay.ts'

/**
 * A NAT between the server and one phone that sends all its SIP to `sipPort`. The phone's SDP names a port that reaches nobody; its RTP
 * comes from another one, and from yet another after `moves`, as when a mapping has expired or the router has restarted. Only what is
 * sent to the newest of them finds its way back.
 */
export class NatPath {
  /** Datagrams sent to the port that the phone's SDP names. */
  sentAstray = 0
  readonly #sip: DatagramRelay
  readonly #inside: Socket
  readonly #hidden: Socket
  #outside: Socket
  #phonePort = 0
  #serverPort = 0

  static async open(serverSipPort: number): Promise<NatPath> {
    const [inside, hidden, outside] = [await bound(), await bound(), await bound()]
    let path: NatPath | undefined
    const sip = await DatagramRelay.open({
      carry: (packet, direction, deliver) => deliver(path?.translate(packet, direction === 'to-peer') ?? packet),
    })
    sip.serverPort = serverSipPort
    path = new NatPath(sip, inside, hidden, outside)
    return path
  }

  private constructor(sip: DatagramRelay, inside: Socket, hidden: Socket, outside: Socket) {
    this.#sip = sip
    this.#inside = inside
    this.#hidden = hidden
    this.#outside = outside
    hidden.on('message', () => this.sentAstray++)
    inside.on('message', (packet, { port }) => {
      this.#phonePort = port
      if (this.#serverPort > 0) this.#outside.send(packet, this.#serverPort, '127.0.0.1')
    })
    this.#listen()
  }

  get sipPort(): number {
    return this.#sip.peerSidePort
  }

  /** From now on the phone's RTP comes from another port, and what is sent to the one before is lost. */
  async moves(): Promise<void> {
    const before = this.#outside
    this.#outside = await bound()
    this.#listen()
    before.close()
  }

  close(): void {
    this.#sip.close()
    for (const socket of [this.#inside, this.#hidden, this.#outside]) socket.close()
  }

  /** The phone's SDP names the hidden port, the server's names ours. */
  translate(packet: Buffer, isToPhone: boolean): Buffer {
    const text = packet.toString('latin1')
    const port = Number(/^m=audio (\d+)/m.exec(text)?.[1] ?? 0)
    if (port === 0) return packet
    if (isToPhone) this.#serverPort = port
    else this.#phonePort = port
    const shown = (isToPhone ? this.#inside : this.#hidden).address().port
    const changed = text.replace(/^m=audio \d+/m, `m=audio ${shown}`).replace(/^a=rtcp:\d+\S*\r\n/m, '')
    const length = changed.length - (changed.indexOf('\r\n\r\n') + 4)
    return Buffer.from(changed.replace(/^(Content-Length:\s*)\d+/im, `$1${length}`), 'latin1')
  }

  #listen(): void {
    this.#outside.on('message', (packet) => this.#inside.send(packet, this.#phonePort, '127.0.0.1'))
  }
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  // A side that is gone answers by ICMP; that is its own affair.
  socket.on('error', () => {})
  return socket
}
