import type { Dialog } from '../dialog/dialog.ts'
import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { ServerTransaction } from '../transaction/server-transaction.ts'
import { sessionDescriptionType } from './capabilities.ts'
import type { UserAgentCore } from './core.ts'
import { describeHold, directionOf, isHold, type MediaDirection } from './media-direction.ts'
import type { RequestOutcome } from './send-authorized.ts'
import { sessionDescription } from './session-description.ts'
import type { SessionHandler } from './session-handler.ts'
import { refuseBody, retryLater, setBody } from './stock-responses.ts'

type HeaderList = readonly (readonly [string, string])[]

/** What came of an offer that we made within the dialog. */
export type OfferOutcome =
  | { readonly status: 'answered'; readonly answer: string }
  /** The session goes on as it was. 491: the peer was making an offer too; try again in 2 to 4 s (RFC 3261 section 14.1). */
  | { readonly status: 'refused'; readonly code: number }
  | { readonly status: 'ended' }

/** Our INVITE without a final response; its offer may be answered by a reliable provisional response (RFC 3262 section 5). */
export type OpenInvite = 'offer-open' | 'offer-answered'

/**
 * Whose offer is open (RFC 3264 section 4: one at a time). `stable`: none. `offering`: a re-INVITE of ours is on its way.
 * `answering`: the handler is still thinking about an offer of the peer.
 */
type ExchangeState =
  | { readonly name: 'stable' }
  | { readonly name: 'offering' }
  | { readonly name: 'answering'; readonly request: SipRequest; readonly transaction: ServerTransaction }

const stable: ExchangeState = { name: 'stable' }
const offering: ExchangeState = { name: 'offering' }

/** What the exchange asks of its session. */
export interface OfferingSession {
  readonly dialog: Dialog
  readonly handler: SessionHandler
  readonly ended: boolean
  /** A 2xx of ours to an INVITE has not been acknowledged yet. */
  readonly awaitsAck: boolean
  /** The 2xx of the INVITE that we sent has come, and we have not acknowledged it yet. */
  readonly owesAck: boolean
  createRequest(method: string): SipRequest
  send(create: () => SipRequest, onOutcome: (outcome: RequestOutcome) => void): void
  accept(transaction: ServerTransaction, response: SipResponse, onAcknowledged?: (ack: SipRequest) => void): void
  /** Acknowledges a 2xx; false if it is the repetition of one that was acknowledged before. */
  acknowledgeAnswer(response: SipResponse): boolean
  refreshTarget(message: SipRequest | SipResponse): void
  bye(): Promise<void>
}

/** Offers and answers within a dialog, from either side, one at a time (RFC 3261 section 14, RFC 3311 section 5). */
export class OfferExchange {
  readonly #core: UserAgentCore
  readonly #session: OfferingSession
  #state: ExchangeState = stable
  /** Where the INVITE stands that we sent; `none` once it has its 2xx, and where the peer sent it. */
  #openInvite: OpenInvite | 'none'
  /** We hold the peer: every description of ours says so. */
  #isHolding = false
  /** Tells who made our newest offer what came of it. */
  #settleOffer: ((outcome: OfferOutcome) => void) | undefined
  /** What the peer last said of itself. */
  #peerDirection: MediaDirection = 'sendrecv'

  constructor(core: UserAgentCore, session: OfferingSession, openInvite: OpenInvite | 'none' = 'none') {
    this.#core = core
    this.#session = session
    this.#openInvite = openInvite
  }

  /** The peer has answered the offer of our INVITE ahead of its 2xx, and we have confirmed that (RFC 3262 section 5). */
  offerAnsweredEarly(): void {
    if (this.#openInvite === 'offer-open') this.#openInvite = 'offer-answered'
  }

  /** Our INVITE has its 2xx. */
  inviteAnswered(): void {
    this.#openInvite = 'none'
  }

  /** Sends a re-INVITE with a new offer (RFC 3261 section 14.1), which holds the peer if it is held. */
  offer(description: string, headers: HeaderList = []): Promise<OfferOutcome> {
    return this.#offer(description, this.#isHolding, headers)
  }

  /** Holds the peer with a new offer, or takes it back; refused, it leaves everything as it was. */
  offerHold(description: string, isHolding: boolean): Promise<OfferOutcome> {
    return this.#offer(description, isHolding)
  }

  #offer(description: string, isHolding: boolean, headers: HeaderList = []): Promise<OfferOutcome> {
    const session = this.#session
    if (session.ended) return Promise.resolve({ status: 'ended' })
    const isInviteOpen = session.awaitsAck || session.owesAck || session.dialog.state === 'early'
    if (this.#state.name !== 'stable' || isInviteOpen) return Promise.resolve({ status: 'refused', code: 491 })
    this.#state = offering
    const described = isHolding ? describeHold(description) : description
    return new Promise((resolve) => {
      this.#settleOffer = resolve
      const create = (): SipRequest => {
        const request = session.createRequest('INVITE')
        request.headers.append('Allow', this.#core.capabilities.methods)
        for (const [name, value] of headers) request.headers.append(name, value)
        setBody(request, sessionDescriptionType, described)
        return request
      }
      session.send(create, (outcome) => {
        const result = this.#conclude(outcome)
        if (result === undefined) return
        this.#state = stable
        if (result.status === 'answered') {
          this.#isHolding = isHolding
          this.#hearAnswer(described, result.answer)
        }
        resolve(result)
      })
    })
  }

  /** An INVITE or UPDATE of the peer. */
  receive(request: SipRequest, transaction: ServerTransaction): void {
    const isInvite = request.method === 'INVITE'
    const offer = sessionDescription(request)
    if (offer === undefined) return transaction.respond(refuseBody(request, [sessionDescriptionType]))
    const refusal = this.#refuseForNow(request, isInvite, isInvite || offer !== '')
    if (refusal !== undefined) return transaction.respond(refusal)
    // An UPDATE without an offer refreshes the target, or proves that we are there.
    if (!isInvite && offer === '') return this.#answer(request, transaction, '')
    const answer = this.#session.handler.onOffer?.(offer, request, this.#session.dialog)
    if (!(answer instanceof Promise)) return this.#answer(request, transaction, answer)
    this.#state = { name: 'answering', request, transaction }
    answer.then(
      (description) => this.#finishThinking(request, transaction, description),
      (error: unknown) => {
        this.#core.log.error({ callId: this.#session.dialog.callId, err: error }, 'offer could not be answered')
        this.#finishThinking(request, transaction, undefined)
      },
    )
  }

  /**
   * RFC 3261 section 14.2 and RFC 3311 section 5.2: 491 while an offer or an INVITE of ours is open; 500 while the peer's last one
   * is, or the INVITE that made the dialog. Our INVITE is open, too, as long as we have not acknowledged its 2xx.
   */
  #refuseForNow(request: SipRequest, isInvite: boolean, hasOffer: boolean): SipResponse | undefined {
    const { owesAck, awaitsAck, dialog } = this.#session
    const isInviteOpen = this.#openInvite === 'offer-open' || (isInvite && this.#openInvite === 'offer-answered')
    const isOursOpen = this.#state.name === 'offering' || owesAck || isInviteOpen
    if (hasOffer && isOursOpen) return createResponse(request, 491, 'Request Pending')
    const isTheirsOpen = isInvite && (awaitsAck || dialog.state === 'early')
    if (isTheirsOpen || this.#state.name === 'answering') return retryLater(request, this.#core.random)
    return undefined
  }

  /**
   * The session is over. RFC 3261 section 15.1.2: a request that waits for its final answer gets 487. Nobody waits for the answer to an
   * offer of ours any longer; a 2xx that comes to it after all is still acknowledged.
   */
  end(): void {
    this.#settleOffer?.({ status: 'ended' })
    if (this.#state.name !== 'answering') return
    const { request, transaction } = this.#state
    this.#state = stable
    transaction.respond(createResponse(request, 487, 'Request Terminated'))
  }

  /** What a final outcome of our re-INVITE means; undefined for the repetition of a 2xx. */
  #conclude(outcome: RequestOutcome): OfferOutcome | undefined {
    const session = this.#session
    if (outcome === 'timeout') {
      // RFC 3261 section 14.1: a re-INVITE without any answer ends the session.
      void session.bye()
      return { status: 'ended' }
    }
    // Section 8.1.3.1: one that could not be sent counts as 503, which leaves the session as it is.
    const code = outcome === 'transport-error' ? 503 : outcome.status
    if (outcome === 'transport-error' || code >= 300) {
      return session.ended ? { status: 'ended' } : { status: 'refused', code }
    }
    if (!session.acknowledgeAnswer(outcome)) return undefined
    if (session.ended) return { status: 'ended' }
    session.refreshTarget(outcome)
    return { status: 'answered', answer: sessionDescription(outcome) ?? '' }
  }

  #finishThinking(request: SipRequest, transaction: ServerTransaction, description: string | undefined): void {
    // The end of the session may have answered the request meanwhile.
    if (this.#state.name !== 'answering' || this.#state.transaction !== transaction) return
    this.#state = stable
    this.#answer(request, transaction, description)
  }

  #answer(request: SipRequest, transaction: ServerTransaction, description: string | undefined): void {
    if (description === undefined) return transaction.respond(createResponse(request, 488, 'Not Acceptable Here'))
    const session = this.#session
    session.refreshTarget(request)
    const response = createResponse(request, 200, 'OK')
    if (session.dialog.localContact !== undefined) response.headers.append('Contact', session.dialog.localContact)
    response.headers.append('Allow', this.#core.capabilities.methods)
    const described = this.#isHolding ? describeHold(description) : description
    if (described !== '') setBody(response, sessionDescriptionType, described)
    const offer = sessionDescription(request) ?? ''
    if (request.method !== 'INVITE') transaction.respond(response)
    else {
      session.accept(transaction, response, (ack) => {
        const answer = sessionDescription(ack) ?? ''
        if (offer !== '' || answer === '') return
        session.handler.onAnswer?.(answer)
        this.#hearAnswer(described, answer)
      })
    }
    if (offer !== '') this.#hear(directionOf(offer))
  }

  /** RFC 3264 section 6.1: who is not sent to cannot say whether it would hear. */
  #hearAnswer(offer: string, answer: string): void {
    const ours = directionOf(offer)
    if (ours === 'sendrecv' || ours === 'sendonly') this.#hear(directionOf(answer))
  }

  /** Tells of a hold of the peer, of its end, and of a hold of another kind (RFC 3264 section 8.4). */
  #hear(direction: MediaDirection): void {
    const before = this.#peerDirection
    this.#peerDirection = direction
    const { handler } = this.#session
    if (isHold(direction)) {
      if (direction !== before) handler.onHeld?.(direction)
    } else if (isHold(before)) handler.onResumed?.(direction)
  }
}
