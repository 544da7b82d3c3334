import type { Clock, Timer } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Random } from '../../random.ts'
import { glareMilliseconds } from '../../sip/user-agent/patient-offers.ts'
import type { Session } from '../../sip/user-agent/session.ts'
import type { LegMedia } from './leg-media.ts'

/** Glare is over after one round; a peer that is busy with offers of its own for so long is left in peace. */
const maximumOffers = 4

interface MeetingContext {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Asks the phone of a leg to speak what its partner hears as it is. The relay converts until it does, and goes on where it
 * refuses: a call never fails for this.
 */
export class CodecMeeting {
  readonly #session: Session
  readonly #media: LegMedia
  readonly #context: MeetingContext
  #timer: Timer | undefined

  constructor(session: Session, media: LegMedia, context: MeetingContext) {
    this.#session = session
    this.#media = media
    this.#context = context
  }

  /** To be called when the leg has been joined with another. */
  begin(): void {
    this.stop()
    void this.#offer(maximumOffers)
  }

  stop(): void {
    this.#context.clock.clearTimeout(this.#timer)
  }

  async #offer(left: number): Promise<void> {
    const offer = this.#session.ended ? undefined : this.#media.offerToMeet()
    if (offer === undefined) return
    const { partner } = this.#media
    const outcome = await this.#session.offer(offer.description)
    if (outcome.status === 'answered') return this.#take(await this.#media.takeMeetingAnswer(offer, outcome.answer))
    const isGlare = outcome.status === 'refused' && outcome.code === 491
    // Joined with another meanwhile: then `begin` has asked anew.
    if (isGlare && left > 1 && this.#media.partner === partner) return this.#waitForGlare(left - 1)
    if (outcome.status === 'refused') this.#note(`was refused with ${outcome.code}`)
  }

  /** RFC 3261 section 14.1: who made the Call-ID waits between 2.1 and 4 seconds. */
  #waitForGlare(left: number): void {
    const { clock, random } = this.#context
    this.#timer = clock.setTimeout(() => void this.#offer(left), glareMilliseconds(random, true))
  }

  #take(isUsable: boolean): void {
    if (!isUsable) this.#note('has an answer that cannot be used')
  }

  #note(what: string): void {
    this.#context.log.info(
      { callId: this.#session.dialog.callId },
      `the offer of a codec in common ${what}; converting`,
    )
  }
}
