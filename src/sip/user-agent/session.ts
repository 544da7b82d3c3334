import type { Dialog } from '../dialog/dialog.ts'
import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { NameAddr } from '../message/name-addr.ts'
import type { SentAck } from '../transaction/sent-ack.ts'
import type { ServerTransaction } from '../transaction/server-transaction.ts'
import { AnswerRetransmission } from './answer-retransmission.ts'
import { bodyType, digitTypes } from './capabilities.ts'
import { allowsUpdate, type IdentityOutcome } from './connected-identity.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import { DialogClient } from './dialog-client.ts'
import type { DialogUsage } from './dialog-usage.ts'
import type { Body } from './invite-options.ts'
import { OfferExchange, type OfferingSession, type OfferOutcome } from './offer-exchange.ts'
import type { WishOutcome } from './patient-offers.ts'
import type { ReferTarget } from './refer-to.ts'
import type { RequestOutcome } from './send-authorized.ts'
import { SessionControls } from './session-controls.ts'
import type { SessionEnd, SessionHandler } from './session-handler.ts'
import type { SessionInvitation, SessionOptions } from './session-options.ts'
import {
  awaitsAck,
  isEnded,
  type SessionEffect,
  type SessionInput,
  type SessionState,
  stepSession,
} from './session-state.ts'
import {
  describeCapabilities,
  refuseBody,
  refuseExtensions,
  refuseMethod,
  setBody,
  unknownDialog,
} from './stock-responses.ts'
import type { TransferOutcome } from './transfer-sent.ts'

type HeaderList = readonly (readonly [string, string])[]

/** Our 2xx that waits for its ACK, with the CSeq number of its INVITE. */
interface UnconfirmedAnswer {
  readonly sequence: number
  readonly retransmission: AnswerRetransmission
  readonly onAcknowledged: ((ack: SipRequest) => void) | undefined
}

/**
 * The INVITE usage of one dialog, either side, from the first provisional response with a tag to the end of the BYE. Answers
 * what the peer sends within the dialog, and ends it for certain. `session-state.ts` says what may happen when.
 */
export class Session implements DialogUsage, OfferingSession {
  readonly dialog: Dialog
  handler: SessionHandler
  /** We sent the INVITE. */
  readonly isOurs: boolean
  /** The peer has said that it takes UPDATE. */
  allowsUpdate: boolean
  readonly #core: UserAgentCore
  readonly #client: DialogClient
  readonly #offers: OfferExchange
  #madeControls: SessionControls | undefined
  #invitation: SessionInvitation
  #state: SessionState
  /** ACK of the newest 2xx that we received, repeated whenever that 2xx is. */
  #ack: SentAck | undefined
  /** Runs in `owes-ack`. */
  #patience: Alarm | undefined
  /** Runs in `awaits-ack` and `leaving`. */
  #answer: UnconfirmedAnswer | undefined
  #byeHeaders: HeaderList = []
  #byeDone: PromiseWithResolvers<void> | undefined

  constructor(core: UserAgentCore, dialog: Dialog, handler: SessionHandler, options: SessionOptions = {}) {
    this.#core = core
    this.dialog = dialog
    this.handler = handler
    this.#invitation = options.invitation ?? {}
    this.#client = new DialogClient(core, dialog, options.authorizer, this.#invitation.relocate)
    this.#offers = new OfferExchange(core, this, options.openInvite)
    this.isOurs = options.openInvite !== undefined
    this.allowsUpdate = options.invite !== undefined && allowsUpdate(options.invite)
    // A dialog of a dead process is confirmed by its 2xx; whether that process acknowledged it, nobody knows.
    this.#state = dialog.state === 'early' ? 'early' : 'owes-ack'
    core.dialogs.add(dialog, this)
  }

  get #controls(): SessionControls {
    this.#madeControls ??= new SessionControls(this.#core, {
      session: this,
      client: this.#client,
      offers: this.#offers,
      isOurs: this.isOurs,
    })
    return this.#madeControls
  }

  get ended(): boolean {
    return isEnded(this.#state)
  }

  /** The INVITE has no final response. */
  get isEarly(): boolean {
    return this.#state === 'early'
  }

  get awaitsAck(): boolean {
    return awaitsAck(this.#state)
  }

  get owesAck(): boolean {
    return this.#state === 'owes-ack'
  }

  // Calling side

  /** A 2xx made the session; it is ended if nobody acknowledges it while the peer still repeats its 2xx. */
  answered(response: SipResponse): void {
    this.#client.confirm(response)
    this.allowsUpdate = allowsUpdate(response)
    this.#offers.inviteAnswered()
    this.#take('answered')
  }

  /** Sends the ACK of our INVITE's 2xx (RFC 3261 section 13.2.2.4), with the answer where the 2xx held the offer. */
  acknowledge(body?: Body): void {
    this.#take('acknowledge', { body })
  }

  acknowledgeAnswer(response: SipResponse): boolean {
    const isRepetition = this.#ack?.sequence === response.cseq.number
    if (isRepetition) this.receiveLateAnswer(response)
    else this.#ack = this.#client.sendAck(response.cseq.number)
    return !isRepetition
  }

  receiveLateAnswer(response: SipResponse): void {
    if (this.#ack === undefined || response.cseq.number !== this.#ack.sequence) return
    this.#client.repeatAck(this.#ack)
  }

  /** Sends the PRACK of a reliable provisional response (RFC 3262 section 4). */
  acknowledgeProvisional(response: SipResponse, hasAnswer: boolean): void {
    if (hasAnswer) this.#offers.offerAnsweredEarly()
    const rack = `${response.headers.get('RSeq')} ${response.cseq.number} ${response.cseq.method}`
    const create = (): SipRequest => {
      const request = this.#client.createRequest('PRACK')
      request.headers.append('RAck', rack)
      return request
    }
    // Its 481 may mean no more than that the final response was faster (RFC 3262 section 3): that one says how the call stands.
    this.#client.send(create, () => {})
  }

  // Called side

  /** Sends a 2xx to an INVITE and repeats it until the ACK; without one in time the session ends (RFC 3261 section 13.3.1.4). */
  accept(transaction: ServerTransaction, response: SipResponse, onAcknowledged?: (ack: SipRequest) => void): void {
    this.dialog.confirm()
    this.#take('accept')
    const retransmission = new AnswerRetransmission(
      this.#core,
      () => transaction.respond(response),
      () => this.#take('ackMissing'),
    )
    this.#answer = { sequence: response.cseq.number, retransmission, onAcknowledged }
  }

  receiveAck(ack: SipRequest): void {
    const answer = this.#answer
    if (answer?.sequence !== ack.cseq.number) return
    this.#stopWaiting()
    this.#take('ackReceived')
    answer.onAcknowledged?.(ack)
  }

  // Both sides

  /**
   * Ends the session. Resolves when the peer has answered the BYE or 64·T1 have passed; `onEnded` comes at once. Safe in every
   * state: a 2xx not yet acknowledged is acknowledged first; our own 2xx waits for its ACK first (RFC 3261 section 15).
   */
  bye(headers: HeaderList = []): Promise<void> {
    if (!this.ended && this.#state !== 'early') {
      this.#byeHeaders = headers
      this.#byeDone = Promise.withResolvers()
      this.#take('bye')
    }
    return this.#byeDone?.promise ?? Promise.resolve()
  }

  /** Sends a re-INVITE with a new offer (RFC 3261 section 14.1). */
  offer(description: string): Promise<OfferOutcome> {
    return this.#offers.offer(description)
  }

  /**
   * Holds the peer: offers what `describe` gives, without its receiving half (RFC 3264 section 8.4). From then on every offer and
   * answer of this session is such a one, until `resume`. After a glare (491) it is tried again as RFC 3261 section 14.1 says, with
   * what `describe` gives then.
   */
  hold(describe: () => string): Promise<WishOutcome> {
    return this.#controls.hold(describe, true)
  }

  /** Ends our hold. */
  resume(describe: () => string): Promise<WishOutcome> {
    return this.#controls.hold(describe, false)
  }

  /**
   * Asks the peer to call somebody else, or to take the place of another call there (REFER, RFC 3515 and 3891). `onProgress` is
   * told the provisional statuses of its call. One at a time.
   */
  refer(target: ReferTarget, onProgress: (status: number) => void = () => {}): Promise<TransferOutcome> {
    if (this.ended) return Promise.resolve({ status: 'ended' })
    if (this.#state === 'early' || this.#state === 'owes-ack') return Promise.resolve({ status: 'refused', code: 491 })
    return this.#controls.refer(target, onProgress)
  }

  /**
   * Tells the peer whom it talks to now, by UPDATE where it takes that; otherwise by a re-INVITE with what `describe` gives, whose
   * answer is in the outcome, or not at all. Whether it may know is the owner's decision.
   */
  updateIdentity(identity: NameAddr, describe?: () => string): Promise<IdentityOutcome> {
    if (this.ended) return Promise.resolve({ status: 'ended' })
    return this.#controls.updateIdentity(identity, describe)
  }

  offerWith(description: string, headers: HeaderList): Promise<OfferOutcome> {
    return this.#offers.offer(description, headers)
  }

  /** Sends INFO, OPTIONS or another request within the dialog. A 481 or 408 ends the session (RFC 3261 section 12.2.1.2). */
  request(method: string, body?: Body, headers: HeaderList = []): Promise<RequestOutcome> {
    return new Promise((resolve) => {
      const create = (): SipRequest => {
        const request = this.createRequest(method)
        for (const [name, value] of headers) request.headers.append(name, value)
        if (body !== undefined) setBody(request, body.type, body.content)
        return request
      }
      this.send(create, resolve)
    })
  }

  createRequest(method: string): SipRequest {
    return this.#client.createRequest(method)
  }

  send(create: () => SipRequest, onOutcome: (outcome: RequestOutcome) => void): void {
    this.#client.send(create, (outcome) => {
      // RFC 3261 section 12.2.1.2: the peer has lost the dialog.
      const isLost =
        outcome === 'timeout' || (typeof outcome !== 'string' && (outcome.status === 481 || outcome.status === 408))
      if (isLost) this.#take('lost')
      onOutcome(outcome)
    })
  }

  refreshTarget(message: SipRequest | SipResponse): void {
    this.#client.refreshTarget(message)
  }

  receiveRequest(request: SipRequest, transaction: ServerTransaction): void {
    if (this.ended && request.method !== 'BYE') return transaction.respond(unknownDialog(request))
    if (this.dialog.receive(request) === 'out-of-order') {
      return transaction.respond(createResponse(request, 500, 'CSeq Out Of Order'))
    }
    this.#client.follow(transaction.source)
    const refusal = refuseExtensions(request, this.#core.capabilities)
    if (refusal !== undefined) return transaction.respond(refusal)
    switch (request.method) {
      case 'BYE':
        transaction.respond(createResponse(request, 200, 'OK'))
        return this.#take('byeReceived', { request })
      case 'INVITE':
      case 'UPDATE':
        return this.#offers.receive(request, transaction)
      case 'INFO':
        return this.#receiveInfo(request, transaction)
      case 'REFER':
        if (!this.#core.capabilities.transfers) return this.#refuseMethod(request, transaction)
        // An early dialog is no call that could be transferred.
        if (this.#state === 'early') return transaction.respond(createResponse(request, 403, 'Not Answered Yet'))
        return this.#controls.receiveRefer(request, transaction)
      case 'NOTIFY':
        if (!this.#core.capabilities.transfers) return this.#refuseMethod(request, transaction)
        return this.#controls.receiveNotify(request, transaction)
      case 'OPTIONS':
        return transaction.respond(describeCapabilities(request, this.#core.capabilities))
      case 'PRACK': {
        const isConfirmed = this.#invitation.onPrack?.(request) === true
        return transaction.respond(isConfirmed ? createResponse(request, 200, 'OK') : unknownDialog(request))
      }
      default:
        return this.#refuseMethod(request, transaction)
    }
  }

  /** Leaves an early dialog that came to nothing, or everything when the process goes. The peer hears nothing. */
  abandon(): void {
    this.#take('abandon')
  }

  #refuseMethod(request: SipRequest, transaction: ServerTransaction): void {
    transaction.respond(refuseMethod(request, this.#core.capabilities))
  }

  #receiveInfo(request: SipRequest, transaction: ServerTransaction): void {
    const type = bodyType(request)
    if (type !== undefined && !digitTypes.includes(type)) return transaction.respond(refuseBody(request, digitTypes))
    // An INFO without a body is a keep-alive of some gateways (RFC 6086 section 8.2.2 answers it with 200).
    transaction.respond(createResponse(request, 200, 'OK'))
    if (type !== undefined) this.handler.onInfo?.(type, request.body.toString())
  }

  #take(input: SessionInput, told: InputDetails = {}): void {
    const { next, effects } = stepSession(this.#state, input)
    this.#state = next
    for (const effect of effects) this.#carryOut(effect, told)
  }

  #carryOut(effect: SessionEffect, { body, request }: InputDetails): void {
    switch (effect) {
      case 'startPatience':
        this.#patience = this.#core.startTimer(() => {
          this.#core.log.warn({ callId: this.dialog.callId }, 'answered call was never acknowledged; ending it')
          void this.bye()
        }, this.#core.patience)
        return
      case 'sendAck':
        this.#stopWaiting()
        this.#ack = this.#client.sendAck(this.dialog.inviteSequence, body)
        return
      case 'sendBye':
        return this.#sendBye()
      case 'tellLocal':
        return this.#tellEnded('local')
      case 'tellLost':
        return this.#tellEnded('lost')
      case 'tellRemote':
        return this.#tellEnded('remote', request)
      case 'tellEarlyEnd':
        this.#core.dialogs.remove(this.dialog, this)
        this.dialog.terminate()
        return this.#invitation.onEarlyEnd?.()
      case 'finish': {
        const { onGone } = this.#invitation
        this.dialog.terminate()
        this.#leave()
        return onGone?.(this.dialog, this.#ack)
      }
      case 'leave':
        this.#madeControls?.abandon()
        return this.#leave()
    }
  }

  #sendBye(): void {
    this.#stopWaiting()
    this.#byeDone ??= Promise.withResolvers()
    const create = (): SipRequest => {
      const request = this.#client.createRequest('BYE')
      for (const [name, value] of this.#byeHeaders) request.headers.append(name, value)
      return request
    }
    this.#client.send(create, () => this.#take('byeDone'))
  }

  #tellEnded(end: SessionEnd, bye?: SipRequest): void {
    this.#offers.end()
    this.#madeControls?.sessionEnded()
    this.handler.onEnded?.(end, bye)
  }

  #leave(): void {
    this.#stopWaiting()
    this.#core.dialogs.remove(this.dialog, this)
    this.#byeDone?.resolve()
    // Late repetitions of a 2xx may keep us for another half a minute, but not the call that we were for.
    this.handler = {}
    this.#invitation = {}
    this.#client.release()
  }

  /** For the ACK of either side. */
  #stopWaiting(): void {
    this.#core.stopTimer(this.#patience)
    this.#patience = undefined
    this.#answer?.retransmission.stop()
    this.#answer = undefined
  }
}

/** What comes with an input: the answer that the ACK carries, or the peer's BYE. */
interface InputDetails {
  readonly body?: Body | undefined
  readonly request?: SipRequest
}
