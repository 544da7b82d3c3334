import { dtmfKeys } from './dtmf.ts'
import { isMarkedPacket, timestampOf } from './rtp-header.ts'

/**
 * RFC 4733 section 2.3:
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |     event     |E|R| volume    |          duration             |
 */
const payloadLength = 4

export type DtmfListener = (digit: string, milliseconds: number) => void

/**
 * Turns the many packets of a key press into one call of the listener: at the first packet with the end bit, or, if all three of
 * those were lost, when the next key or other sound follows.
 */
export class TelephoneEventDetector {
  readonly #listener: DtmfListener
  /** Of the newest event, and of the one before it. */
  #timestamp: number | undefined
  #event = 0
  #timestampBefore: number | undefined
  #eventBefore = 0
  #ended = true
  #duration = 0
  #clockRate = 8000

  constructor(listener: DtmfListener) {
    this.#listener = listener
  }

  addEvent(packet: Uint8Array, payload: number, clockRate: number): void {
    if (packet.length < payload + payloadLength) return
    const event = packet[payload] as number
    if (event >= dtmfKeys.length) return
    const timestamp = timestampOf(packet)
    const isEnd = ((packet[payload + 1] as number) & 0x80) !== 0
    const duration = ((packet[payload + 2] as number) << 8) | (packet[payload + 3] as number)
    // An event keeps the timestamp of its beginning (section 2.2.1): repeats of an ended one are known by it. Some phones give the
    // next key the same one again: then another key, or a marked beginning, tells that it is the next.
    const isMarked = isMarkedPacket(packet) && !isEnd
    const isSame = timestamp === this.#timestamp && event === this.#event
    const isBefore = timestamp === this.#timestampBefore && event === this.#eventBefore
    if (isBefore && !isSame && !isMarked) return
    if (!isSame || (this.#ended && isMarked && duration < this.#duration)) {
      this.finish()
      this.#timestampBefore = this.#timestamp
      this.#eventBefore = this.#event
      this.#timestamp = timestamp
      this.#event = event
      this.#duration = 0
      this.#ended = false
      this.#clockRate = clockRate
    } else if (this.#ended) {
      return
    }
    this.#duration = Math.max(this.#duration, duration)
    if (isEnd) this.finish()
  }

  /** Ends a key press whose end was lost: for when audio follows it. */
  finish(): void {
    if (this.#ended) return
    this.#ended = true
    this.#listener(dtmfKeys.charAt(this.#event), Math.round((this.#duration * 1000) / this.#clockRate))
  }
}
