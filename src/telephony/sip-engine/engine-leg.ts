import type { LegAttempt, LegName, MediaStatistics } from '../../call/call.ts'
import type { LegRecovery } from '../../call/call-event.ts'
import type { EndCause } from '../../call/end-cause.ts'
import type { Clock, Timer } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { MediaPlane } from '../../media/media-plane.ts'
import type { Negotiation } from '../../media/sdp.ts'
import { toneFor } from '../../media/tones.ts'
import type { Random } from '../../random.ts'
import type { Dialog } from '../../sip/dialog/dialog.ts'
import type { SipRequest, SipResponse } from '../../sip/message/message.ts'
import { requiresReliability } from '../../sip/user-agent/capabilities.ts'
import type { InviteFailure, InviteHandler } from '../../sip/user-agent/invite-options.ts'
import type { Session } from '../../sip/user-agent/session.ts'
import { sessionDescription } from '../../sip/user-agent/session-description.ts'
import type { SessionEnd } from '../../sip/user-agent/session-handler.ts'
import type { UserAgent } from '../../sip/user-agent/user-agent.ts'
import { type DialRequest, LegEndedError, type LegEvent, type LegHandle, type Tone } from '../driver.ts'
import { AliveWatch } from './alive-watch.ts'
import { CodecMeeting } from './codec-meeting.ts'
import type { DialRounds, DialTarget } from './dial-target.ts'
import { DigitSource, type DigitWay } from './digit-source.ts'
import { nextTrunkAfter } from './final-response-causes.ts'
import { completedElsewhere, reasonOf } from './hang-up-reason.ts'
import { type Attempt, LegAttempts, type PreparedAttempt } from './leg-attempts.ts'
import { LegMedia, type RefuseMediaTarget } from './leg-media.ts'
import { legRecovery } from './leg-recovery.ts'
import { type LegVerdict, mapFailure, mapSilence, mostTelling } from './map-sip-status.ts'
import type { MediaHosts } from './media-hosts.ts'
import { hurriedSilenceMilliseconds, silenceLimit } from './silence-limit.ts'
import type { TrunkHealth } from './trunk-health.ts'
import { watchCarrier } from './watch-carrier.ts'

export interface EngineLegContext {
  readonly userAgent: UserAgent
  readonly media: Pick<MediaPlane, 'allocate'>
  readonly mediaHosts: MediaHosts
  readonly refuseTarget: RefuseMediaTarget
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** How long a leg in a call may send neither RTP nor RTCP; 0 is for ever. */
  readonly silentMilliseconds: number
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
  readonly #digits: DigitSource
  #rounds: readonly (readonly DialTarget[])[] = []
  #round = 0
  #phase: LegPhase = 'dialling'
  #verdict: LegVerdict = { cause: 'failed' }
  /** What a party that is hung up is told of it. */
  #told: string | undefined
  /** How the INVITEs failed so far. */
  #failures: LegVerdict[] = []
  #rang = false
  #media: LegMedia | undefined
  /** The attempt that the session came of. */
  #winner: Attempt | undefined
  #session: Session | undefined
  /** Writes to the log under way: `ended` does not overtake them. */
  #writing = 0
  #ringTimer: Timer | undefined
  #hurryTimer: Timer | undefined
  #roundSentAt = 0
  #goodbyeTimer: Timer | undefined
  #watch: AliveWatch | undefined
  #meeting: CodecMeeting | undefined

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
      this.#rounds = rounds
      if (await this.#openMedia()) await this.#dialRound()
    } catch (error) {
      this.#broken(error)
    }
  }

  play(tone: Tone): void {
    if (this.#phase === 'answered') this.#media?.endpoint.play(toneFor(tone.kind, tone.country))
  }

  stopPlaying(): void {
    this.#media?.endpoint.stopPlaying()
  }

  hear(other: LegHandle): void {
    if (!(other instanceof EngineLeg) || this.#phase !== 'answered') return
    const speaker = other.#phase === 'dialling' ? other.#media : undefined
    if (speaker === undefined) return
    try {
      this.#media?.endpoint.hear(speaker.endpoint)
    } catch (error) {
      // The tone goes on: early media in a codec that this leg does not take is no reason to end a call.
      this.#context.log.info({ callId: this.callId, err: error }, 'early media cannot be heard')
    }
  }

  /** Connects the media of two answered legs, both ways. Throws a {@link LegEndedError} where one of them has ended. */
  bridge(other: EngineLeg): void {
    const [here, there] = [this.#media, other.#media]
    const areAnswered = this.#phase === 'answered' && other.#phase === 'answered'
    if (!areAnswered || here === undefined || there === undefined) throw new LegEndedError()
    here.endpoint.bridge(there.endpoint)
    here.partner = there
    there.partner = here
    this.#meeting?.begin()
    other.#meeting?.begin()
  }

  hangup(cause: EndCause, told = cause): void {
    this.#decide({ cause }, { told })
  }

  /** False where the leg ends meanwhile, or for want of a port. */
  async #openMedia(): Promise<boolean> {
    const { media, mediaHosts: hosts, refuseTarget, random } = this.#context
    const partner = this.#request.partner
    const beside = partner instanceof EngineLeg ? partner.#media : undefined
    try {
      const endpoint = await media.allocate(beside === undefined ? {} : { beside: beside.endpoint })
      this.#media = new LegMedia({ endpoint, beside, hosts, refuseTarget, random })
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

  /** What the log must hold before the first packet, then one INVITE to each target of the round. */
  async #dialRound(): Promise<void> {
    const prepared = (this.#rounds[this.#round] ?? []).map((target) => this.#attempts.prepare(target))
    const inDoubt = [...this.#attempts.inDoubt(), ...prepared.map((attempt) => attempt.inDoubt)]
    const [only] = prepared.length === 1 ? prepared : []
    const isWritten = await this.#write('dialled', legRecovery(inDoubt), only?.dialled)
    if (!isWritten) this.#decide({ cause: 'failed' })
    if (this.#phase !== 'dialling') return this.#finishIfGone()
    this.#ringTimer ??= this.#context.clock.setTimeout(() => this.#ringTimeOver(), this.#request.ringSeconds * 1000)
    this.#roundSentAt = this.#context.clock.monotonic()
    for (const attempt of prepared) this.#send(attempt)
    if (this.#attempts.size === 0) this.#roundFailed()
  }

  #send(prepared: PreparedAttempt): void {
    try {
      const body = { type: 'application/sdp', content: this.#media?.createOffer() ?? '' }
      const { farSide, carrier } = prepared.target
      const options = { body, silenceMilliseconds: silenceLimit(farSide), watchesPort: farSide === 'trunk' }
      const handlerOf = (self: () => Attempt) =>
        watchCarrier(this.#handlerOf(self), carrier?.trunk, this.#context.trunkHealth)
      this.#attempts.send(prepared, options, handlerOf)
    } catch (error) {
      const verdict: LegVerdict = { cause: 'failed', reason: `cannot be sent to: ${(error as Error).message}` }
      this.#attempts.tellUnsent(prepared, verdict)
      this.#failures.push(verdict)
    }
  }

  #handlerOf(self: () => Attempt): InviteHandler {
    return {
      onProvisional: (response, dialog) => this.#progress(self(), response, dialog),
      onSilence: () => this.#silent(self()),
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
    endpoint.signallingHost = signallingHostOf(target)
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
    this.#context.clock.clearTimeout(this.#ringTimer)
    const { trunk } = winner.target
    const answered = { snapshot: dialog.snapshot(), ...(trunk === undefined ? {} : { trunk }) }
    // Until they have confirmed that they are cancelled, the others are as much in doubt as the winner is up.
    const recovery = legRecovery(this.#attempts.inDoubt(winner), answered)
    this.#attempts.cancelAll({ reason: completedElsewhere, cause: 'cancelled' }, winner)
    this.#media.seenFrom = response.receivedFrom
    const reading = this.#media.readFinal(dialog.id, sessionDescription(response) ?? '')
    const isWritten = await this.#write('answered', recovery, { ...winner.dialled, sipStatus: response.status })
    this.#session = winner.invite.acknowledge(dialog)
    const negotiation = reading instanceof Promise ? await reading : reading
    // It may have been hung up meanwhile, from either side.
    if (this.#isAnswering() && isWritten && negotiation.ok) {
      this.#phase = 'answered'
      const { endpoint } = this.#media
      endpoint.signallingHost = signallingHostOf(winner.target)
      this.#media.agree(negotiation.negotiated)
      this.#watch = this.#watchPhone(this.#media)
      if (this.#session !== undefined) this.#meeting = new CodecMeeting(this.#session, this.#media, this.#context)
      endpoint.onSilent = (suppressesSilence) => void this.#watch?.takeSilence(suppressesSilence)
      endpoint.watchSilence(this.#context.silentMilliseconds)
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
    if (way === 'info') this.#media?.partner?.endpoint.press(digit, milliseconds)
  }

  #watchPhone({ endpoint }: LegMedia): AliveWatch {
    return new AliveWatch(this.#context.clock, {
      ask: async () => this.#session?.request('OPTIONS'),
      countHeard: async () => (await endpoint.statistics()).packetsReceived,
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
    this.#failures.push(verdict)
    // Who forwards one phone wants the call somewhere else.
    if (forwardTo !== undefined && this.#request.mayBeForwarded) return this.#decide({ ...verdict, forwardTo })
    if (verdict.isFinal) return this.#decide(verdict)
    if (this.#attempts.size === 0) return this.#roundFailed()
    if (failure.response !== undefined && this.#attempts.isSilent) this.#hurrySilent()
  }

  /** One phone of the line has spoken, and all others have said nothing at all: they are hardly there. */
  #hurrySilent(): void {
    const { clock } = this.#context
    const waited = clock.monotonic() - this.#roundSentAt
    this.#hurryTimer ??= clock.setTimeout(
      () => {
        for (const attempt of this.#attempts.unheard()) this.#silent(attempt)
      },
      Math.max(0, hurriedSilenceMilliseconds - waited),
    )
  }

  /** A phone that says nothing, or a trunk where another could be tried. */
  #silent(attempt: Attempt): void {
    if (this.#phase !== 'dialling') return
    const { farSide, carrier, suspect } = attempt.target
    suspect?.()
    // The last trunk is waited for as long as it may ring, unless it was down before: there is nobody else to ask.
    if (farSide === 'trunk' && !this.#hasNextRound && carrier?.isDown !== true) return
    const verdict = { cause: mapSilence(farSide), reason: 'no response' }
    this.#attempts.abandonSilent(attempt, verdict, reasonOf(verdict.cause))
    this.#failures.push(verdict)
    if (this.#attempts.size === 0) this.#roundFailed()
  }

  /** For the history; and for whoever looks after phones and trunks, unless it was the leg that gave it up. */
  #attemptEnded(attempt: LegAttempt, isGivenUp: boolean): void {
    const { at: _, ...shown } = attempt
    if (!isGivenUp) this.#context.log.warn({ callId: this.callId, leg: this.leg, ...shown }, 'a party was not reached')
    this.#emit({ type: 'attempt-ended', attempt })
  }

  get #hasNextRound(): boolean {
    return this.#round + 1 < this.#rounds.length
  }

  #roundFailed(): void {
    const verdict = mostTelling(this.#failures)
    if (!nextTrunkAfter.has(verdict.cause) || !this.#hasNextRound) return this.#decide(verdict)
    this.#round++
    this.#dialRound().catch((error: unknown) => this.#broken(error))
  }

  #ringTimeOver(): void {
    if (!this.#attempts.isSilent) return this.#decide({ cause: 'no-answer' }, { attemptsEndAs: 'no-answer' })
    const farSide = this.#rounds[this.#round]?.[0]?.farSide ?? 'line'
    const silence = { cause: mapSilence(farSide) }
    this.#decide(mostTelling([...this.#failures, silence]), { attemptsEndAs: silence.cause })
  }

  #sessionEnded(attempt: Attempt, end: SessionEnd): void {
    if (attempt === this.#winner) this.#attempts.settleAnswered(attempt)
    else this.#attempts.settle(attempt, { cause: 'cancelled' })
    if (attempt === this.#winner && (this.#phase === 'answered' || this.#phase === 'answering')) {
      this.#phase = 'ending'
      this.#verdict = { cause: end === 'remote' ? 'completed' : this.#watch?.isDoubted ? 'media-failed' : 'failed' }
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
      this.#warn(error, `that the leg was ${moment} could not be written down`)
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
    this.#context.clock.clearTimeout(this.#ringTimer)
    this.#context.clock.clearTimeout(this.#goodbyeTimer)
    this.#context.clock.clearTimeout(this.#hurryTimer)
    this.#watch?.stop()
    this.#meeting?.stop()
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

/** A phone speaks from where it signals, or from where it says; a carrier's media may come from anywhere. */
const signallingHostOf = ({ farSide, destination }: DialTarget): string | undefined =>
  farSide === 'line' ? destination.host : undefined
