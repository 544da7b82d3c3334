import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Random } from '../../random.ts'
import type { Session } from '../../sip/user-agent/session.ts'
import { AliveWatch } from './alive-watch.ts'
import { CodecMeeting } from './codec-meeting.ts'
import type { LegMedia } from './leg-media.ts'

export interface AnsweredLegContext {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** How long a leg in a call may send neither RTP nor RTCP; 0 is for ever. */
  readonly silentMilliseconds: number
}

export interface AnsweredLegParts extends AnsweredLegContext {
  readonly session: Session
  readonly media: LegMedia
  /** Its phone is there no more. */
  readonly onGone: () => void
  /** Its phone should send, and does not. */
  readonly onMuted: () => void
}

/**
 * What is looked after while a leg is answered: whether its phone is there, whether anything is heard of it, and whether it speaks
 * what its partner hears.
 */
export class AnsweredLeg {
  readonly #alive: AliveWatch
  readonly #meeting: CodecMeeting

  constructor(parts: AnsweredLegParts) {
    const { session, media, clock, silentMilliseconds, onGone, onMuted } = parts
    const { endpoint } = media
    this.#alive = new AliveWatch(clock, {
      ask: () => session.request('OPTIONS'),
      countHeard: async () => (await endpoint.statistics()).packetsReceived,
      onGone,
      onMuted,
    })
    this.#meeting = new CodecMeeting(session, media, parts)
    endpoint.onSilent = (suppressesSilence) => void this.#alive.takeSilence(suppressesSilence)
    endpoint.watchSilence(silentMilliseconds)
  }

  /** Its phone has been silent for too long, and is being asked whether it is there. */
  get isDoubted(): boolean {
    return this.#alive.isDoubted
  }

  /** It has been joined with its partner. */
  joined(): void {
    this.#meeting.begin()
  }

  stop(): void {
    this.#alive.stop()
    this.#meeting.stop()
  }
}
