import { readableContacts } from '../dialog/contact.ts'
import type { Dialog } from '../dialog/dialog.ts'
import { Headers } from '../message/headers.ts'
import { SipRequest, type SipResponse } from '../message/message.ts'
import { type NameAddr, serializeNameAddr } from '../message/name-addr.ts'
import { parseUri } from '../message/uri.ts'
import { attemptBranch, maximumInviteAttempts } from './attempt-branch.ts'
import { Authorizer } from './authorizer.ts'
import type { Alarm, UserAgentCore } from './core.ts'
import { InviteAttempt } from './invite-attempt.ts'
import { InviteForks } from './invite-forks.ts'
import type { Body, InviteFailure, InviteHandler, InviteOptions } from './invite-options.ts'
import {
  type OutgoingInviteEffect,
  type OutgoingInviteInput,
  type OutgoingInviteState,
  stepOutgoingInvite,
} from './outgoing-invite-state.ts'
import type { Session } from './session.ts'
import { setBody } from './stock-responses.ts'

const terminated: InviteFailure = { status: 487, reason: 'Request Terminated' }

/** What comes with an input. */
interface InputDetails {
  readonly response?: SipResponse
  readonly failure?: InviteFailure
  /** The session that a 2xx made. */
  readonly session?: Session
}

/**
 * An INVITE that we sent (RFC 3261 section 13.2), through challenges, forks and a CANCEL in any race, to one session or one
 * failure; `outgoing-invite-state.ts` says what may happen when. The transaction layer keeps it alive while late answers may come;
 * it holds nothing that outlives that.
 */
export class OutgoingInvite {
  readonly callId: string
  readonly fromTag: string
  readonly #core: UserAgentCore
  readonly #forks: InviteForks
  readonly #authorizer: Authorizer | undefined
  readonly #branch: string
  readonly #firstSequence: number
  readonly #contact: string
  readonly #onDone: (invite: OutgoingInvite) => void
  /** Set until it is answered or has failed, as the handler and the newest attempt are. */
  #options: InviteOptions | undefined
  #handler: InviteHandler
  #attempt: InviteAttempt | undefined
  #attempts = 0
  #state: OutgoingInviteState = 'calling'
  /** The remote tag of the first 2xx; its session may be gone. */
  #answeredTag: string | undefined
  #cancelReason: string | undefined
  /** Runs in `cancelling`. */
  #cancelPatience: Alarm | undefined

  constructor(
    core: UserAgentCore,
    options: InviteOptions,
    handler: InviteHandler,
    onDone: (invite: OutgoingInvite) => void,
  ) {
    // A Request-URI that cannot be read fails here, in front of whoever made it, and not when the first response is in.
    parseUri(options.uri)
    this.#core = core
    this.#options = options
    this.#handler = handler
    this.#onDone = onDone
    this.callId = options.callId ?? core.createCallId()
    this.fromTag = options.fromTag ?? core.createTag()
    this.#branch = options.branch ?? core.transactions.createBranch()
    this.#firstSequence = options.sequence ?? 1
    this.#authorizer = options.credentials && new Authorizer(options.credentials, core.random)
    this.#forks = new InviteForks(core, options, this.#authorizer)
    this.#contact = core.contact(options.destination, options.contactUser ?? parseUri(options.from.uri).user ?? '')
  }

  /** The session of the first 2xx; undefined before it, and once nothing is left of it. */
  get session(): Session | undefined {
    return this.#answeredTag === undefined ? undefined : this.#forks.find(this.#answeredTag)
  }

  /** Nobody has responded to the newest attempt yet: `cancel` can send no CANCEL (RFC 3261 section 9.1), it may last 64·T1. */
  get isUnheard(): boolean {
    return this.#state === 'calling' || this.#state === 'cancel-waits'
  }

  /** Sends the first attempt; the ones that a challenge asks for follow by themselves. */
  send(): void {
    this.#sendAttempt()
  }

  /** Confirms the 2xx to the peer; nothing else does. Returns the session, which may have ended meanwhile. */
  acknowledge(dialog: Dialog, body?: Body): Session | undefined {
    const session = this.#forks.find(dialog.remoteTag)
    session?.acknowledge(body)
    return session
  }

  /**
   * Gives up, in any state: CANCEL as soon as a provisional response allows it (RFC 3261 section 9.1), BYE after the answer.
   * `reason` becomes a Reason header (RFC 3326), as in `SIP;cause=200;text="Call completed elsewhere"`.
   */
  cancel(reason?: string): void {
    this.#cancelReason ??= reason
    this.#take('cancel')
  }

  /** Hangs up an answered call; before the answer it cancels. */
  bye(reason?: string): Promise<void> {
    const { session } = this
    if (session !== undefined) return session.bye(reason === undefined ? [] : [['Reason', reason]])
    if (this.#state !== 'answered') this.cancel(reason)
    return Promise.resolve()
  }

  /** Lets go of everything without a word to the peer: the process is going. */
  abandon(): void {
    this.#take('abandon')
    this.#forks.abandon()
    this.#settle()
  }

  #sendAttempt(): void {
    const options = this.#options
    if (options === undefined) return
    const number = this.#attempts++
    const request = this.#createRequest(options, number)
    if (number > 0 && this.#authorizer?.authorize(request) === false) {
      return this.#take('failure', { failure: { status: 401, reason: 'Challenge Cannot Be Answered' } })
    }
    this.#forks.begin({ request, handler: this.#handler })
    const attempt = new InviteAttempt(this.#core, options.destination, attemptBranch(this.#branch, number), {
      onResponse: (response) => {
        // What still comes for an earlier attempt is of no use; but a 2xx is never left alone.
        if (attempt === this.#attempt || response.status < 300) this.#receive(response)
      },
      onFailure: (failure) => this.#take('failure', { failure }),
      onSilence: () => this.#handler.onSilence?.(),
    })
    this.#attempt?.release()
    this.#attempt = attempt
    attempt.send(request, options)
  }

  #receive(response: SipResponse): void {
    this.#handler.onHeard?.(response)
    const { status, reason } = response
    if (status < 200) return this.#take('provisional', { response })
    if (status < 300) return this.#receiveAnswer(response)
    const mayRetry =
      this.#attempts < maximumInviteAttempts && (this.#state === 'calling' || this.#state === 'proceeding')
    if (mayRetry && this.#authorizer?.accept(response) === true) return this.#take('challenge')
    const contacts = status < 400 ? { contacts: readableContacts(response) } : {}
    this.#take('failure', { failure: { status, reason, response, ...contacts } })
  }

  #receiveAnswer(response: SipResponse): void {
    this.#authorizer?.settle()
    const session = this.#forks.answered(response, this.#state === 'answered' || this.#state === 'failed')
    if (session !== undefined) this.#take('answer', { response, session })
  }

  #take(input: OutgoingInviteInput, details: InputDetails = {}): void {
    const { next, effects } = stepOutgoingInvite(this.#state, input)
    this.#state = next
    for (const effect of effects) this.#carryOut(effect, details)
  }

  #carryOut(effect: OutgoingInviteEffect, { response, failure, session }: InputDetails): void {
    switch (effect) {
      case 'tellProvisional':
        return this.#tellProvisional(response as SipResponse)
      case 'sendNextAttempt':
        return this.#sendAttempt()
      case 'sendCancel':
        return this.#sendCancel()
      case 'takeAnswer':
        return this.#takeAnswer(response as SipResponse, session as Session)
      case 'endAnswer':
        // RFC 3261 section 13.2.2.4: every 2xx makes a dialog and is acknowledged; the ones that we cannot use are ended at once.
        return void session?.bye()
      case 'hangUp':
        return void this.bye(this.#cancelReason)
      case 'tellFailed':
        return this.#tellFailed(failure ?? terminated)
      case 'tellCancelled':
        return this.#tellFailed({ ...failure, ...(response !== undefined && { response }), ...terminated })
    }
  }

  #tellProvisional(response: SipResponse): void {
    if (response.status === 100) return
    const fork = this.#forks.early(response)
    if (fork !== undefined && !this.#forks.isNews(response)) return
    this.#handler.onProvisional?.(response, fork?.dialog)
  }

  #sendCancel(): void {
    this.#attempt?.cancel(this.#cancelReason)
    // RFC 3261 section 9.1: without a final response to the INVITE 64·T1 after the CANCEL, it counts as cancelled.
    this.#cancelPatience = this.#core.startTimer(() => {
      this.#attempt?.terminate()
      this.#take('failure', { failure: terminated })
    }, this.#core.patience)
  }

  #takeAnswer(response: SipResponse, session: Session): void {
    this.#answeredTag = session.dialog.remoteTag
    const handler = this.#handler
    session.handler = handler
    this.#settle()
    handler.onAnswered(response, session.dialog)
  }

  #tellFailed(failure: InviteFailure): void {
    const handler = this.#handler
    this.#settle()
    handler.onFailed(failure)
  }

  /** The transaction keeps us for another half a minute, for late answers: it must not keep the call that we were for. */
  #settle(): void {
    this.#core.stopTimer(this.#cancelPatience)
    this.#attempt?.release()
    this.#attempt = undefined
    this.#forks.settle()
    this.#handler = nobody
    this.#options = undefined
    this.#onDone(this)
  }

  #createRequest(options: InviteOptions, attempt: number): SipRequest {
    const headers = new Headers()
    headers.append('Max-Forwards', '70')
    headers.append('From', withTag(options.from, this.fromTag))
    headers.append('To', serializeNameAddr(options.to))
    headers.append('Call-ID', this.callId)
    headers.append('CSeq', `${this.#firstSequence + attempt} INVITE`)
    headers.append('Contact', this.#contact)
    headers.append('Allow', this.#core.capabilities.methods)
    headers.append('Supported', this.#core.capabilities.extensions.join(', '))
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
