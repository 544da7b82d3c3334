import type { Clock, Timer } from '../clock.ts'
import { soundPacketMilliseconds } from './tone-sound.ts'

/** After so long a stall the packets missed are left out: a burst would only fill the phone's jitter buffer. */
const maximumLagMilliseconds = 200

/** One that sends a packet at each beat. */
export interface Paced {
  beat(now: number): void
}

/**
 * Calls everyone that plays once in 20 ms. One timer for all, set from where the beat should have been: an error of the timer
 * does not add up. Runs only while someone plays.
 */
export class SoundPacer {
  readonly #clock: Clock
  readonly #playing = new Set<Paced>()
  #timer: Timer | undefined
  #next = 0
  #beats = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get playing(): number {
    return this.#playing.size
  }

  /** Beats so far, the one under way included: what is made once a beat for several is told by it. */
  get beats(): number {
    return this.#beats
  }

  add(paced: Paced): void {
    this.#playing.add(paced)
    if (this.#timer !== undefined) return
    this.#next = this.#clock.monotonic()
    this.#timer = this.#clock.setTimeout(this.#beat, 0)
  }

  remove(paced: Paced): void {
    this.#playing.delete(paced)
    if (this.#playing.size > 0) return
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  readonly #beat = (): void => {
    let now = this.#clock.monotonic()
    if (now - this.#next > maximumLagMilliseconds) this.#next = now
    // Late timers are made good: on average each leg gets 50 packets a second.
    while (this.#next <= now && this.#playing.size > 0) {
      this.#beats++
      for (const paced of this.#playing) paced.beat(now)
      this.#next += soundPacketMilliseconds
      now = this.#clock.monotonic()
    }
    if (this.#playing.size > 0) this.#timer = this.#clock.setTimeout(this.#beat, Math.max(0, this.#next - now))
  }
}
