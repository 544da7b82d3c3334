import { readableContacts } from '../dialog/contact.ts'
import { Dialog } from '../dialog/dialog.ts'
import { Headers } from '../message/headers.ts'
import { SipRequest, type SipResponse } from '../message/message.ts'
import { type NameAddr, serializeNameAddr } from '../message/name-addr.ts'
import { parseUri } from '../message/uri.ts'
import type { ClientTransaction } from '../transaction/client-transaction.ts'
import type { SentAck } from '../transaction/sent-ack.ts'
import type { Destination } from '../transport/destination.ts'
import { TransportError } from '../transport/transport-error.ts'
import { attemptBranch, maximumInviteAttempts } from './attempt-branch.ts'
import { Authorizer } from './authorizer.ts'
import { allowedMethods, requiresReliability, supportedExtensions } from './capabilities.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import { createCancel } from './create-cancel.ts'
import type { Body, InviteFailure, InviteHandler, InviteOptions } from './invite-options.ts'
import { choosePeer } from './next-hop.ts'
import { Session } from './session.ts'
import { sessionDescription } from './session-description.ts'
import { setBody } from './stock-responses.ts'

/** Carriers respond with 100 sooner than this, but for the far ones: to these the question does no harm. */
const promptMilliseconds = 100

type State = 'calling' | 'proceeding' | 'answered' | 'failed'

/**
 * An INVITE that we sent (RFC 3261 section 13.2), through challenges, forks and a CANCEL in any race, to one session or one
 * failure. The transaction layer keeps it alive while late answers may come; it holds nothing that outlives that.
 */
export class OutgoingInvite {
  readonly callId: string
  readonly fromTag: string
  readonly #core: UserAgentCore
  readonly #uri: string
  readonly #destination: Destination
  #options: InviteOptions | undefined
  #handler: InviteHandler
  readonly #authorizer: Authorizer | undefined
  readonly #branch: string
  readonly #firstSequence: number
  readonly #contact: string
  readonly #onDone: (invite: OutgoingInvite) => void
  /** One session per fork that has shown itself with a To tag. */
  readonly #forks = new Map<string, Session>()
  /** What is left of a fork whose session is over: its peer may repeat the 2xx. */
  readonly #acknowledged = new Map<string, SentAck>()
  /** Newest RSeq per fork (RFC 3262 section 4). */
  readonly #reliable = new Map<string, number>()
  #state: State = 'calling'
  #attempt = 0
  #request: SipRequest | undefined
  #transaction: ClientTransaction | undefined
  #session: Session | undefined
  #cancel: { readonly reason: string | undefined; sent: boolean } | undefined
  #cancelPatience: Alarm | undefined
  #silence: Alarm | undefined
  #portAlarm: Alarm | undefined
  #stopWatchingPort: (() => void) | undefined

  constructor(
    core: UserAgentCore,
    options: InviteOptions,
    handler: InviteHandler,
    onDone: (invite: OutgoingInvite) => void,
  ) {
    // A Request-URI that cannot be read fails here, in front of whoever made it, and not when the first response is in.
    parseUri(options.uri)
    this.#core = core
    this.#uri = options.uri
    this.#destination = options.destination
    this.#options = options
    this.#handler = handler
    this.#onDone = onDone
    this.callId = options.callId ?? core.createCallId()
    this.fromTag = options.fromTag ?? core.createTag()
    this.#branch = options.branch ?? core.transactions.createBranch()
    this.#firstSequence = options.sequence ?? 1
    this.#authorizer = options.credentials && new Authorizer(options.credentials, core.random)
    this.#contact = core.contact(options.destination, options.contactUser ?? parseUri(options.from.uri).user ?? '')
    this.#request = this.#createRequest(options)
  }

  /** The session of the first 2xx; undefined before it, and once nothing is left of it. */
  get session(): Session | undefined {
    return this.#session
  }

  /** Nobody has responded to the newest attempt yet: `cancel` can send no CANCEL (RFC 3261 section 9.1), it may last 64·T1. */
  get isUnheard(): boolean {
    return this.#state === 'calling'
  }

  send(): void {
    const attempt = this.#attempt
    if (this.#request === undefined) return
    const silenceMilliseconds = this.#options?.silenceMilliseconds
    if (silenceMilliseconds !== undefined) {
      this.#silence = this.#core.startTimer(() => {
        this.#avoidSilent()
        this.#handler.onSilence?.()
      }, silenceMilliseconds)
    }
    if (this.#options?.watchesPort === true) {
      this.#portAlarm = this.#core.startTimer(() => this.#watchPort(), promptMilliseconds)
    }
    this.#transaction = this.#core.transactions.sendRequest(
      this.#request,
      this.#destination,
      {
        onResponse: (response) => {
          // What still comes for an earlier attempt is of no use; but a 2xx is never left alone.
          if (attempt === this.#attempt || response.status < 300) this.#receive(response)
        },
        onTimeout: () => {
          this.#avoidSilent()
          this.#fail({ status: 408, reason: 'Request Timeout' })
        },
        onTransportError: (error) => {
          this.#avoidSilent()
          this.#fail({ status: 503, reason: `Service Unavailable: ${error.message}` })
        },
      },
      { branch: attemptBranch(this.#branch, attempt) },
    )
  }

  /** Confirms the 2xx to the peer; nothing else does. Returns the session, which may have ended meanwhile. */
  acknowledge(dialog: Dialog, body?: Body): Session | undefined {
    const session = this.#forks.get(dialog.remoteTag)
    session?.acknowledge(body)
    return session
  }

  /**
   * Gives up, in any state: CANCEL as soon as a provisional response allows it (RFC 3261 section 9.1), BYE after the answer.
   * `reason` becomes a Reason header (RFC 3326), as in `SIP;cause=200;text="Call completed elsewhere"`.
   */
  cancel(reason?: string): void {
    if (this.#state === 'failed') return
    if (this.#session !== undefined) {
      void this.bye(reason)
      return
    }
    this.#cancel ??= { reason, sent: false }
    if (this.#state === 'proceeding') this.#sendCancel()
  }

  /** Hangs up an answered call; before the answer it cancels. */
  bye(reason?: string): Promise<void> {
    if (this.#session === undefined) {
      this.cancel(reason)
      return Promise.resolve()
    }
    return this.#session.bye(reason === undefined ? [] : [['Reason', reason]])
  }

  /** Lets go of everything without a word to the peer: the process is going. */
  abandon(): void {
    this.#state = 'failed'
    this.#stopTimers()
    for (const fork of this.#forks.values()) fork.abandon()
    this.#release()
    this.#onDone(this)
  }

  /** The INVITE may have been lost, and an answer may be on its way; that nobody is there is found out beside that. */
  #watchPort(): void {
    const transaction = this.#transaction
    const destination = transaction?.destination
    if (destination === undefined || this.#state !== 'calling') return
    const { host, port } = destination
    this.#stopWatchingPort = this.#core.transport.watchPort?.(destination, () => {
      transaction?.fail(new TransportError('unreachable', `nobody listens at ${host}:${port}`))
    })
  }

  /** RFC 3263 section 4.3: what is sent to the same name from now on tries another address of it. */
  #avoidSilent(): void {
    const destination = this.#transaction?.destination
    if (this.#state === 'calling' && destination !== undefined) {
      this.#core.transport.avoid?.(this.#destination, destination)
    }
  }

  #receive(response: SipResponse): void {
    this.#stopWaiting()
    this.#handler.onHeard?.(response)
    if (response.status >= 200 && response.status < 300) return this.#receiveAnswer(response)
    if (this.#state === 'answered' || this.#state === 'failed') return
    if (response.status < 200) return this.#receiveProvisional(response)
    const mayRetry = this.#cancel === undefined && this.#attempt + 1 < maximumInviteAttempts
    if (mayRetry && this.#authorizer?.accept(response) === true) return this.#retry()
    this.#fail({
      status: response.status,
      reason: response.reason,
      response,
      ...(response.status < 400 && { contacts: readableContacts(response) }),
    })
  }

  #receiveProvisional(response: SipResponse): void {
    this.#state = 'proceeding'
    if (this.#cancel !== undefined) return this.#sendCancel()
    if (response.status === 100) return
    const fork = this.#fork(response)
    if (fork !== undefined && !this.#isNews(response, fork)) return
    this.#handler.onProvisional?.(response, fork?.dialog)
  }

  /** RFC 3262 section 4: acknowledges a reliable response, once and in order. False for a repetition or one out of order. */
  #isNews(response: SipResponse, fork: Session): boolean {
    const rseq = Number(response.headers.get('RSeq'))
    if (!Number.isInteger(rseq) || rseq < 1 || !requiresReliability(response.headers)) return true
    const tag = response.toTag ?? ''
    const before = this.#reliable.get(tag)
    if (before !== undefined && rseq !== before + 1) return false
    this.#reliable.set(tag, rseq)
    if (sessionDescription(response)) fork.openInvite = 'offer-answered'
    fork.acknowledgeProvisional(response)
    return true
  }

  #receiveAnswer(response: SipResponse): void {
    const tag = response.toTag ?? ''
    this.#authorizer?.settle()
    const acknowledged = this.#acknowledged.get(tag)
    if (acknowledged !== undefined) return this.#core.transactions.repeatAck2xx(acknowledged)
    const known = this.#forks.get(tag)
    // The peer repeats its 2xx: our ACK was lost, or is not sent yet.
    if (known !== undefined && known.dialog.state !== 'early') return known.receiveLateAnswer(response)
    const isOver = this.#state === 'answered' || this.#state === 'failed'
    if (known === undefined && isOver && this.#forks.size + this.#acknowledged.size >= this.#core.limits.forks) return
    const session = known ?? this.#createSession(response)
    this.#forks.set(session.dialog.remoteTag, session)
    session.onGone = (ack) => this.#forget(session, ack)
    // RFC 3261 section 13.2.2.4: every 2xx makes a dialog and is acknowledged; the ones we cannot use are ended at once.
    session.answered(response)
    if (isOver || this.#cancel !== undefined) {
      void session.bye()
      // The 2xx crossed our CANCEL.
      if (!isOver) {
        this.#fail({ status: 487, reason: 'Request Terminated', response })
      }
      return
    }
    this.#state = 'answered'
    this.#session = session
    session.handler = this.#handler
    this.#leaveEarlyForks()
    this.#onDone(this)
    const handler = this.#handler
    this.#release()
    handler.onAnswered(response, session.dialog)
  }

  /** The session of the response's fork; undefined without a To tag, or where one INVITE has made too many. */
  #fork(response: SipResponse): Session | undefined {
    const tag = response.toTag
    if (tag === undefined) return undefined
    const known = this.#forks.get(tag)
    if (known !== undefined) return known
    if (this.#forks.size >= this.#core.limits.forks) return undefined
    const session = this.#createSession(response)
    this.#forks.set(session.dialog.remoteTag, session)
    return session
  }

  #createSession(response: SipResponse): Session {
    const destination = this.#destination
    const dialog =
      this.#request === undefined
        ? Dialog.fromStrayAnswer(response, destination, this.#uri)
        : Dialog.fromResponse(this.#request, response, destination)
    dialog.state = 'early'
    dialog.peer = choosePeer(dialog.remoteTarget, destination, this.#uri)
    // Within an early dialog the owner may be asked about an UPDATE or told of an INFO; its end is the INVITE's affair.
    const session = new Session(this.#core, dialog, withoutEnd(this.#handler), this.#authorizer)
    session.relocate = this.#options?.relocate
    session.openInvite = this.#options?.body === undefined ? 'offer-answered' : 'offer-open'
    return session
  }

  #retry(): void {
    this.#attempt++
    this.#state = 'calling'
    this.#leaveEarlyForks()
    if (this.#options === undefined) return
    this.#request = this.#createRequest(this.#options)
    if (this.#authorizer?.authorize(this.#request) === false) {
      return this.#fail({ status: 401, reason: 'Challenge Cannot Be Answered' })
    }
    this.send()
  }

  #sendCancel(): void {
    const cancel = this.#cancel
    if (cancel === undefined || cancel.sent || this.#request === undefined) return
    cancel.sent = true
    const branch = attemptBranch(this.#branch, this.#attempt)
    const request = createCancel(this.#request, cancel.reason)
    const ignore = { onResponse() {}, onTimeout() {}, onTransportError() {} }
    this.#core.transactions.sendRequest(request, this.#destination, ignore, { branch })
    // RFC 3261 section 9.1: without a final response to the INVITE 64·T1 after the CANCEL, it counts as cancelled.
    this.#cancelPatience = this.#core.startTimer(() => {
      this.#transaction?.terminate()
      this.#fail({ status: 487, reason: 'Request Terminated' })
    }, this.#core.patience)
  }

  #fail(failure: InviteFailure): void {
    if (this.#state === 'failed' || this.#state === 'answered') return
    this.#state = 'failed'
    this.#stopTimers()
    this.#leaveEarlyForks()
    this.#onDone(this)
    const handler = this.#handler
    this.#release()
    handler.onFailed(this.#cancel === undefined ? failure : { ...failure, status: 487, reason: 'Request Terminated' })
  }

  #stopTimers(): void {
    this.#core.stopTimer(this.#cancelPatience)
    this.#cancelPatience = undefined
    this.#stopWaiting()
  }

  /** For the first word of the peer. */
  #stopWaiting(): void {
    this.#core.stopTimer(this.#silence)
    this.#silence = undefined
    this.#core.stopTimer(this.#portAlarm)
    this.#portAlarm = undefined
    this.#stopWatchingPort?.()
    this.#stopWatchingPort = undefined
  }

  /** The transaction keeps us for another half a minute, for late answers: it must not keep the call that we were for. */
  #release(): void {
    this.#handler = nobody
    this.#options = undefined
    this.#request = undefined
    this.#transaction = undefined
  }

  #forget(session: Session, ack: SentAck | undefined): void {
    const tag = session.dialog.remoteTag
    this.#forks.delete(tag)
    if (ack !== undefined) this.#acknowledged.set(tag, ack)
    if (this.#session === session) this.#session = undefined
  }

  #leaveEarlyForks(): void {
    for (const [tag, fork] of this.#forks) {
      if (fork.dialog.state !== 'early') continue
      fork.abandon()
      this.#forks.delete(tag)
    }
    this.#reliable.clear()
  }

  #createRequest(options: InviteOptions): SipRequest {
    const headers = new Headers()
    headers.append('Max-Forwards', '70')
    headers.append('From', withTag(options.from, this.fromTag))
    headers.append('To', serializeNameAddr(options.to))
    headers.append('Call-ID', this.callId)
    headers.append('CSeq', `${this.#firstSequence + this.#attempt} INVITE`)
    headers.append('Contact', this.#contact)
    headers.append('Allow', allowedMethods)
    headers.append('Supported', supportedExtensions.join(', '))
    headers.append('User-Agent', this.#core.userAgentHeader)
    for (const [name, value] of options.headers ?? []) headers.append(name, value)
    const request = new SipRequest('INVITE', options.uri, headers)
    if (options.body !== undefined) setBody(request, options.body.type, options.body.content)
    return request
  }
}

const nobody: InviteHandler = { onAnswered() {}, onFailed() {} }

const withTag = (address: NameAddr, tag: string): string =>
  serializeNameAddr({ ...address, params: new Map([...(address.params ?? []), ['tag', tag]]) })

/** What an early dialog may ask of the handler: all but the end of a session, for there is none yet. */
const withoutEnd = (handler: InviteHandler): Session['handler'] => ({
  onOffer: (offer, request, dialog) => handler.onOffer?.(offer, request, dialog),
  onInfo: (type, body) => handler.onInfo?.(type, body),
})
