import type { Destination } from '../transport/destination.ts'

/**
 * The ACK of a 2xx as it went out: all that is left of a call that is over, for as long as its peer may repeat the 2xx. One octet
 * is one character of a Latin-1 text: such a string is the smallest thing that holds octets.
 */
export class SentAck {
  /** CSeq number of the INVITE. */
  readonly sequence: number
  #text: string | undefined
  #destination: Destination | undefined

  constructor(sequence: number) {
    this.sequence = sequence
  }

  /** Undefined while the address is still being looked up. */
  get octets(): Buffer | undefined {
    return this.#text === undefined ? undefined : Buffer.from(this.#text, 'latin1')
  }

  get destination(): Destination | undefined {
    return this.#destination
  }

  keep(octets: Buffer, destination: Destination): void {
    this.#text = octets.toString('latin1')
    this.#destination = destination
  }
}
