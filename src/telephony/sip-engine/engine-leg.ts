import type { LegAttempt, LegName, MediaStatistics } from '../../call/call.ts'
import type { LegRecovery } from '../../call/call-event.ts'
import type { EndCause } from '../../call/end-cause.ts'
import type { Source } from '../../call/source.ts'
import type { UnavailableError } from '../../call/unavailability.ts'
import type { Timer } from '../../clock.ts'
import type { MediaPlane } from '../../media/media-plane.ts'
import type { Negotiation } from '../../media/sdp.ts'
import type { Dialog } from '../../sip/dialog/dialog.ts'
import type { SipRequest, SipResponse } from '../../sip/message/message.ts'
import { requiresReliability } from '../../sip/user-agent/capabilities.ts'
import type { InviteFailure, InviteHandler } from '../../sip/user-agent/invite-options.ts'
import type { Session } from '../../sip/user-agent/session.ts'
import { sessionDescription } from '../../sip/user-agent/session-description.ts'
import type { SessionEnd } from '../../sip/user-agent/session-handler.ts'
import type { UserAgent } from '../../sip/user-agent/user-agent.ts'
import type { DialRequest, LegEvent, LegHandle, Playback } from '../driver.ts'
import { LegPlayback } from '../leg-playback.ts'
import type { SoundLibrary } from '../sound-library.ts'
import { AnsweredLeg, type AnsweredLegContext } from './answered-leg.ts'
import type { DialRounds, DialTarget } from './dial-target.ts'
import { DigitSource, type DigitWay } from './digit-source.ts'
import { completedElsewhere, reasonOf } from './hang-up-reason.ts'
import { type Attempt, LegAttempts, type PreparedAttempt } from './leg-attempts.ts'
import { LegHearing } from './leg-hearing.ts'
import { LegMedia, type RefuseMediaTarget } from './leg-media.ts'
import { legRecovery } from './leg-recovery.ts'
import { LegRounds } from './leg-rounds.ts'
import { type LegVerdict, mapFailure } from './map-sip-status.ts'
import type { MediaHosts } from './media-hosts.ts'
import { silenceLimit } from './silence-limit.ts'
import type { TrunkHealth } from './trunk-health.ts'
import { watchCarrier } from './watch-carrier.ts'

export interface EngineLegContext extends AnsweredLegContext {
  readonly userAgent: UserAgent
  readonly media: Pick<MediaPlane, 'allocate'>
  readonly mediaHosts: MediaHosts
  readonly refuseTarget: RefuseMediaTarget
  readonly sounds: SoundLibrary
  readonly trunkHealth: Pick<TrunkHealth, 'heard' | 'unreachable'>
  /** Once, when nothing of the leg is left. */
  readonly onGone: (leg: EngineLeg) => void
}

type LegPhase = 'dialling' | 'answering' | 'answered' | 'ending' | 'ended'

/** How long the end of a leg waits for phones that were ringing to confirm that they have stopped. */
const goodbyeMilliseconds = 4000

/**
 * One leg over SIP: its INVITEs (one for each phone, or one trunk after the other), the one session that came of them, and its
 * end of the media. However it goes, `ended` is emitted exactly once: when the session and every INVITE that can be ended are
 * over, and nothing is being written to the log.
 */
export class EngineLeg implements LegHandle {
  readonly callId: string
  readonly leg: LegName
  readonly #request: DialRequest
  readonly #plan: () => DialRounds
  readonly #listener: (event: LegEvent) => void
  readonly #context: EngineLegContext
  readonly #attempts: LegAttempts
  readonly #rounds: LegRounds
  readonly #digits: DigitSource
  #phase: LegPhase = 'dialling'
  #verdict: LegVerdict = { cause: 'failed' }
  /** What a party that is hung up is told of it. */
  #told: string | undefined
  #rang = false
  #media: LegMedia | undefined
  #hearing: LegHearing | undefined
  /** The attempt that the session came of. */
  #winner: Attempt | undefined
  #session: Session | undefined
  /** Writes to the log under way: `ended` does not overtake them. */
  #writing = 0
  #goodbyeTimer: Timer | undefined
  /** Set as long as it is answered, and until its end is through. */
  #answered: AnsweredLeg | undefined

  constructor(
    request: DialRequest,
    plan: () => DialRounds,
    listener: (event: LegEvent) => void,
    context: EngineLegContext,
  ) {
    this.callId = request.callId
    this.leg = request.leg
    this.#request = request
    this.#plan = plan
    this.#listener = listener
    this.#context = context
    this.#attempts = new LegAttempts(context.userAgent, context.clock, (...end) => this.#attemptEnded(...end))
    this.#rounds = new LegRounds(context.clock, this.#attempts, request.ringSeconds, {
      isDialling: () => this.#phase === 'dialling',
      writeDialled: (recovery, attempt) => this.#write('dialled', recovery, attempt),
      send: (prepared) => this.#send(prepared),
      decide: (verdict, attemptsEndAs) => this.#decide(verdict, attemptsEndAs === undefined ? {} : { attemptsEndAs }),
      finishIfGone: () => this.#finishIfGone(),
      broken: (error) => this.#broken(error),
    })
    this.#digits = new DigitSource(context.clock, (digit, milliseconds, way) =>
      this.#takeDigit(digit, milliseconds, way),
    )
  }

  /** Never throws; whatever goes wrong ends the leg. */
  async start(): Promise<void> {
    if (this.#phase !== 'dialling') return
    try {
      const rounds = this.#plan()
      if (typeof rounds === 'string') return this.#decide({ cause: rounds })
      if (await this.#openMedia()) await this.#rounds.begin(rounds)
    } catch (error) {
      this.#broken(error)
    }
  }

  get speaker(): LegHandle {
    return this
  }

  hear(source: Source<LegHandle>): Playback {
    const hearing = this.#hearing
    if (this.#phase !== 'answered' || hearing === undefined) return new LegPlayback().end('stopped')
    const onFailed = (error: unknown) =>
      this.#context.log.info({ callId: this.callId, leg: this.leg, err: error }, 'a leg cannot hear what it should')
    if (source.kind !== 'legs') return hearing.hear(source, onFailed)
    const speakers = source.legs.flatMap(({ speaker }) => (speaker instanceof EngineLeg ? [speaker] : []))
    const isComplete = speakers.length === source.legs.length
    const legs = isComplete ? speakers.map((speaker) => speaker.#audible) : [undefined]
    const playback = hearing.hear({ ...source, legs }, onFailed)
    const partner = speakers.find((speaker) => speaker.#media !== undefined && speaker.#media === this.#media?.partner)
    if (partner !== undefined) this.#joined(partner)
    return playback
  }

  /** What others hear of it, as long as it is up. */
  get #audible(): LegMedia | undefined {
    return this.#phase === 'ending' || this.#phase === 'ended' ? undefined : this.#media
  }

  /** Each of the two hears the other. */
  #joined(partner: EngineLeg): void {
    partner.#answered?.joined()
    this.#answered?.joined()
  }

  hangup(cause: EndCause, told = cause): void {
    this.#decide({ cause }, { told })
  }

  /** False where the leg ends meanwhile, or for want of a port. */
  async #openMedia(): Promise<boolean> {
    const { media, mediaHosts: hosts, refuseTarget, random } = this.#context
    const partner = this.#request.partner?.speaker
    const beside = partner instanceof EngineLeg ? partner.#media : undefined
    try {
      const endpoint = await media.allocate(beside === undefined ? {} : { beside: beside.endpoint })
      this.#media = new LegMedia({ endpoint, beside, hosts, refuseTarget, random })
      this.#hearing = new LegHearing(this.#media, this.#context.sounds)
      endpoint.onDtmf = (digit, milliseconds) => this.#digits.takeMedia(digit, milliseconds)
      endpoint.onFailed = () => this.hangup('media-failed')
    } catch (error) {
      this.#warn(error, 'no media port for this leg')
      this.#decide({ cause: 'congestion' })
    }
    // It ended while no port was free: nobody else gives this one back.
    if (this.#phase === 'ended') void this.#releaseMedia()
    return this.#phase === 'dialling'
  }

  /** Throws where the target's address cannot be sent to at all. */
  #send(prepared: PreparedAttempt): void {
    const body = { type: 'application/sdp', content: this.#media?.createOffer() ?? '' }
    const { farSide, carrier } = prepared.target
    const options = { body, silenceMilliseconds: silenceLimit(farSide), watchesPort: farSide === 'trunk' }
    const handlerOf = (self: () => Attempt) =>
      watchCarrier(this.#handlerOf(self), carrier?.trunk, this.#context.trunkHealth)
    this.#attempts.send(prepared, options, handlerOf)
  }

  #handlerOf(self: () => Attempt): InviteHandler {
    return {
      onProvisional: (response, dialog) => this.#progress(self(), response, dialog),
      onSilence: () => this.#rounds.silent(self()),
      onAnswered: (response, dialog) => void this.#answer(self(), response, dialog),
      onFailed: (failure) => this.#attemptFailed(self(), failure),
      onEnded: (end) => this.#sessionEnded(self(), end),
      onOffer: (offer, request, dialog) => this.#answerOffer(offer, request, dialog),
      onAnswer: (answer) => this.#media?.takeAnswer(answer),
      onInfo: (_type, body) => {
        if (this.#phase === 'answered') this.#digits.takeInfo(body)
      },
    }
  }

  #progress({ target }: Attempt, response: SipResponse, dialog: Dialog | undefined): void {
    if (this.#phase !== 'dialling') return
    if (response.status >= 180 && !this.#rang) {
      this.#rang = true
      this.#emit({ type: 'ringing' })
    }
    const media = this.#media
    const description = sessionDescription(response) ?? ''
    if (description === '' || dialog === undefined || media === undefined) return
    media.seenFrom = response.receivedFrom
    const early = media.readEarly(dialog.id, description, requiresReliability(response.headers))
    if (early instanceof Promise) void early.then((negotiation) => this.#hearEarly(media, negotiation, target))
    else this.#hearEarly(media, early, target)
  }

  /** Several phones share one endpoint until one of them answers; only a lone one can be listened to before. */
  #hearEarly(media: LegMedia, early: Negotiation, target: DialTarget): void {
    if (this.#phase !== 'dialling' || !this.#isLone || !early.ok) return
    const { endpoint } = media
    endpoint.onMedia = () => {
      if (this.#phase === 'dialling') this.#emit({ type: 'early-media' })
    }
    endpoint.signallingHost = target.signallingHost
    media.agree(early.negotiated)
  }

  get #isLone(): boolean {
    return this.#attempts.size === 1
  }

  #answerOffer(offer: string, { receivedFrom }: SipRequest, dialog: Dialog): ReturnType<LegMedia['answerOffer']> {
    if (this.#media !== undefined) this.#media.seenFrom = receivedFrom
    if (this.#phase === 'answered') return this.#media?.answerOffer(offer)
    return this.#phase === 'dialling' ? this.#media?.answerEarlyOffer(dialog.id, offer, this.#isLone) : undefined
  }

  /** The first to answer wins. It is told so (ACK) only when the log holds its dialog. */
  async #answer(winner: Attempt, response: SipResponse, dialog: Dialog): Promise<void> {
    if (this.#phase !== 'dialling' || this.#media === undefined) return this.#drop(winner, dialog)
    this.#phase = 'answering'
    this.#winner = winner
    this.#rounds.stop()
    const { trunk } = winner.target
    const answered = { snapshot: dialog.snapshot(), ...(trunk === undefined ? {} : { trunk }) }
    // Until they have confirmed that they are cancelled, the others are as much in doubt as the winner is up.
    const recovery = legRecovery(this.#attempts.inDoubt(winner), answered)
    this.#attempts.cancelAll({ reason: completedElsewhere, cause: 'cancelled' }, winner)
    this.#media.seenFrom = response.receivedFrom
    const reading = this.#media.readFinal(dialog.id, sessionDescription(response) ?? '')
    const isWritten = await this.#write('answered', recovery, { ...winner.dialled, sipStatus: response.status })
    const session = winner.invite.acknowledge(dialog)
    this.#session = session
    const negotiation = reading instanceof Promise ? await reading : reading
    // It may have been hung up meanwhile, from either side.
    if (this.#isAnswering() && isWritten && negotiation.ok && session !== undefined) {
      this.#phase = 'answered'
      this.#media.endpoint.signallingHost = winner.target.signallingHost
      this.#media.agree(negotiation.negotiated)
      this.#answered = this.#lookAfter(session, this.#media)
      return this.#emit({ type: 'answered' })
    }
    if (this.#isAnswering()) {
      this.#phase = 'ending'
      this.#verdict = { cause: isWritten ? 'media-failed' : 'failed' }
      if (!negotiation.ok) this.#warn(negotiation, 'no media with this phone')
    }
    this.#endSession()
    this.#finishIfGone()
  }

  /** What the media bring, the relay has carried over to the other leg already. */
  #takeDigit(digit: string, milliseconds: number, way: DigitWay): void {
    this.#emit({ type: 'dtmf', digit, milliseconds })
    if (way !== 'info') return
    for (const { endpoint } of this.#media?.heardBy ?? []) endpoint.press(digit, milliseconds)
  }

  #lookAfter(session: Session, media: LegMedia): AnsweredLeg {
    return new AnsweredLeg({
      ...this.#context,
      session,
      media,
      onGone: () => this.hangup('failed'),
      onMuted: () => {
        this.#context.log.warn({ callId: this.callId, leg: this.leg }, 'nothing is heard of this leg; hung up')
        this.hangup('media-failed')
      },
    })
  }

  /** The phase as it is after an await, whatever the compiler believes that it still is. */
  #isAnswering(): boolean {
    return this.#phase === 'answering'
  }

  /** An answer that came too late: confirmed, as it must be, and hung up. */
  #drop({ invite }: Attempt, dialog: Dialog): void {
    invite.acknowledge(dialog)
    void invite.bye(completedElsewhere)
  }

  #attemptFailed(attempt: Attempt, failure: InviteFailure): void {
    const { farSide, credentials } = attempt.target
    const party = { farSide, hasCredentials: credentials !== undefined, hasRung: this.#rang }
    const { forwardTo, ...verdict } = mapFailure(failure, party)
    if (!this.#attempts.settle(attempt, verdict)) return
    if (this.#phase !== 'dialling') return this.#finishIfGone()
    // Who forwards one phone wants the call somewhere else.
    if (forwardTo !== undefined && this.#request.mayBeForwarded) return this.#decide({ ...verdict, forwardTo })
    if (verdict.isFinal) return this.#decide(verdict)
    this.#rounds.failed(verdict, failure.response !== undefined)
  }

  /** For the history; and for whoever looks after phones and trunks, unless it was the leg that gave it up. */
  #attemptEnded(attempt: LegAttempt, isGivenUp: boolean): void {
    const { at: _, ...shown } = attempt
    if (!isGivenUp) this.#context.log.warn({ callId: this.callId, leg: this.leg, ...shown }, 'a party was not reached')
    this.#emit({ type: 'attempt-ended', attempt })
  }

  #sessionEnded(attempt: Attempt, end: SessionEnd): void {
    if (attempt === this.#winner) this.#attempts.settleAnswered(attempt)
    else this.#attempts.settle(attempt, { cause: 'cancelled' })
    if (attempt === this.#winner && (this.#phase === 'answered' || this.#phase === 'answering')) {
      this.#phase = 'ending'
      this.#verdict = { cause: end === 'remote' ? 'completed' : this.#answered?.isDoubted ? 'media-failed' : 'failed' }
    }
    this.#finishIfGone()
  }

  /** How the leg ends, once and for all; brings down what is up, and tells it why: `told`. */
  #decide(
    verdict: LegVerdict,
    { told = verdict.cause, attemptsEndAs = 'cancelled' }: { told?: EndCause; attemptsEndAs?: EndCause } = {},
  ): void {
    if (this.#phase === 'ending' || this.#phase === 'ended') return
    const before = this.#phase
    this.#phase = 'ending'
    this.#verdict = verdict
    this.#told = reasonOf(told)
    this.#attempts.cancelAll({ reason: this.#told, cause: attemptsEndAs }, this.#winner)
    // While the answer is being written down, its phone is left in peace: #answer ends the session when it is through.
    if (before === 'answered') this.#endSession()
    this.#finishIfGone()
  }

  #endSession(): void {
    if (this.#session === undefined) return
    // RFC 3326: the phone may show why.
    void this.#session.bye([['Reason', this.#told ?? reasonOf(this.#verdict.cause)]])
  }

  async #write(moment: 'dialled' | 'answered', recovery: LegRecovery, attempt?: LegAttempt): Promise<boolean> {
    this.#writing++
    try {
      await this.#request.journal(moment, recovery, attempt)
      return true
    } catch (error) {
      // A disk without room is told once, not for each leg.
      const isTold = (error as UnavailableError).unavailable !== undefined
      if (!isTold) this.#warn(error, `that the leg was ${moment} could not be written down`)
      return false
    } finally {
      this.#writing--
    }
  }

  #finishIfGone(): void {
    if (this.#phase !== 'ending' || this.#writing > 0) return
    if (this.#attempts.size === 0) return void this.#finish()
    this.#goodbyeTimer ??= this.#context.clock.setTimeout(() => {
      this.#attempts.abandonAll()
      this.#finishIfGone()
    }, goodbyeMilliseconds)
  }

  async #finish(): Promise<void> {
    this.#phase = 'ended'
    this.#context.clock.clearTimeout(this.#goodbyeTimer)
    this.#rounds.stop()
    this.#answered?.stop()
    this.#hearing?.stop()
    this.#digits.stop()
    const media = await this.#releaseMedia()
    this.#context.onGone(this)
    const wasUp = this.#session !== undefined
    const { isFinal: _, reason: __, ...verdict } = this.#verdict
    this.#emit({ type: 'ended', ...verdict, ...(media === undefined || !wasUp ? {} : { media }) })
  }

  async #releaseMedia(): Promise<MediaStatistics | undefined> {
    try {
      return await this.#media?.endpoint.release()
    } catch (error) {
      this.#warn(error, 'media ports were not released cleanly')
      return undefined
    }
  }

  #emit(event: LegEvent): void {
    try {
      this.#listener(event)
    } catch (error) {
      this.#context.log.error({ callId: this.callId, leg: this.leg, err: error }, 'a leg event was not taken')
    }
  }

  #broken(error: unknown): void {
    this.#warn(error, 'leg could not be dialled')
    this.#decide({ cause: 'failed' })
  }

  #warn(error: unknown, message: string): void {
    this.#context.log.warn({ callId: this.callId, leg: this.leg, err: error }, message)
  }
}
