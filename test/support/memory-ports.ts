import type { DatagramPort, PortPair, Receive } from '../../src/media/socket-pair.ts'

export interface SentDatagram {
  readonly packet: Buffer
  /** `HOST:PORT` */
  readonly to: string
}

/** A UDP port without a network: what is sent is kept, and what arrives is what a test says. */
export class MemoryPort implements DatagramPort {
  receive: Receive = () => {}
  readonly sent: SentDatagram[] = []
  #peer: { readonly host: string; readonly port: number } | undefined

  get connected(): boolean {
    return this.#peer !== undefined
  }

  connect(host: string, port: number): void {
    this.#peer = { host, port }
  }

  disconnect(): void {
    this.#peer = undefined
  }

  send(packet: Uint8Array): void {
    if (this.#peer === undefined) throw new Error('not connected')
    this.sendTo(packet, this.#peer.host, this.#peer.port)
  }

  sendTo(packet: Uint8Array, host: string, port: number): void {
    this.sent.push({ packet: Buffer.from(packet), to: `${host}:${port}` })
  }

  /** A connected socket hears its peer only, as the kernel has it. */
  arrives(packet: Uint8Array, host: string, port: number): void {
    if (this.#peer !== undefined && (this.#peer.host !== host || this.#peer.port !== port)) return
    this.receive(Buffer.from(packet), host, port)
  }
}

export class MemoryPair implements PortPair {
  readonly port: number
  readonly rtp = new MemoryPort()
  readonly rtcp = new MemoryPort()
  isClosed = false

  constructor(port: number) {
    this.port = port
  }

  reset(): void {
    for (const port of [this.rtp, this.rtcp]) {
      port.receive = () => {}
      port.disconnect()
    }
  }

  close(): void {
    this.isClosed = true
  }
}
