import { Dialog } from '../dialog/dialog.ts'
import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { parseUri } from '../message/uri.ts'
import type { ServerTransaction } from '../transaction/server-transaction.ts'
import type { Source } from '../transport/destination.ts'
import { AnswerRetransmission } from './answer-retransmission.ts'
import { requiresReliability } from './capabilities.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import type { Body } from './invite-options.ts'
import { choosePeer } from './next-hop.ts'
import { Session } from './session.ts'
import type { SessionHandler } from './session-handler.ts'
import { setBody } from './stock-responses.ts'

/** RFC 3261 section 13.3.1.1: proxies give up on a call that is silent for three minutes; we speak every minute. */
const reminderMilliseconds = 60_000
/** Nobody lets a phone ring longer; without an end the call would be held for ever. */
const ringLimitMilliseconds = 600_000

type HeaderList = readonly (readonly [string, string])[]

/** An INVITE that reached us (RFC 3261 section 13.3). The owner rings, and then accepts or rejects; the caller may cancel first. */
export class IncomingInvite {
  readonly request: SipRequest
  readonly source: Source
  readonly dialog: Dialog
  readonly session: Session
  /**
   * The session whose place this call is to take (Replaces, RFC 3891). Whoever accepts the call ends that session: by BYE where it is
   * answered, by CANCEL of its INVITE where it is early.
   */
  readonly replaced: Session | undefined
  /** The caller gave up (CANCEL, or BYE within the early dialog), or nobody answered for too long. The INVITE has its 487 or 480. */
  onCancelled: (() => void) | undefined
  /** The ACK of our 2xx has come; it holds the answer where our 2xx held the offer. */
  onAcknowledged: ((ack: SipRequest) => void) | undefined
  readonly #core: UserAgentCore
  readonly #transaction: ServerTransaction
  readonly #onDone: (invite: IncomingInvite) => void
  readonly #isReliable: boolean
  #open = true
  #reminder: Alarm | undefined
  #limit: Alarm | undefined
  #sequence: number
  /** A reliable provisional response that waits for its PRACK (RFC 3262 section 3), and those behind it. */
  #unconfirmed: { readonly sequence: number; readonly retransmission: AnswerRetransmission } | undefined
  readonly #waiting: SipResponse[] = []

  constructor(
    core: UserAgentCore,
    request: SipRequest,
    transaction: ServerTransaction,
    source: Source,
    onDone: (invite: IncomingInvite) => void,
    replaced?: Session,
  ) {
    this.#core = core
    this.#transaction = transaction
    this.#onDone = onDone
    this.request = request
    this.source = source
    this.replaced = replaced
    const { protocol, host, port, flow } = source
    const destination = { protocol, host, port, flow }
    const contact = core.contact(destination, parseUri(request.uri).user ?? '')
    this.dialog = Dialog.fromRequest(request, core.createTag(), contact, destination)
    this.dialog.peer = choosePeer(this.dialog.remoteTarget, destination)
    const invitation = {
      onEarlyEnd: () => this.#giveUp(487, 'Request Terminated'),
      onPrack: (prack: SipRequest) => this.#receivePrack(prack),
    }
    this.session = new Session(core, this.dialog, {}, { invitation, invite: request })
    this.#isReliable = requiresReliability(request.headers)
    // RFC 3262 section 3: the first RSeq is chosen between 1 and 2**31 - 1.
    this.#sequence = 1 + (core.random.bytes(2).readUInt16BE() & 0x7fff)
    this.#limit = core.startTimer(() => this.#giveUp(480, 'Temporarily Unavailable'), ringLimitMilliseconds)
    transaction.onCancel = () => this.#giveUp(487, 'Request Terminated')
    transaction.onTransportError = () => this.#giveUp(487, 'Request Terminated')
  }

  /** 180 Ringing. */
  ring(headers: HeaderList = []): void {
    this.#provisional(this.#createResponse(180, 'Ringing', headers))
  }

  /** 183 Session Progress with early media. */
  progress(body: Body, headers: HeaderList = []): void {
    const response = this.#createResponse(183, 'Session Progress', headers)
    setBody(response, body.type, body.content)
    this.#provisional(response)
  }

  /** 200 OK, repeated until its ACK; without one the session ends as `lost`. Undefined if the caller was faster. */
  accept(body: Body, headers: HeaderList = [], handler: SessionHandler = {}): Session | undefined {
    if (!this.#open) return undefined
    this.#close()
    const response = this.#createResponse(200, 'OK', headers)
    response.headers.append('Supported', this.#core.capabilities.extensions.join(', '))
    setBody(response, body.type, body.content)
    this.session.handler = handler
    this.session.accept(this.#transaction, response, (ack) => this.onAcknowledged?.(ack))
    return this.session
  }

  /** A final answer from 300 to 699. */
  reject(status: number, reason?: string, headers: HeaderList = []): void {
    if (!this.#open) return
    this.#close()
    this.session.abandon()
    const response = createResponse(this.request, status, reason, { toTag: this.dialog.localTag })
    for (const [name, value] of headers) response.headers.append(name, value)
    this.#transaction.respond(response)
  }

  /** Lets go of it without a word: the process is going. */
  abandon(): void {
    this.#close()
    this.session.abandon()
  }

  #giveUp(status: number, reason: string): void {
    if (!this.#open) return
    this.reject(status, reason)
    this.onCancelled?.()
  }

  #close(): void {
    this.#open = false
    this.#core.stopTimer(this.#reminder)
    this.#core.stopTimer(this.#limit)
    // RFC 3262 section 3: repeated no longer, but its PRACK may still come.
    this.#unconfirmed?.retransmission.stop()
    this.#waiting.length = 0
    this.#onDone(this)
  }

  #provisional(response: SipResponse): void {
    if (!this.#open) return
    this.#core.stopTimer(this.#reminder)
    if (this.#isReliable) return this.#sendReliably(response)
    this.#transaction.respond(response)
    this.#reminder = this.#core.startTimer(() => this.#provisional(response), reminderMilliseconds)
  }

  /** RFC 3262 section 3: one at a time, each with the next RSeq, repeated until its PRACK; 64·T1 without one fails the INVITE. */
  #sendReliably(response: SipResponse): void {
    if (this.#unconfirmed !== undefined) {
      this.#waiting.push(response)
      return
    }
    const sequence = this.#sequence++
    response.headers.set('Require', '100rel')
    response.headers.set('RSeq', String(sequence))
    const send = (): void => this.#transaction.respond(response)
    const giveUp = (): void => this.#giveUp(504, 'Provisional Response Was Not Acknowledged')
    const retransmission = new AnswerRetransmission(this.#core, send, giveUp, Number.POSITIVE_INFINITY)
    this.#unconfirmed = { sequence, retransmission }
  }

  #receivePrack(prack: SipRequest): boolean {
    const [sequence, inviteSequence, method] = (prack.headers.get('RAck') ?? '').trim().split(/\s+/)
    const isOurs =
      this.#unconfirmed?.sequence === Number(sequence) &&
      this.request.cseq.number === Number(inviteSequence) &&
      method === 'INVITE'
    if (!isOurs) return false
    this.#unconfirmed?.retransmission.stop()
    this.#unconfirmed = undefined
    const next = this.#waiting.shift()
    if (next !== undefined) this.#sendReliably(next)
    return true
  }

  #createResponse(status: number, reason: string, headers: HeaderList): SipResponse {
    const response = createResponse(this.request, status, reason, { toTag: this.dialog.localTag })
    // RFC 3261 section 12.1.1: what makes a dialog repeats the route.
    for (const route of this.request.headers.getAll('Record-Route')) response.headers.append('Record-Route', route)
    if (this.dialog.localContact !== undefined) response.headers.append('Contact', this.dialog.localContact)
    response.headers.append('Allow', this.#core.capabilities.methods)
    response.headers.append('Server', this.#core.userAgentHeader)
    for (const [name, value] of headers) response.headers.append(name, value)
    return response
  }
}
