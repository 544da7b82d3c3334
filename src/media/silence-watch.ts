import type { NegotiatedMedia } from './negotiated-media.ts'

/** A stream that pauses for so many looks, and then goes on without a gap in its sequence, was not lost: nothing was said. */
const pauseLooks = 10

/**
 * Notices that a leg which should send does not. Not while it holds us, or we it: a leg is expected to send only where both sides
 * agreed to send and receive. Its RTCP is a sign of life, too.
 */
export class SilenceWatch {
  /**
   * The leg says nothing while nobody speaks there: it takes comfort noise, or has been seen to pause. Its silence alone does not
   * tell that its media have failed.
   */
  suppressesSilence = false
  #limitMilliseconds = 0
  #shouldSend = false
  #signAt = 0
  #packets = 0
  #reports = 0
  /** Looks since the last packet. */
  #quietLooks = 0

  begin(limitMilliseconds: number, now: number): void {
    this.#limitMilliseconds = limitMilliseconds
    this.#signAt = now
  }

  /** An offer or answer came: what the leg is to do, and a sign of life. */
  negotiated(media: NegotiatedMedia, now: number): void {
    this.#shouldSend = media.direction === 'sendrecv'
    this.#signAt = now
    this.#quietLooks = 0
    if (media.comfortNoise === true) this.suppressesSilence = true
  }

  /** A packet came after a pause; `isNext`: none is missing between it and the one before. */
  resumed(isNext: boolean): void {
    if (isNext && this.#quietLooks >= pauseLooks) this.suppressesSilence = true
    this.#quietLooks = 0
  }

  /** At regular looks, with packets and reports so far: whether the leg has been silent for too long. True once in each such time. */
  isOver(packets: number, reports: number, now: number): boolean {
    if (packets === this.#packets) this.#quietLooks++
    const isSilent = this.#shouldSend && packets === this.#packets && reports === this.#reports
    this.#packets = packets
    this.#reports = reports
    if (!isSilent) this.#signAt = now
    if (this.#limitMilliseconds === 0 || now - this.#signAt < this.#limitMilliseconds) return false
    this.#signAt = now
    return true
  }
}
