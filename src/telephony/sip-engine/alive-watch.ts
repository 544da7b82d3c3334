import type { Clock, Timer } from '../../clock.ts'
import type { RequestOutcome } from '../../sip/user-agent/send-authorized.ts'

/** How often a phone in a call is asked whether it is still there: one that has lost its power cannot hang up. */
const intervalMilliseconds = 300_000

export interface WatchedPhone {
  /** Sends an OPTIONS within the session, which ends it where nothing or a 481 comes back (RFC 3261 section 12.2.1.2). */
  ask(): Promise<RequestOutcome | undefined>
  /** RTP packets heard of it so far. */
  countHeard(): Promise<number>
  /** It can be asked no more, and is silent. */
  onGone(): void
  /** Its media have failed: it should send, and does not. */
  onMuted(): void
}

/** Looks after a phone in a call: whether it is there, and whether its silence is a fault. That no request can be sent to it (its connection was lost) ends no call that it still speaks in. */
export class AliveWatch {
  readonly #clock: Clock
  readonly #phone: WatchedPhone
  #timer: Timer | undefined
  #stopped = false
  /** What had been heard when it was asked in vain. */
  #heardBefore: number | undefined
  #isDoubted = false

  constructor(clock: Clock, phone: WatchedPhone) {
    this.#clock = clock
    this.#phone = phone
    this.#arm()
  }

  stop(): void {
    this.#stopped = true
    this.#clock.clearTimeout(this.#timer)
  }

  /** It has been silent for too long, and is being asked whether it is there. */
  get isDoubted(): boolean {
    return this.#isDoubted
  }

  /**
   * It should send and has not for as long as it may. A phone that sends nothing while nobody speaks is asked first: one that
   * responds is left in peace.
   */
  async takeSilence(suppressesSilence: boolean): Promise<void> {
    if (this.#stopped || this.#isDoubted) return
    if (!suppressesSilence) return this.#phone.onMuted()
    this.#isDoubted = true
    const outcome = await this.#phone.ask()
    this.#isDoubted = false
    if (!this.#stopped && typeof outcome === 'string') this.#phone.onMuted()
  }

  #arm(): void {
    this.#timer = this.#clock.setTimeout(() => void this.#look(), intervalMilliseconds)
  }

  async #look(): Promise<void> {
    this.#arm()
    const outcome = await this.#phone.ask()
    const heard = outcome === 'transport-error' ? await this.#phone.countHeard() : undefined
    if (this.#stopped) return
    if (heard !== undefined && heard === this.#heardBefore) return this.#phone.onGone()
    this.#heardBefore = heard
  }
}
