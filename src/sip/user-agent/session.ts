import type { Dialog } from '../dialog/dialog.ts'
import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { SentAck } from '../transaction/sent-ack.ts'
import type { ServerTransaction } from '../transaction/server-transaction.ts'
import type { Destination, Source } from '../transport/destination.ts'
import { AnswerRetransmission } from './answer-retransmission.ts'
import type { Authorizer } from './authorizer.ts'
import { bodyType, digitTypes } from './capabilities.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import type { DialogUsage } from './dialog-usage.ts'
import type { Body } from './invite-options.ts'
import { choosePeer, lacksTransport, nextHop } from './next-hop.ts'
import { OfferExchange, type OfferingSession, type OfferOutcome, type OpenInvite } from './offer-exchange.ts'
import { type RequestOutcome, sendAuthorized } from './send-authorized.ts'
import type { SessionEnd, SessionHandler } from './session-handler.ts'
import {
  describeCapabilities,
  refuseBody,
  refuseExtensions,
  refuseMethod,
  setBody,
  unknownDialog,
} from './stock-responses.ts'

/** Our BYE: asked for, and perhaps not sent yet. */
interface Farewell {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly headers: readonly (readonly [string, string])[]
  sent: boolean
}

/** A peer's URI may have thousands of octets. */
const longestInLog = 128

/**
 * The INVITE usage of one dialog, either side, from the first provisional response with a tag to the end of the BYE. Answers
 * what the peer sends within the dialog, and ends it for certain.
 */
export class Session implements DialogUsage, OfferingSession {
  readonly dialog: Dialog
  handler: SessionHandler
  /** For the invitation that made the session: the peer ended an early dialog (its BYE was answered). */
  onEarlyEnd: (() => void) | undefined
  /** For the invitation: nothing of the session is left but its ACK, if there was one. */
  onGone: ((ack: SentAck | undefined) => void) | undefined
  /** PRACK of our reliable provisional responses; true if it confirmed one. */
  onPrack: ((prack: SipRequest) => boolean) | undefined
  /** Where the peer can be reached now, asked once its connection is gone. */
  relocate: (() => Destination | undefined) | undefined
  /** For the invitation that made the session. */
  openInvite: OpenInvite | undefined
  readonly #core: UserAgentCore
  readonly #authorizer: Authorizer | undefined
  #ended = false
  /** ACK of the newest 2xx we received, repeated whenever that 2xx is. */
  #ack: SentAck | undefined
  /** The session is answered but the caller has not said `acknowledge`. */
  #unacknowledged: Alarm | undefined
  /** Our 2xx that waits for its ACK, with the CSeq number of its INVITE. */
  #answer: { readonly sequence: number; readonly retransmission: AnswerRetransmission } | undefined
  #acknowledged: ((ack: SipRequest) => void) | undefined
  readonly #offers: OfferExchange
  #bye: Farewell | undefined

  constructor(core: UserAgentCore, dialog: Dialog, handler: SessionHandler, authorizer?: Authorizer) {
    this.#core = core
    this.dialog = dialog
    this.handler = handler
    this.#authorizer = authorizer
    this.#offers = new OfferExchange(core, this)
    core.dialogs.add(dialog, this)
  }

  get ended(): boolean {
    return this.#ended
  }

  get awaitsAck(): boolean {
    return this.#answer !== undefined
  }

  get owesAck(): boolean {
    return this.#unacknowledged !== undefined && this.#ack === undefined
  }

  // Calling side

  /** A 2xx made the session; it is ended if nobody acknowledges it while the peer still repeats its 2xx. */
  answered(response: SipResponse): void {
    this.dialog.confirm(response)
    this.openInvite = undefined
    this.#refreshPeer()
    const hop = this.dialog.nextHopUri()
    if (lacksTransport(hop)) {
      const fields = { callId: this.dialog.callId, hop: hop.slice(0, longestInLog) }
      this.#core.log.info(
        fields,
        'the peer asks for a transport that is not available; it is reached the way that it came',
      )
    }
    this.#unacknowledged = this.#core.startTimer(() => {
      this.#core.log.warn({ callId: this.dialog.callId }, 'answered call was never acknowledged; ending it')
      void this.bye()
    }, this.#core.patience)
  }

  /** Sends the ACK of our INVITE's 2xx (RFC 3261 section 13.2.2.4), with the answer where the 2xx held the offer. */
  acknowledge(body?: Body): void {
    if (this.#ack !== undefined || this.#ended || this.dialog.state === 'early') return
    this.#core.stopTimer(this.#unacknowledged)
    this.#sendAck(this.dialog.inviteSequence, body)
  }

  acknowledgeAnswer(response: SipResponse): boolean {
    const isRepetition = this.#ack?.sequence === response.cseq.number
    if (isRepetition) this.receiveLateAnswer(response)
    else this.#sendAck(response.cseq.number)
    return !isRepetition
  }

  receiveLateAnswer(response: SipResponse): void {
    if (this.#ack === undefined || response.cseq.number !== this.#ack.sequence) return
    this.#core.transactions.repeatAck2xx(this.#ack, this.#destination())
  }

  // Called side

  /**
   * Sends a 2xx to the INVITE and repeats it until the ACK; without one in time the session ends (RFC 3261 section 13.3.1.4).
   */
  accept(transaction: ServerTransaction, response: SipResponse, onAcknowledged?: (ack: SipRequest) => void): void {
    this.dialog.confirm()
    this.#acknowledged = onAcknowledged
    const retransmission = new AnswerRetransmission(
      this.#core,
      () => transaction.respond(response),
      () => {
        this.#answer = undefined
        this.#acknowledged = undefined
        this.#sendBye('lost')
      },
    )
    this.#answer = { sequence: response.cseq.number, retransmission }
  }

  receiveAck(ack: SipRequest): void {
    if (this.#answer === undefined || this.#answer.sequence !== ack.cseq.number) return
    this.#answer.retransmission.stop()
    this.#answer = undefined
    const acknowledged = this.#acknowledged
    this.#acknowledged = undefined
    acknowledged?.(ack)
    if (this.#bye !== undefined && !this.#bye.sent) this.#sendBye('local')
  }

  // Both sides

  /**
   * Ends the session. Resolves when the peer has answered the BYE or 64·T1 have passed; `onEnded` comes at once. Safe in every
   * state: a 2xx not yet acknowledged is acknowledged first; our own 2xx waits for its ACK first (RFC 3261 section 15).
   */
  bye(headers: readonly (readonly [string, string])[] = []): Promise<void> {
    if (this.#bye !== undefined) return this.#bye.promise
    if (this.#ended || this.dialog.state === 'early') return Promise.resolve()
    if (this.#ack === undefined && this.#unacknowledged !== undefined) this.acknowledge()
    const { promise } = this.#startBye(headers)
    if (this.#answer === undefined) this.#sendBye('local')
    else this.#notifyEnded('local')
    return promise
  }

  /** Sends a re-INVITE with a new offer (RFC 3261 section 14.1). */
  offer(description: string): Promise<OfferOutcome> {
    return this.#offers.offer(description)
  }

  /** Sends INFO, OPTIONS or another request within the dialog. A 481 or 408 ends the session (RFC 3261 section 12.2.1.2). */
  request(method: string, body?: Body, headers: readonly (readonly [string, string])[] = []): Promise<RequestOutcome> {
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

  /** Sends the PRACK of a reliable provisional response (RFC 3262 section 4). */
  acknowledgeProvisional(response: SipResponse): void {
    const rack = `${response.headers.get('RSeq')} ${response.cseq.number} ${response.cseq.method}`
    const create = (): SipRequest => {
      const request = this.createRequest('PRACK')
      request.headers.append('RAck', rack)
      return request
    }
    // Its 481 may mean no more than that the final response was faster (RFC 3262 section 3): that one says how the call stands.
    sendAuthorized(this.#core, create, this.#destination(), this.#authorizer, () => {})
  }

  receiveRequest(request: SipRequest, transaction: ServerTransaction): void {
    const gone = this.#ended && request.method !== 'BYE'
    if (gone) return transaction.respond(unknownDialog(request))
    if (this.dialog.receive(request) === 'out-of-order') {
      return transaction.respond(createResponse(request, 500, 'CSeq Out Of Order'))
    }
    this.#followPeer(transaction.source)
    const refusal = refuseExtensions(request)
    if (refusal !== undefined) return transaction.respond(refusal)
    switch (request.method) {
      case 'BYE':
        transaction.respond(createResponse(request, 200, 'OK'))
        return this.#receiveBye(request)
      case 'INVITE':
      case 'UPDATE':
        return this.#offers.receive(request, transaction)
      case 'INFO':
        return this.#receiveInfo(request, transaction)
      case 'OPTIONS':
        return transaction.respond(describeCapabilities(request))
      case 'PRACK':
        return transaction.respond(
          this.onPrack?.(request) === true ? createResponse(request, 200, 'OK') : unknownDialog(request),
        )
      default:
        return transaction.respond(refuseMethod(request))
    }
  }

  /** Leaves an early dialog that came to nothing, or everything when the process goes. The peer hears nothing. */
  abandon(): void {
    this.#ended = true
    this.#release()
    this.#core.dialogs.remove(this.dialog, this)
    this.#bye?.resolve()
  }

  #receiveBye(request: SipRequest): void {
    if (this.dialog.state === 'early') {
      this.#core.dialogs.remove(this.dialog, this)
      this.#ended = true
      this.dialog.terminate()
      return this.onEarlyEnd?.()
    }
    // RFC 3261 section 13.2.2.4: the peer hears the ACK of its 2xx even so, and need not repeat it for half a minute.
    if (this.owesAck) this.acknowledge()
    this.#notifyEnded('remote', request)
    // A BYE of ours may be under way as well: its outcome no longer matters, and ours may be waiting for an ACK that never comes.
    if (this.#bye === undefined || !this.#bye.sent) this.#finish()
  }

  #receiveInfo(request: SipRequest, transaction: ServerTransaction): void {
    const type = bodyType(request)
    if (type !== undefined && !digitTypes.includes(type)) return transaction.respond(refuseBody(request, digitTypes))
    // An INFO without a body is a keep-alive of some gateways (RFC 6086 section 8.2.2 answers it with 200).
    transaction.respond(createResponse(request, 200, 'OK'))
    if (type !== undefined) this.handler.onInfo?.(type, request.body.toString())
  }

  createRequest(method: string): SipRequest {
    const request = this.dialog.createRequest(method)
    const refreshesTarget = method === 'INVITE' || method === 'UPDATE'
    if (refreshesTarget && this.dialog.localContact !== undefined) {
      request.headers.append('Contact', this.dialog.localContact)
    }
    return request
  }

  send(create: () => SipRequest, onOutcome: (outcome: RequestOutcome) => void): void {
    sendAuthorized(this.#core, create, this.#destination(), this.#authorizer, (outcome) => {
      // RFC 3261 section 12.2.1.2: the peer has lost the dialog.
      const lost =
        outcome === 'timeout' || (typeof outcome !== 'string' && (outcome.status === 481 || outcome.status === 408))
      // The BYE is for the case that it has not.
      if (lost && !this.#ended && this.dialog.state === 'confirmed' && this.#bye === undefined) this.#sendBye('lost')
      onOutcome(outcome)
    })
  }

  #sendAck(sequence: number, body?: Body): void {
    const ack = this.dialog.createRequest('ACK', sequence)
    this.#authorizer?.repeatForAck(ack)
    if (body !== undefined) setBody(ack, body.type, body.content)
    this.#ack = this.#core.transactions.sendAck2xx(ack, this.#destination())
  }

  #startBye(headers: Farewell['headers'] = []): Farewell {
    this.#bye ??= { ...Promise.withResolvers<void>(), headers, sent: false }
    return this.#bye
  }

  #sendBye(end: SessionEnd): void {
    const bye = this.#startBye()
    bye.sent = true
    const create = (): SipRequest => {
      const request = this.dialog.createRequest('BYE')
      for (const [name, value] of bye.headers) request.headers.append(name, value)
      return request
    }
    // RFC 3261 section 15.1.1: the session is over as soon as the BYE is handed on; any outcome ends the dialog.
    this.#notifyEnded(end)
    sendAuthorized(this.#core, create, this.#destination(), this.#authorizer, () => this.#finish())
  }

  #notifyEnded(end: SessionEnd, request?: SipRequest): void {
    if (this.#ended) return
    this.#ended = true
    this.#core.stopTimer(this.#unacknowledged)
    this.#offers.end()
    this.handler.onEnded?.(end, request)
  }

  #finish(): void {
    this.#release()
    this.dialog.terminate()
    this.#core.dialogs.remove(this.dialog, this)
    this.#startBye().resolve()
    this.onGone?.(this.#ack)
    this.onGone = undefined
  }

  #release(): void {
    // Late repetitions of a 2xx may keep us for another half a minute, but not the call that we were for.
    this.handler = {}
    this.relocate = undefined
    this.#core.stopTimer(this.#unacknowledged)
    this.#unacknowledged = undefined
    this.#answer?.retransmission.stop()
    this.#answer = undefined
  }

  #destination(): Destination {
    const hop = nextHop(this.dialog)
    return this.#core.transport.hasLost?.(hop) === true ? (this.relocate?.() ?? hop) : hop
  }

  /** A phone that is reached by a connection of its own making is reached by the newest. */
  #followPeer({ protocol, host, port, flow }: Source): void {
    const { peer } = this.dialog
    if (peer?.flow === undefined || peer.protocol !== 'tcp' || protocol !== 'tcp') return
    this.dialog.peer = { protocol, host, port, flow }
    this.dialog.proven = this.dialog.peer
  }

  refreshTarget(message: SipRequest | SipResponse): void {
    this.dialog.refreshTarget(message)
    this.#refreshPeer()
  }

  #refreshPeer(): void {
    const { peer } = this.dialog
    if (peer !== undefined) this.dialog.peer = choosePeer(this.dialog.remoteTarget, peer, this.dialog.peerTarget)
  }
}
