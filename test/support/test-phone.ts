import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** An RTP endpoint of a test: two real loopback sockets, and every packet that came. */
export class TestPhone {
  readonly rtp: Socket
  readonly rtcp: Socket
  readonly heard: Buffer[] = []
  readonly reports: Buffer[] = []
  sequence = 100
  timestamp = 10_000
  ssrc = 0x1234

  private constructor(rtp: Socket, rtcp: Socket) {
    this.rtp = rtp
    this.rtcp = rtcp
    rtp.on('message', (packet) => this.heard.push(packet))
    rtcp.on('message', (packet) => this.reports.push(packet))
    for (const socket of [rtp, rtcp]) socket.on('error', () => {})
  }

  static async open(host = '127.0.0.1'): Promise<TestPhone> {
    const sockets = [createSocket('udp4'), createSocket('udp4')] as const
    for (const socket of sockets) {
      socket.bind(0, host)
      await once(socket, 'listening')
    }
    return new TestPhone(...sockets)
  }

  get port(): number {
    return this.rtp.address().port
  }

  get rtcpPort(): number {
    return this.rtcp.address().port
  }

  /** Sends the next packet of its stream. */
  say(to: number, payload: Uint8Array, payloadType: number, marker = false): void {
    const packet = Buffer.alloc(12 + payload.length)
    packet[0] = 0x80
    packet[1] = (marker ? 0x80 : 0) | payloadType
    packet.writeUInt16BE(this.sequence++ & 0xffff, 2)
    packet.writeUInt32BE(this.timestamp >>> 0, 4)
    packet.writeUInt32BE(this.ssrc, 8)
    packet.set(payload, 12)
    this.timestamp += 160
    this.rtp.send(packet, to, '127.0.0.1')
  }

  /** Resolves when `count` packets have come in all. */
  async hears(count: number, list: readonly Buffer[] = this.heard): Promise<void> {
    const giveUpAt = performance.now() + 20_000
    while (list.length < count) {
      if (performance.now() > giveUpAt) throw new Error(`heard ${list.length} of ${count} packets`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  close(): void {
    this.rtp.close()
    this.rtcp.close()
  }
}
