import { rtpHeaderLength, sequenceOf, ssrcOf, timestampOf, writeHeader } from './rtp-header.ts'

const marker = 0x80

/**
 * What one leg hears, as one unbroken RTP stream: one SSRC, one sequence, one timestamp line, whoever speaks. A phone that saw a
 * jump would fall silent or click; it sees a marker bit where the speaker changes (RFC 3551 section 4.1).
 */
export class OutgoingStream {
  readonly ssrc: number
  packets = 0
  octets = 0
  /** Of the newest packet sent. */
  timestamp: number
  /** When it was sent: monotonic milliseconds, whole and modulo 2^32, which V8 keeps in the object itself. */
  #sentAt = 0
  #sequence: number
  #clockRate = 8000
  /** Who speaks: an object of the caller's, and its SSRC. */
  #source: object | undefined
  #sourceSsrc = 0
  #sequenceOffset = 0
  #timestampOffset = 0

  /** The starting points are random (RFC 3550 section 5.1). */
  constructor(ssrc: number, sequence: number, timestamp: number) {
    this.ssrc = ssrc | 0
    this.#sequence = sequence & 0xffff
    this.timestamp = timestamp | 0
  }

  set clockRate(rate: number) {
    this.#clockRate = rate
  }

  /** Rewrites a packet of `source` in place, so that it continues the stream. */
  rewrite(packet: Uint8Array, source: object, payloadType: number, now: number): void {
    const ssrc = ssrcOf(packet)
    let flags = (packet[1] as number) & marker
    if (source !== this.#source || ssrc !== this.#sourceSsrc) {
      this.#follow(source, ssrc, sequenceOf(packet), timestampOf(packet), now)
      flags = marker
    }
    const sequence = (sequenceOf(packet) + this.#sequenceOffset) & 0xffff
    const timestamp = (timestampOf(packet) + this.#timestampOffset) | 0
    writeHeader(packet, flags | payloadType, sequence, timestamp, this.ssrc)
    // A packet that comes late leaves the newest one the newest.
    if (((sequence - this.#sequence) & 0xffff) < 0x8000) {
      this.#sequence = sequence
      this.timestamp = timestamp
      this.#sentAt = Math.round(now) | 0
    }
    this.packets++
    this.octets += packet.length - rtpHeaderLength
  }

  /** The next packet is another stream's, whatever its SSRC says. */
  beginAnew(): void {
    this.#source = undefined
  }

  /** Makes the header of a packet of our own sound: the next in line, `samples` after the one before. */
  write(packet: Uint8Array, source: object, payloadType: number, samples: number, now: number): void {
    let flags = 0
    if (source !== this.#source) {
      this.#source = source
      this.timestamp = this.#next(samples, now)
      flags = marker
    } else {
      this.timestamp = (this.timestamp + samples) | 0
    }
    this.#sequence = (this.#sequence + 1) & 0xffff
    packet[0] = 0x80
    writeHeader(packet, flags | payloadType, this.#sequence, this.timestamp, this.ssrc)
    this.#sentAt = Math.round(now) | 0
    this.packets++
    this.octets += packet.length - rtpHeaderLength
  }

  /** Makes the header of a packet of a key press of ours: all of one bear the timestamp of its beginning (RFC 4733 section 2.2.1). */
  writeEvent(packet: Uint8Array, payloadType: number, isFirst: boolean, now: number): void {
    if (isFirst) {
      this.timestamp = this.#next(this.#clockRate / 50, now)
      this.#sentAt = Math.round(now) | 0
    }
    // Whoever speaks next goes on as much later as time has passed since then.
    this.#source = undefined
    this.#sequence = (this.#sequence + 1) & 0xffff
    packet[0] = 0x80
    writeHeader(packet, (isFirst ? marker : 0) | payloadType, this.#sequence, this.timestamp, this.ssrc)
    this.packets++
    this.octets += packet.length - rtpHeaderLength
  }

  /** What a sender report says of this moment: the timestamp that a sample of now would bear (RFC 3550 section 6.4.1). */
  timestampAt(now: number): number {
    return (this.timestamp + this.#elapsed(now)) | 0
  }

  #follow(source: object, ssrc: number, sequence: number, timestamp: number, now: number): void {
    this.#source = source
    this.#sourceSsrc = ssrc
    this.#sequenceOffset = (this.#sequence + 1 - sequence) & 0xffff
    this.#timestampOffset = (this.#next(this.#clockRate / 50, now) - timestamp) | 0
  }

  /** The next timestamp: as much later as time has passed, but at least one packet's worth. */
  #next(samples: number, now: number): number {
    if (this.packets === 0) return this.timestamp
    return (this.timestamp + Math.max(samples, this.#elapsed(now))) | 0
  }

  /** Since the newest packet, in timestamp units. */
  #elapsed(now: number): number {
    return Math.round((((Math.round(now) - this.#sentAt) | 0) * this.#clockRate) / 1000)
  }
}
