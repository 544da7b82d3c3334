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
import { DigitQueue } from './digit-queue.ts'
import { DigitSource, type DigitWay } from './digit-source.ts'
import { completedElsewhere, reasonOf } from './hang-up-reason.ts'
import { type Attempt, LegAttempts, type PreparedAttempt } from './leg-attempts.ts'
import { LegHearing } from './leg-hearing.ts'
import { LegMedia, type RefuseMediaTarget } from './leg-media.ts'
import { legRecovery } from './leg-recovery.ts'
import { LegRounds } from './leg-rounds.ts'
import { type Answering, type Ending, type LegState, soundOf, winnerOf } from './leg-state.ts'
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
  #state: LegState = { phase: 'preparing' }
  /** Writes to the log under way: `ended` does not overtake them. */
  #writing = 0
  #goodbyeTimer: Timer | undefined
  /** Made when the first keys are sent: most legs are sent none. */
  #sending: DigitQueue | undefined
  /** The phone that has answered holds the call. */
  #isHolding = false

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
      isDialling: () => this.#state.phase === 'dialling',
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
    if (this.#state.phase !== 'preparing') return
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
    const state = this.#state
    if (state.phase !== 'answered') return new LegPlayback().end('stopped')
    const { media, hearing } = state
    const onFailed = (error: unknown) =>
      this.#context.log.info({ callId: this.callId, leg: this.leg, err: error }, 'a leg cannot hear what it should')
    if (source.kind !== 'legs') return hearing.hear(source, onFailed)
    const speakers = source.legs.flatMap(({ speaker }) => (speaker instanceof EngineLeg ? [speaker] : []))
    const isComplete = speakers.length === source.legs.length
    const legs = isComplete ? speakers.map((speaker) => speaker.#audible) : [undefined]
    const playback = hearing.hear({ ...source, legs }, onFailed)
    const partner = speakers.find((speaker) => media.partner !== undefined && speaker.#audible === media.partner)
    if (partner !== undefined) this.#joined(partner)
    return playback
  }

  /** What others hear of it, as long as it is up. */
  get #audible(): LegMedia | undefined {
    return this.#state.phase === 'ending' ? undefined : soundOf(this.#state)?.media
  }

  /** Each of the two hears the other. */
  #joined(partner: EngineLeg): void {
    for (const state of [partner.#state, this.#state]) if (state.phase === 'answered') state.care.joined()
  }

  sendDigits(digits: string): void {
    const state = this.#state
    if (state.phase !== 'answered') return
    const { endpoint } = state.media
    this.#sending ??= new DigitQueue(this.#context.clock, (digit, milliseconds) => endpoint.press(digit, milliseconds))
    this.#sending.send(digits)
  }

  hangup(cause: EndCause, told = cause): void {
    this.#decide({ cause }, { told })
  }

  /** False where the leg ends meanwhile, or for want of a port. */
  async #openMedia(): Promise<boolean> {
    const { media: plane, mediaHosts: hosts, refuseTarget, random, sounds } = this.#context
    const partner = this.#request.partner?.speaker
    const beside = partner instanceof EngineLeg ? partner.#audible : undefined
    try {
      const endpoint = await plane.allocate(beside === undefined ? {} : { beside: beside.endpoint })
      const media = new LegMedia({ endpoint, beside, hosts, refuseTarget, random })
      // It ended while no port was free: nobody else gives this one back.
      if (this.#state.phase !== 'preparing') {
        void this.#release(media)
        return false
      }
      this.#state = { phase: 'dialling', media, hearing: new LegHearing(media, sounds), hasRung: false }
      endpoint.onDtmf = (digit, milliseconds) => this.#digits.takeMedia(digit, milliseconds)
      endpoint.onFailed = () => this.hangup('media-failed')
      return true
    } catch (error) {
      this.#warn(error, 'no media port for this leg')
      this.#decide({ cause: 'congestion' })
      return false
    }
  }

  /** Throws where the target's address cannot be sent to at all. */
  #send(prepared: PreparedAttempt): void {
    const body = { type: 'application/sdp', content: soundOf(this.#state)?.media.createOffer() ?? '' }
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
      onAnswer: (answer) => soundOf(this.#state)?.media.takeAnswer(answer),
      onHeld: () => this.#takeHold(self(), true),
      onResumed: () => this.#takeHold(self(), false),
      onInfo: (_type, body) => {
        if (this.#state.phase === 'answered') this.#digits.takeInfo(body)
      },
    }
  }

  #progress({ target }: Attempt, response: SipResponse, dialog: Dialog | undefined): void {
    const state = this.#state
    if (state.phase !== 'dialling') return
    if (response.status >= 180 && !state.hasRung) {
      this.#state = { ...state, hasRung: true }
      this.#listener({ type: 'ringing' })
    }
    const { media } = state
    const description = sessionDescription(response) ?? ''
    if (description === '' || dialog === undefined) return
    media.seenFrom = response.receivedFrom
    const early = media.readEarly(dialog.id, description, requiresReliability(response.headers))
    if (early instanceof Promise) void early.then((negotiation) => this.#hearEarly(media, negotiation, target))
    else this.#hearEarly(media, early, target)
  }

  /** Several phones share one endpoint until one of them answers; only a lone one can be listened to before. */
  #hearEarly(media: LegMedia, early: Negotiation, target: DialTarget): void {
    if (this.#state.phase !== 'dialling' || !this.#isLone || !early.ok) return
    const { endpoint } = media
    endpoint.onMedia = () => {
      if (this.#state.phase === 'dialling') this.#listener({ type: 'early-media' })
    }
    endpoint.signallingHost = target.signallingHost
    media.agree(early.negotiated)
  }

  get #isLone(): boolean {
    return this.#attempts.size === 1
  }

  #answerOffer(offer: string, { receivedFrom }: SipRequest, dialog: Dialog): ReturnType<LegMedia['answerOffer']> {
    const media = soundOf(this.#state)?.media
    if (media !== undefined) media.seenFrom = receivedFrom
    if (this.#state.phase === 'answered') return media?.answerOffer(offer)
    return this.#state.phase === 'dialling' ? media?.answerEarlyOffer(dialog.id, offer, this.#isLone) : undefined
  }

  /** The first to answer wins. It is told so (ACK) only when the log holds its dialog. */
  async #answer(winner: Attempt, response: SipResponse, dialog: Dialog): Promise<void> {
    const state = this.#state
    if (state.phase !== 'dialling') return this.#attempts.drop(winner, dialog)
    const { media, hearing } = state
    const answering: Answering = { phase: 'answering', media, hearing, winner }
    this.#state = answering
    this.#rounds.stop()
    const { trunk } = winner.target
    const answered = { snapshot: dialog.snapshot(), ...(trunk === undefined ? {} : { trunk }) }
    // Until they have confirmed that they are cancelled, the others are as much in doubt as the winner is up.
    const recovery = legRecovery(this.#attempts.inDoubt(winner), answered)
    this.#attempts.cancelAll({ reason: completedElsewhere, cause: 'cancelled' }, winner)
    media.seenFrom = response.receivedFrom
    const reading = media.readFinal(dialog.id, sessionDescription(response) ?? '')
    const isWritten = await this.#write('answered', recovery, { ...winner.dialled, sipStatus: response.status })
    const session = winner.invite.acknowledge(dialog)
    const negotiation = reading instanceof Promise ? await reading : reading
    // It may have been hung up meanwhile, from either side.
    if (this.#state === answering && isWritten && negotiation.ok && session !== undefined) {
      media.endpoint.signallingHost = winner.target.signallingHost
      media.agree(negotiation.negotiated)
      this.#state = { ...answering, phase: 'answered', session, care: this.#lookAfter(session, media) }
      this.#listener({ type: 'answered' })
      if (this.#isHolding) this.#listener({ type: 'held' })
      return
    }
    if (this.#state === answering) {
      if (!negotiation.ok) this.#warn(negotiation, 'no media with this phone')
      this.#settle(answering, { cause: isWritten ? 'media-failed' : 'failed' })
    }
    if (session !== undefined) this.#endAnswered(session)
    this.#finishIfGone()
  }

  /** A session that was answered while the leg came to its end: confirmed, as it must be, and hung up. */
  #endAnswered(session: Session): void {
    if (this.#state.phase !== 'ending') return
    this.#state = { ...this.#state, wasUp: true }
    void session.bye([['Reason', this.#state.told]])
  }

  /** What the media bring, the relay has carried over to the other leg already. */
  #takeDigit(digit: string, milliseconds: number, way: DigitWay): void {
    this.#listener({ type: 'dtmf', digit, milliseconds })
    if (way !== 'info') return
    for (const { endpoint } of soundOf(this.#state)?.media.heardBy ?? []) endpoint.press(digit, milliseconds)
  }

  /** A phone may hold as soon as its answer is confirmed, while the name of its host is still looked up: that is told behind it. */
  #takeHold(attempt: Attempt, isHolding: boolean): void {
    if (attempt !== winnerOf(this.#state) || isHolding === this.#isHolding) return
    this.#isHolding = isHolding
    if (this.#state.phase === 'answered') this.#listener({ type: isHolding ? 'held' : 'resumed' })
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

  #attemptFailed(attempt: Attempt, failure: InviteFailure): void {
    const { farSide, credentials } = attempt.target
    const hasRung = this.#state.phase === 'dialling' && this.#state.hasRung
    const party = { farSide, hasCredentials: credentials !== undefined, hasRung }
    const { forwardTo, ...verdict } = mapFailure(failure, party)
    if (!this.#attempts.settle(attempt, verdict)) return
    if (this.#state.phase !== 'dialling') return this.#finishIfGone()
    // Who forwards one phone wants the call somewhere else.
    if (forwardTo !== undefined && this.#request.mayBeForwarded) return this.#decide({ ...verdict, forwardTo })
    if (verdict.isFinal) return this.#decide(verdict)
    this.#rounds.failed(verdict, failure.response !== undefined)
  }

  /** For the history; and for whoever looks after phones and trunks, unless it was the leg that gave it up. */
  #attemptEnded(attempt: LegAttempt, isGivenUp: boolean): void {
    const { at: _, ...shown } = attempt
    if (!isGivenUp) this.#context.log.warn({ callId: this.callId, leg: this.leg, ...shown }, 'a party was not reached')
    this.#listener({ type: 'attempt-ended', attempt })
  }

  #sessionEnded(attempt: Attempt, end: SessionEnd): void {
    const state = this.#state
    const isWinner = attempt === winnerOf(state)
    if (isWinner) this.#attempts.settleAnswered(attempt)
    else this.#attempts.settle(attempt, { cause: 'cancelled' })
    if (isWinner && (state.phase === 'answered' || state.phase === 'answering')) {
      const isDoubted = state.phase === 'answered' && state.care.isDoubted
      this.#settle(state, { cause: end === 'remote' ? 'completed' : isDoubted ? 'media-failed' : 'failed' })
    }
    this.#finishIfGone()
  }

  /** How the leg ends, once and for all; brings down what is up, and tells it why: `told`. */
  #decide(
    verdict: LegVerdict,
    { told = verdict.cause, attemptsEndAs = 'cancelled' }: { told?: EndCause; attemptsEndAs?: EndCause } = {},
  ): void {
    const state = this.#state
    if (state.phase === 'ending' || state.phase === 'ended') return
    const reason = reasonOf(told)
    this.#settle(state, verdict, reason)
    this.#attempts.cancelAll({ reason, cause: attemptsEndAs }, winnerOf(state))
    // While the answer is being written down, its phone is left in peace: #answer ends the session when it is through.
    // RFC 3326: the phone may show why.
    if (state.phase === 'answered') void state.session.bye([['Reason', reason]])
    this.#finishIfGone()
  }

  #settle(before: Ending['before'], verdict: LegVerdict, told = reasonOf(verdict.cause)): void {
    this.#state = { phase: 'ending', before, verdict, told, wasUp: before.phase === 'answered' }
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
    const state = this.#state
    if (state.phase !== 'ending' || this.#writing > 0) return
    if (this.#attempts.size === 0) return void this.#finish(state)
    this.#goodbyeTimer ??= this.#context.clock.setTimeout(() => {
      this.#attempts.abandonAll()
      this.#finishIfGone()
    }, goodbyeMilliseconds)
  }

  async #finish({ before, verdict: { isFinal: _, reason: __, ...verdict }, wasUp }: Ending): Promise<void> {
    this.#state = { phase: 'ended' }
    this.#context.clock.clearTimeout(this.#goodbyeTimer)
    this.#rounds.stop()
    this.#digits.stop()
    this.#sending?.stop()
    if (before.phase === 'answered') before.care.stop()
    const sound = soundOf(before)
    sound?.hearing.stop()
    // Also without media its end is told after the call that brings it about.
    const media = await (sound && this.#release(sound.media))
    this.#context.onGone(this)
    this.#listener({ type: 'ended', ...verdict, ...(media === undefined || !wasUp ? {} : { media }) })
  }

  async #release({ endpoint }: LegMedia): Promise<MediaStatistics | undefined> {
    try {
      return await endpoint.release()
    } catch (error) {
      this.#warn(error, 'media ports were not released cleanly')
      return undefined
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
