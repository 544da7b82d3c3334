/** A jump ahead that is still the same stream, in packets; and how far back a packet may be late (RFC 3550 appendix A.1). */
const maximumDropout = 3000
const maximumMisorder = 100
const sequenceModulus = 0x10000

/** A report block's numbers (RFC 3550 section 6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number
  /** Since the report before, in 256ths. */
  readonly fractionLost: number
  readonly cumulativeLost: number
  readonly extendedHighestSequence: number
  /** In timestamp units. */
  readonly jitter: number
}

/** Reception statistics of one leg, over all the SSRCs that it sends one after the other (RFC 3550 appendices A.1, A.3, A.8). */
export class Reception {
  /** Of all SSRCs. */
  received = 0
  ssrc = 0
  #heard = false
  #clockRate = 8000
  #receivedHere = 0
  #baseSequence = 0
  #highest = 0
  #cycles = 0
  #badSequence = -1
  #expectedPrior = 0
  #receivedPrior = 0
  #lostBefore = 0
  /** Sixteen times the jitter, as appendix A.8 keeps it. All whole numbers: V8 holds those in the object itself. */
  #jitter16 = 0
  #transit = 0
  #hasTransit = false

  set clockRate(rate: number) {
    this.#clockRate = rate
  }

  /** A packet came. `now`: monotonic milliseconds. Events repeat one timestamp, so `steady` is false for them. */
  add(ssrc: number, sequence: number, timestamp: number, now: number, steady: boolean): void {
    this.received++
    if (ssrc !== this.ssrc || !this.#heard) this.#begin(ssrc, sequence)
    else this.#update(sequence)
    this.#receivedHere++
    if (!steady) return
    // Appendix A.8, in timestamp units, modulo 2^32 as the timestamps are.
    const transit = ((now * this.#clockRate) / 1000 - timestamp) | 0
    if (this.#hasTransit) {
      const difference = Math.abs((transit - this.#transit) | 0)
      this.#jitter16 = (this.#jitter16 + difference - ((this.#jitter16 + 8) >> 4)) | 0
    }
    this.#transit = transit
    this.#hasTransit = true
  }

  /** Whether a packet would be a later one of the stream heard so far, with no more missing than may get lost. */
  continuesWith(ssrc: number, sequence: number): boolean {
    return this.#heard && ssrc === this.ssrc && ((sequence - this.#highest) & 0xffff) < maximumDropout
  }

  /** Whether a packet would be the one after the newest. */
  isNext(ssrc: number, sequence: number): boolean {
    return this.#heard && ssrc === this.ssrc && ((sequence - this.#highest) & 0xffff) === 1
  }

  get lost(): number {
    return this.#lostBefore + this.#lostHere
  }

  get jitterMilliseconds(): number {
    return (this.#jitter16 * 1000) / (16 * this.#clockRate)
  }

  /** The next report's numbers; undefined before the first packet. Each call begins a new interval (appendix A.3). */
  report(): ReceptionReport | undefined {
    if (!this.#heard) return undefined
    const expected = this.#expected
    const expectedNow = expected - this.#expectedPrior
    const lostNow = expectedNow - (this.#receivedHere - this.#receivedPrior)
    this.#expectedPrior = expected
    this.#receivedPrior = this.#receivedHere
    return {
      ssrc: this.ssrc,
      fractionLost: expectedNow === 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      cumulativeLost: Math.max(-0x80_0000, Math.min(0x7f_ffff, this.#lostHere)),
      extendedHighestSequence: (this.#cycles + this.#highest) >>> 0,
      jitter: this.#jitter16 >> 4,
    }
  }

  get #expected(): number {
    return this.#cycles + this.#highest - this.#baseSequence + 1
  }

  get #lostHere(): number {
    return !this.#heard ? 0 : this.#expected - this.#receivedHere
  }

  #begin(ssrc: number, sequence: number): void {
    this.#lostBefore += this.#lostHere
    this.ssrc = ssrc
    this.#heard = true
    this.#baseSequence = sequence
    this.#highest = sequence
    this.#cycles = 0
    this.#badSequence = -1
    this.#expectedPrior = 0
    this.#receivedPrior = 0
    this.#receivedHere = 0
    this.#hasTransit = false
  }

  #update(sequence: number): void {
    const ahead = (sequence - this.#highest) & 0xffff
    if (ahead < maximumDropout) {
      if (sequence < this.#highest) this.#cycles += sequenceModulus
      this.#highest = sequence
      this.#badSequence = -1
    } else if (ahead <= sequenceModulus - maximumMisorder) {
      // Two in a row after a great jump: the sender has restarted without telling.
      if (sequence === this.#badSequence) this.#begin(this.ssrc, sequence)
      else this.#badSequence = (sequence + 1) & 0xffff
    }
  }
}
