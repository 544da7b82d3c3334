/** Octets of one millisecond: every codec that we can decode takes 64 kbit/s. */
const octetsPerMillisecond = 8
const frameOctets = 20 * octetsPerMillisecond
/** Of a sender with few and long packets a hole of many would be seconds of silence. */
const longestLoss = 60 * octetsPerMillisecond
/** Packets that are kept at most, a power of two: 320 ms of the usual ones. */
const slotCount = 16
/** So much is gathered before the first sound is given out; more each time that it ran dry while the speaker spoke, up to a limit. */
const firstReserve = 40 * octetsPerMillisecond
const reserveStep = 20 * octetsPerMillisecond
const largestReserve = 120 * octetsPerMillisecond
/** More than this beyond the reserve, or than two packets, is delay that nobody needs: the oldest goes. */
const largestSurplus = 100 * octetsPerMillisecond
/** Nothing for so many frames: the speaker had paused. */
const pauseFrames = 10
/** A packet that is so much older than what is due is not late: the sender began anew (RFC 3550 appendix A.1). */
const maximumMisorder = 100

interface Slot {
  sequence: number
  octets: Uint8Array
  length: number
  isFull: boolean
}

/** What a frame holds: sound; nothing, for its packets were lost; nothing, for none has come. */
export type FrameContent = 'sound' | 'lost' | 'nothing'

/**
 * Puts the packets of one stream in order again and evens out when they came: packets go in as they come, frames of equal length
 * come out at regular times. Never holds more than some packets, whatever is sent to it. A packet that comes after its time is
 * dropped. Timestamps do not matter: a pause of the speaker empties it, and what comes after a pause is gathered anew.
 */
export class JitterBuffer {
  /** Packets that came too late, and those that were left out. */
  dropped = 0
  readonly #slots: readonly Slot[] = Array.from({ length: slotCount }, () => ({
    sequence: 0,
    octets: new Uint8Array(0),
    length: 0,
    isFull: false,
  }))
  /** Of the packet that is due. */
  #next = 0
  /** Octets of it that are given out already. */
  #offset = 0
  #octets = 0
  #packets = 0
  /** How long a lost packet is taken to have been: as long as the newest, up to a limit. */
  #lostOctets = frameOctets
  #reserve = firstReserve
  #isPlaying = false
  #hasSkipped = false
  /** Frames since it ran dry. */
  #quietFrames = pauseFrames

  add(sequence: number, packet: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length <= 0) return
    if (this.#packets === 0 && !this.#isPlaying) this.#begin(sequence)
    let ahead = distance(this.#next, sequence)
    if (ahead < 0 && !this.#isPlaying && this.#packets + -ahead < slotCount && this.#offset === 0) {
      // The first ones came in the wrong order.
      this.#next = sequence
      ahead = 0
    }
    if (ahead < -maximumMisorder || ahead >= slotCount) {
      this.#clear()
      this.#next = sequence
    } else if (ahead < 0 || (ahead === 0 && this.#isLosing)) {
      this.dropped++
      return
    }
    const slot = this.#slots[sequence % slotCount] as Slot
    if (slot.isFull) return
    if (slot.octets.length < length) slot.octets = new Uint8Array(length)
    for (let index = 0; index < length; index++) slot.octets[index] = packet[start + index] as number
    slot.sequence = sequence
    slot.length = length
    slot.isFull = true
    this.#lostOctets = Math.min(length, longestLoss)
    this.#octets += length
    this.#packets++
    const most = this.#reserve + Math.max(largestSurplus, 2 * length)
    while (this.#octets - this.#offset > most && this.#packets > 1) this.#skip()
  }

  /** Fills `frame` with what is due. What is not sound leaves it as it was. */
  read(frame: Uint8Array): FrameContent {
    if (!this.#isPlaying) {
      if (this.#octets < this.#reserve) {
        this.#quietFrames++
        return 'nothing'
      }
      this.#isPlaying = true
    }
    for (let filled = 0; filled < frame.length; ) {
      const slot = this.#slots[this.#next % slotCount] as Slot
      if (!slot.isFull || slot.sequence !== this.#next) {
        if (this.#packets === 0) return this.#runDry()
        this.#lose()
        return 'lost'
      }
      const count = Math.min(frame.length - filled, slot.length - this.#offset)
      frame.set(slot.octets.subarray(this.#offset, this.#offset + count), filled)
      filled += count
      this.#offset += count
      if (this.#offset >= slot.length) this.#advance(slot)
    }
    return 'sound'
  }

  /** Whether sound was left out since the last question, because there was too much of it, or another stream began. */
  takeSkip(): boolean {
    const hasSkipped = this.#hasSkipped
    this.#hasSkipped = false
    return hasSkipped
  }

  /** A part of the packet that is due has passed in silence already. */
  get #isLosing(): boolean {
    const slot = this.#slots[this.#next % slotCount] as Slot
    return this.#offset > 0 && !(slot.isFull && slot.sequence === this.#next)
  }

  #runDry(): FrameContent {
    this.#isPlaying = false
    this.#offset = 0
    this.#quietFrames = 0
    return 'nothing'
  }

  /** The first packet after it ran dry tells why it did: the network was uneven, or the speaker paused. */
  #begin(sequence: number): void {
    this.#next = sequence
    const isPause = this.#quietFrames >= pauseFrames
    this.#reserve = isPause ? firstReserve : Math.min(largestReserve, this.#reserve + reserveStep)
  }

  /** A packet is missing while later ones are there. Its time passes in silence, a frame at a time. */
  #lose(): void {
    this.#offset += frameOctets
    if (this.#offset < this.#lostOctets) return
    this.#offset = 0
    this.#next = (this.#next + 1) & 0xffff
  }

  #advance(slot: Slot): void {
    slot.isFull = false
    this.#octets -= slot.length
    this.#packets--
    this.#offset = 0
    this.#next = (this.#next + 1) & 0xffff
  }

  /** Leaves out the packet that is due, or what is missing of it. */
  #skip(): void {
    const slot = this.#slots[this.#next % slotCount] as Slot
    this.#hasSkipped = true
    if (slot.isFull && slot.sequence === this.#next) {
      this.dropped++
      this.#advance(slot)
    } else {
      this.#offset = 0
      this.#next = (this.#next + 1) & 0xffff
    }
  }

  #clear(): void {
    for (const slot of this.#slots) slot.isFull = false
    this.#octets = 0
    this.#packets = 0
    this.#offset = 0
    this.#reserve = firstReserve
    this.#isPlaying = false
    this.#hasSkipped = true
  }
}

/** How far `to` is ahead of `from`, in packets, modulo 2^16; negative where it is behind. */
const distance = (from: number, to: number): number => (((to - from) & 0xffff) << 16) >> 16
