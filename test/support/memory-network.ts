import type { Clock } from '../../src/clock.ts'

export interface NetworkAddress {
  readonly host: string
  readonly port: number
}

/** What becomes of one datagram: the delays, in milliseconds, of each copy that arrives; none where it is lost. */
export type DatagramFate = readonly number[]

/** Decides a datagram's fate; `index` counts the datagrams of the whole network. */
export type Faults = (datagram: Buffer, from: NetworkAddress, to: NetworkAddress, index: number) => DatagramFate

/** Loopback as it should be: everything arrives after one millisecond, in order. */
export const faultless: Faults = () => [1]

/** A datagram as it was sent, for tests that look at the wire. */
export interface SentDatagram {
  readonly at: number
  readonly from: NetworkAddress
  readonly to: NetworkAddress
  readonly text: string
}

type Receiver = (datagram: Buffer, from: NetworkAddress) => void

/** An in-memory datagram network in virtual time that can drop, delay, duplicate and reorder. */
export class MemoryNetwork {
  faults: Faults = faultless
  readonly sent: SentDatagram[] = []
  readonly #clock: Clock
  readonly #closed = new Set<string>()
  readonly #receivers = new Map<string, Receiver>()
  #index = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  bind(address: NetworkAddress, receiver: Receiver): void {
    this.#receivers.set(key(address), receiver)
  }

  /** From now on the host says by ICMP that nobody listens at this port. */
  closePort(address: NetworkAddress): void {
    this.#closed.add(key(address))
  }

  openPort(address: NetworkAddress): void {
    this.#closed.delete(key(address))
  }

  isClosed(address: NetworkAddress): boolean {
    return this.#closed.has(key(address))
  }

  /** After the time that a datagram takes. */
  later(task: () => void): void {
    this.#clock.setTimeout(task, 1)
  }

  unbind(address: NetworkAddress): void {
    this.#receivers.delete(key(address))
  }

  send(datagram: Buffer, from: NetworkAddress, to: NetworkAddress): void {
    this.sent.push({ at: this.#clock.now(), from, to, text: datagram.toString() })
    for (const delay of this.faults(datagram, from, to, this.#index++)) {
      // A receiver that has gone by then hears nothing, as with UDP.
      this.#clock.setTimeout(() => this.#receivers.get(key(to))?.(Buffer.from(datagram), from), delay)
    }
  }

  /** First lines of what was sent, as `from-port > to-port METHOD or status`. */
  summary(): string[] {
    return this.sent.map(({ from, to, text }) => `${from.port}>${to.port} ${summarize(text)}`)
  }
}

const key = ({ host, port }: NetworkAddress): string => `${host}:${port}`

const summarize = (text: string): string => {
  const first = text.slice(0, text.indexOf('\r\n'))
  const method = /^CSeq:\s*\d+\s+(\w+)/im.exec(text)?.[1] ?? ''
  return first.startsWith('SIP/2.0') ? `${first.slice(8, 11)} ${method}` : (first.split(' ')[0] ?? '')
}
