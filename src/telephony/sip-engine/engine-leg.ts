import type { LegName, MediaStatistics } from '../../call/call.ts'
import type { EndCause } from '../../call/end-cause.ts'
import { endCauses } from '../../call/end-cause.ts'
import type { Clock, Timer } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { type CodecName, defaultCodecs, isG711 } from '../../media/codec.ts'
import type { MediaEndpoint } from '../../media/media-endpoint.ts'
import type { MediaPlane } from '../../media/media-plane.ts'
import { acceptAnswer, answerOffer, createOffer } from '../../media/sdp.ts'
import { toneFor } from '../../media/tones.ts'
import type { Random } from '../../random.ts'
import type { Dialog } from '../../sip/dialog/dialog.ts'
import type { SipResponse } from '../../sip/message/message.ts'
import type { InviteFailure, InviteHandler } from '../../sip/user-agent/invite-options.ts'
import type { InviteRecoveryRecord } from '../../sip/user-agent/invite-recovery.ts'
import type { OutgoingInvite } from '../../sip/user-agent/outgoing-invite.ts'
import type { Session } from '../../sip/user-agent/session.ts'
import type { UserAgent } from '../../sip/user-agent/user-agent.ts'
import type { DialRequest, LegEvent, LegHandle, Tone } from '../driver.ts'
import type { DialTarget } from './dial-target.ts'
import { recoverDialog, recoverInvites } from './leg-recovery.ts'
import { mapSipStatus, mostTelling } from './map-sip-status.ts'

export interface EngineLegContext {
  readonly userAgent: UserAgent
  readonly media: MediaPlane
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Once, when nothing of the leg is left. */
  readonly onGone: (leg: EngineLeg) => void
}

type LegPhase = 'dialling' | 'answering' | 'answered' | 'ending' | 'ended'

/** Failures of a round after which the next trunk is tried; what a person or a number decided is final. */
const triesNextTrunk: ReadonlySet<EndCause> = new Set(['congestion', 'unavailable', 'failed'])

const elsewhere = 'SIP;cause=200;text="Call completed elsewhere"'

/**
 * One leg over SIP: its INVITEs (one for each phone, or one trunk after the other), the one session that came of them, and its
 * end of the media. However it goes, `ended` is emitted exactly once, when every INVITE and the session are gone.
 */
export class EngineLeg implements LegHandle {
  readonly callId: string
  readonly leg: LegName
  readonly #request: DialRequest
  readonly #rounds: readonly (readonly DialTarget[])[]
  readonly #listener: (event: LegEvent) => void
  readonly #context: EngineLegContext
  readonly #invites = new Set<OutgoingInvite>()
  readonly #failures: EndCause[] = []
  #phase: LegPhase = 'dialling'
  #cause: EndCause | undefined
  #sipStatus: number | undefined
  #round = 0
  #rang = false
  #offered: readonly CodecName[] = defaultCodecs
  #sessionId = ''
  #version = 1
  #endpoint: MediaEndpoint | undefined
  #session: Session | undefined
  /** The INVITE that the session came of. */
  #winner: OutgoingInvite | undefined
  #ringTimer: Timer | undefined

  constructor(
    request: DialRequest,
    rounds: readonly (readonly DialTarget[])[],
    listener: (event: LegEvent) => void,
    context: EngineLegContext,
  ) {
    this.callId = request.callId
    this.leg = request.leg
    this.#request = request
    this.#rounds = rounds
    this.#listener = listener
    this.#context = context
  }

  /** For joining two legs of this engine. */
  get endpoint(): MediaEndpoint | undefined {
    return this.#phase === 'answered' || this.#phase === 'dialling' ? this.#endpoint : undefined
  }

  get isAnswered(): boolean {
    return this.#phase === 'answered'
  }

  /** Never throws; whatever goes wrong ends the leg. */
  async start(): Promise<void> {
    try {
      if (this.#rounds.length === 0) return this.#finish('unavailable')
      const partner = this.#request.partner
      const beside = partner instanceof EngineLeg ? partner.endpoint : undefined
      this.#offered = codecsBeside(beside)
      const endpoint = await this.#context.media.allocate(beside === undefined ? {} : { beside })
      if (this.#phase !== 'dialling') return void (await endpoint.release())
      this.#endpoint = endpoint
      this.#endpoint.onDtmf = (digit, milliseconds) => this.#emit({ type: 'dtmf', digit, milliseconds })
      this.#endpoint.onFailed = () => this.hangup('media-failed')
      this.#sessionId = this.#context.random.bytes(6).readUIntBE(0, 6).toString()
      await this.#dialRound()
    } catch (error) {
      this.#context.log.warn({ callId: this.callId, leg: this.leg, err: error }, 'leg could not be dialled')
      this.#fail(this.#endpoint === undefined ? 'media-failed' : 'failed')
    }
  }

  play(tone: Tone): void {
    if (this.#phase === 'answered') this.#endpoint?.play(toneFor(tone.kind, tone.country))
  }

  stopPlaying(): void {
    this.#endpoint?.stopPlaying()
  }

  hear(other: LegHandle): void {
    if (!(other instanceof EngineLeg) || this.#endpoint === undefined || other.endpoint === undefined) return
    try {
      this.#endpoint.hear(other.endpoint)
    } catch (error) {
      // The tone goes on: early media in a codec that this leg does not take is no reason to end a call.
      this.#context.log.info({ callId: this.callId, err: error }, 'early media cannot be heard')
    }
  }

  hangup(cause: EndCause): void {
    if (this.#phase === 'ending' || this.#phase === 'ended') return
    const before = this.#phase
    this.#cause = cause
    this.#phase = 'ending'
    if (before === 'answered') return this.#endSession()
    // While the answer is being written down, #answer takes notice when it is through.
    if (before === 'answering') return
    for (const invite of [...this.#invites]) invite.cancel(reasonOf(cause))
    this.#finishIfGone()
  }

  /** What the log must hold before the first packet, then one INVITE to each target of the round. */
  async #dialRound(): Promise<void> {
    const targets = this.#rounds[this.#round] ?? []
    const { userAgent } = this.#context
    const records = targets.map(
      (target): InviteRecoveryRecord => ({
        callId: userAgent.createCallId(),
        fromTag: userAgent.createTag(),
        branch: userAgent.createBranch(),
        sequence: 1,
        uri: target.uri,
        destination: target.destination,
        from: target.from.uri,
        to: target.to.uri,
      }),
    )
    await this.#request.journal('dialled', recoverInvites(records))
    if (this.#phase !== 'dialling') return this.#finishIfGone()
    this.#ringTimer ??= this.#context.clock.setTimeout(() => this.hangup('no-answer'), this.#request.ringSeconds * 1000)
    for (const [index, target] of targets.entries()) this.#invite(target, records[index] as InviteRecoveryRecord)
  }

  #invite(target: DialTarget, record: InviteRecoveryRecord): void {
    if (this.#endpoint === undefined) return
    const content = createOffer(this.#endpoint, this.#offered, { sessionId: this.#sessionId })
    const invite: OutgoingInvite = this.#context.userAgent.invite(
      { ...target, ...record, from: target.from, to: target.to, body: { type: 'application/sdp', content } },
      this.#handlerOf(target, () => invite),
    )
    this.#invites.add(invite)
  }

  #handlerOf(target: DialTarget, self: () => OutgoingInvite): InviteHandler {
    return {
      onProvisional: (response) => this.#progress(response),
      onAnswered: (response, dialog) => void this.#answer(self(), response, dialog),
      onFailed: (failure) => this.#attemptFailed(self(), target, failure),
      onEnded: (end) => this.#sessionEnded(self(), end === 'remote' ? 'completed' : 'failed'),
      onOffer: (offer) => this.#answerOffer(offer),
      onAnswer: (answer) => this.#takeAnswer(answer),
    }
  }

  #progress(response: SipResponse): void {
    if (this.#phase !== 'dialling') return
    if (response.status >= 180 && !this.#rang) {
      this.#rang = true
      this.#emit({ type: 'ringing' })
    }
    // Several phones share one endpoint until one of them answers; only a lone one can be listened to before.
    if (response.body.length === 0 || this.#invites.size !== 1 || this.#endpoint === undefined) return
    const early = acceptAnswer(response.body.toString(), this.#offered, this.#endpoint)
    if (!early.ok) return
    this.#endpoint.onMedia = () => {
      if (this.#phase === 'dialling') this.#emit({ type: 'early-media' })
    }
    this.#endpoint.setRemote(early.negotiated)
  }

  /** The first to answer wins. It is told so (ACK) only when the log holds its dialog. */
  async #answer(invite: OutgoingInvite, response: SipResponse, dialog: Dialog): Promise<void> {
    if (this.#phase !== 'dialling' || this.#endpoint === undefined) return this.#drop(invite, dialog)
    this.#phase = 'answering'
    this.#winner = invite
    this.#context.clock.clearTimeout(this.#ringTimer)
    for (const other of [...this.#invites]) if (other !== invite) other.cancel(elsewhere)
    const answer = acceptAnswer(response.body.toString(), this.#offered, this.#endpoint)
    try {
      await this.#request.journal('answered', recoverDialog(dialog.snapshot()))
    } catch (error) {
      this.#context.log.error({ callId: this.callId, err: error }, 'an answer could not be written down')
      this.#cause ??= 'failed'
      this.#phase = 'ending'
    }
    this.#session = invite.acknowledge(dialog)
    if (!answer.ok && this.#isAnswering()) {
      this.#context.log.info({ callId: this.callId, leg: this.leg, reason: answer.message }, 'no media with this phone')
      this.#cause = 'media-failed'
      this.#phase = 'ending'
    }
    if (!this.#isAnswering() || this.#session === undefined || !answer.ok) {
      this.#cause ??= 'failed'
      this.#phase = 'ending'
      return this.#endSession()
    }
    this.#phase = 'answered'
    this.#endpoint.setRemote(answer.negotiated)
    this.#emit({ type: 'answered' })
  }

  /** The phase as it is after an await, whatever the compiler believes that it still is. */
  #isAnswering(): boolean {
    return this.#phase === 'answering'
  }

  /** An answer that came too late: confirmed, as it must be, and hung up. */
  #drop(invite: OutgoingInvite, dialog: Dialog): void {
    invite.acknowledge(dialog)
    void invite.bye(elsewhere)
  }

  #attemptFailed(invite: OutgoingInvite, target: DialTarget, failure: InviteFailure): void {
    this.#invites.delete(invite)
    if (this.#phase !== 'dialling') return this.#finishIfGone()
    const reason = failure.response?.headers.get('Reason')
    const cause =
      failure.response === undefined && failure.status === 408
        ? 'unavailable'
        : mapSipStatus(failure.status, target.farSide, reason)
    this.#sipStatus = failure.status
    this.#failures.push(cause)
    // RFC 3261 section 16.7: a 6xx speaks for every phone of the line, and a person's refusal does so too.
    if (failure.status >= 600 || cause === 'rejected') return this.hangup(cause)
    if (this.#invites.size > 0) return
    const verdict = mostTelling(this.#failures)
    if (triesNextTrunk.has(verdict) && this.#round + 1 < this.#rounds.length) {
      this.#round++
      this.#failures.length = 0
      this.#dialRound().catch((error: unknown) => {
        this.#context.log.error({ callId: this.callId, err: error }, 'the next trunk could not be dialled')
        this.#fail('failed')
      })
      return
    }
    this.#finish(verdict)
  }

  #sessionEnded(invite: OutgoingInvite, cause: EndCause): void {
    this.#invites.delete(invite)
    if (invite === this.#winner && (this.#phase === 'answered' || this.#phase === 'answering')) {
      this.#cause = cause
      this.#phase = 'ending'
    }
    this.#finishIfGone()
  }

  #endSession(): void {
    const session = this.#session
    if (session === undefined) return this.#fail(this.#cause ?? 'failed')
    // RFC 3326: the phone may show why.
    const reason = reasonOf(this.#cause ?? 'completed')
    void session.bye([['Reason', reason]])
  }

  #answerOffer(offer: string): string | undefined {
    if (this.#endpoint === undefined || this.#phase !== 'answered') return undefined
    const options = { sessionId: this.#sessionId, version: ++this.#version }
    if (offer === '') return createOffer(this.#endpoint, this.#offered, options)
    const answer = answerOffer(this.#endpoint, offer, { ...options, codecs: this.#offered })
    if (!answer.ok) return undefined
    this.#endpoint.setRemote(answer.negotiated)
    return answer.sdp
  }

  #takeAnswer(answer: string): void {
    if (this.#endpoint === undefined) return
    const accepted = acceptAnswer(answer, this.#offered, this.#endpoint)
    if (accepted.ok) this.#endpoint.setRemote(accepted.negotiated)
  }

  /** For what went wrong between the INVITEs: cancels those that are out, and ends. */
  #fail(cause: EndCause): void {
    if (this.#phase === 'ended') return
    this.#cause ??= cause
    this.#phase = 'ending'
    for (const invite of [...this.#invites]) invite.cancel(reasonOf(cause))
    this.#finishIfGone()
  }

  #finishIfGone(): void {
    if (this.#phase === 'ending' && this.#invites.size === 0) this.#finish(this.#cause ?? 'failed')
  }

  #finish(cause: EndCause): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#context.clock.clearTimeout(this.#ringTimer)
    void this.#settle(cause)
  }

  async #settle(cause: EndCause): Promise<void> {
    const media = await this.#releaseMedia()
    this.#context.onGone(this)
    this.#emit({
      type: 'ended',
      cause,
      ...(this.#sipStatus === undefined ? {} : { sipStatus: this.#sipStatus }),
      ...(media === undefined || this.#session === undefined ? {} : { media }),
    })
  }

  async #releaseMedia(): Promise<MediaStatistics | undefined> {
    try {
      return await this.#endpoint?.release()
    } catch (error) {
      this.#context.log.warn({ callId: this.callId, err: error }, 'media ports were not released cleanly')
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
}

/** The partner's codec first; G.711 only where the partner can be converted to it or takes it as it is. */
function codecsBeside(partner: MediaEndpoint | undefined): readonly CodecName[] {
  const negotiated = partner?.negotiated
  if (negotiated === undefined) return defaultCodecs
  const accepted = negotiated.accepted.map(({ codec }) => codec)
  const convertible = accepted.some(isG711) ? (['PCMA', 'PCMU'] as const) : []
  return [...new Set<CodecName>([negotiated.codec, ...accepted, ...convertible])]
}

/** The Reason header's value (RFC 3326) that tells a phone why it is hung up. */
const reasonOf = (cause: EndCause): string => `Q.850;cause=${endCauses[cause].q850}`
