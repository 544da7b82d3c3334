import { encodeAlaw } from '../../src/media/g711.ts'
import { TestPhone } from '../support/test-phone.ts'
import { DatagramRelay } from './datagram-relay.ts'
import { Sipp } from './sipp.ts'
import { createTone } from './wav-file.ts'

/** The SIP of a carrier, by SIPp, whose media are the test's own: they may come from any host and port of 127.0.0.0/8. */
export class MediaCarrier {
  readonly sipp: Sipp
  readonly #relay: DatagramRelay
  readonly #serverPort: { value: number }

  /** `scenarioOf` is told nothing: its steps name the hosts and ports of streams that are open already. */
  static async start(scenario: string): Promise<MediaCarrier> {
    const serverPort = { value: 0 }
    const relay = await DatagramRelay.open({
      carry: (packet, direction, deliver) => {
        if (direction === 'to-peer' && packet.subarray(0, 6).toString() === 'INVITE') {
          serverPort.value = Number(/^m=audio (\d+)/m.exec(packet.toString('latin1'))?.[1] ?? 0)
        }
        deliver(packet)
      },
    })
    const keys = { contact: String(relay.serverSidePort) }
    const sipp = await Sipp.start({ scenario, calls: 1, keys })
    relay.peerPort = sipp.port
    return new MediaCarrier(sipp, relay, serverPort)
  }

  private constructor(sipp: Sipp, relay: DatagramRelay, serverPort: { value: number }) {
    this.sipp = sipp
    this.#relay = relay
    this.#serverPort = serverPort
  }

  /** Where the server sends its INVITE. */
  get port(): number {
    return this.#relay.serverSidePort
  }

  /** Where the server receives this carrier's RTP, once its INVITE has come. */
  get mediaPort(): number {
    return this.#serverPort.value
  }

  async stop(): Promise<void> {
    await this.sipp.stop()
    this.#relay.close()
  }
}

const packetMilliseconds = 20
const packetSamples = 160

/** A stream of PCMA from one host and port, and what is heard there. */
export class MediaStream {
  readonly host: string
  readonly #phone: TestPhone
  #timer: NodeJS.Timeout | undefined

  static async open(host: string): Promise<MediaStream> {
    return new MediaStream(host, await TestPhone.open(host))
  }

  private constructor(host: string, phone: TestPhone) {
    this.host = host
    this.#phone = phone
  }

  get port(): number {
    return this.#phone.port
  }

  /** How many packets have come here. */
  get heard(): number {
    return this.#phone.heard.length
  }

  /** Sends a tone of `frequency` hertz, 0 for digital silence, until it is stopped. */
  plays(frequency: number, to: () => number): void {
    const sound = Uint8Array.from(createTone(frequency, 1).samples, encodeAlaw)
    const startedAt = performance.now()
    let sent = 0
    this.#timer = setInterval(() => {
      // On a busy machine several are due at once.
      for (; sent * packetMilliseconds <= performance.now() - startedAt; sent++) {
        const at = (sent * packetSamples) % sound.length
        if (to() > 0) this.#phone.say(to(), sound.subarray(at, at + packetSamples), 8)
      }
    }, packetMilliseconds)
  }

  stops(): void {
    clearInterval(this.#timer)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#phone.close()
  }
}
