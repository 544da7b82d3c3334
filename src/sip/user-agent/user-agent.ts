import { isSipUri, targetOf } from '../dialog/contact.ts'
import { Dialog } from '../dialog/dialog.ts'
import type { DialogSnapshot } from '../dialog/dialog-snapshot.ts'
import type { Replaces } from '../dialog/replaces.ts'
import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { SipParseError } from '../message/sip-parse-error.ts'
import { parseUri } from '../message/uri.ts'
import type { ArrivedRequest } from '../transaction/arrived-request.ts'
import { hasMagicCookie } from '../transaction/transaction-key.ts'
import type { Source } from '../transport/destination.ts'
import { type AliveQuestion, askAlive } from './ask-alive.ts'
import { Authorizer } from './authorizer.ts'
import { acceptsSessionDescription, sessionDescriptionType } from './capabilities.ts'
import { UserAgentCore, type UserAgentOptions } from './core.ts'
import { findReplaced, replacedBy } from './find-replaced.ts'
import { IncomingInvite } from './incoming-invite.ts'
import type { Credentials, InviteHandler, InviteOptions } from './invite-options.ts'
import { InviteRecovery, type InviteRecoveryRecord, type RecoveryOutcome } from './invite-recovery.ts'
import { OutgoingInvite } from './outgoing-invite.ts'
import { Registration, type RegistrationOptions } from './registration.ts'
import { Session } from './session.ts'
import { sessionDescription } from './session-description.ts'
import { describeCapabilities, refuseBody, refuseExtensions, refuseMethod, unknownDialog } from './stock-responses.ts'
import { StrayAnswers } from './stray-answers.ts'

export interface UserAgentCounts {
  readonly outgoingInvites: number
  readonly incomingInvites: number
  /** Early and confirmed ones, and those whose BYE waits for its answer. */
  readonly dialogs: number
  readonly recoveries: number
  readonly timers: number
}

/** Methods that can come outside of a dialog, or that have lost theirs; all others are refused by name. */
const knownMethods: ReadonlySet<string> = new Set(['INVITE', 'OPTIONS', 'REGISTER', 'BYE', 'INFO', 'PRACK', 'UPDATE'])
/** Known only where the owner of the sessions takes part in transfers. */
const transferMethods: ReadonlySet<string> = new Set(['REFER', 'NOTIFY'])

/** RFC 2543 section 4.2.1 let an INVITE be without Contact; its caller is at its From, then (RFC 4475 section 3.4.1). */
const canBeCalledBack = (request: SipRequest): boolean =>
  targetOf(request) !== undefined ||
  (!request.headers.has('Contact') && !hasMagicCookie(request) && isSipUri(request.from.uri))

/** A SIP user agent, client and server (RFC 3261 sections 8 to 15), over a transaction layer. */
export class UserAgent {
  /** Whom a call reaches; without it every INVITE gets 480. */
  onInvite: ((invite: IncomingInvite) => void) | undefined
  /** The registrar, where there is one; without it REGISTER gets 405. */
  onRegister: ((request: SipRequest, source: Source) => SipResponse) | undefined
  readonly #core: UserAgentCore
  readonly #outgoing = new Set<OutgoingInvite>()
  readonly #incoming = new Set<IncomingInvite>()
  readonly #recoveries = new Map<string, InviteRecovery>()
  readonly #strayAnswers: StrayAnswers

  constructor(options: UserAgentOptions) {
    this.#core = new UserAgentCore(options)
    this.#strayAnswers = new StrayAnswers(this.#core)
    options.transactions.onRequest = (arrived) => this.#receive(arrived)
    options.transactions.onAck = (ack) => this.#receiveAck(ack)
    options.transactions.onStrayResponse = (response, source) => this.#receiveStray(response, source)
  }

  createCallId(): string {
    return this.#core.createCallId()
  }

  createTag(): string {
    return this.#core.createTag()
  }

  /** A Via branch for `InviteOptions.branch` (RFC 3261 section 8.1.1.7). */
  createBranch(): string {
    return this.#core.transactions.createBranch()
  }

  /** Sends an INVITE. The handler is called after this has returned. Throws a SipParseError on a URI that cannot be read. */
  invite(options: InviteOptions, handler: InviteHandler): OutgoingInvite {
    const invite = new OutgoingInvite(this.#core, options, handler, (done) => this.#outgoing.delete(done))
    this.#outgoing.add(invite)
    invite.send()
    return invite
  }

  /** Whether anybody is there. */
  askAlive(question: AliveQuestion): Promise<boolean> {
    return askAlive(this.#core, question)
  }

  /** A REGISTER client; `start` it. */
  registration(options: RegistrationOptions): Registration {
    return new Registration(this.#core, options)
  }

  /** The session of ours that a Replaces names, as in the Refer-To of a REFER (RFC 3891). */
  findReplaced(replaces: Replaces): Session | undefined {
    return findReplaced(this.#core.dialogs, replaces)
  }

  /** Ends an answered call of a dead process: ACK, for it may have died before sending that, and BYE. */
  recoverDialog(snapshot: DialogSnapshot, credentials?: Credentials): Promise<void> {
    const authorizer = credentials && new Authorizer(credentials, this.#core.random)
    const session = new Session(this.#core, Dialog.restore({ ...snapshot, state: 'confirmed' }), {}, { authorizer })
    session.acknowledge()
    return session.bye()
  }

  /** Ends an INVITE of a dead process that had not been answered when it was last heard of. */
  recoverInvite(record: InviteRecoveryRecord, credentials?: Credentials): Promise<RecoveryOutcome> {
    const authorizer = credentials && new Authorizer(credentials, this.#core.random)
    return new Promise((resolve) => {
      const recovery = new InviteRecovery(this.#core, record, authorizer, (outcome) => {
        this.#recoveries.delete(record.callId)
        resolve(outcome)
      })
      this.#recoveries.set(record.callId, recovery)
    })
  }

  counts(): UserAgentCounts {
    return {
      outgoingInvites: this.#outgoing.size,
      incomingInvites: this.#incoming.size,
      dialogs: this.#core.dialogs.size,
      recoveries: this.#recoveries.size,
      timers: this.#core.runningTimers,
    }
  }

  /** Lets go of every dialog and timer without a word to the peers; whoever wants them told says BYE first. */
  close(): void {
    for (const invite of [...this.#outgoing]) invite.abandon()
    for (const invite of [...this.#incoming]) invite.abandon()
    for (const recovery of this.#recoveries.values()) recovery.abandon()
    this.#recoveries.clear()
    for (const usage of this.#core.dialogs.usages()) usage.abandon()
    this.#core.stopAllTimers()
  }

  #receive(arrived: ArrivedRequest): void {
    const { request, source } = arrived
    try {
      this.#dispatch(arrived)
    } catch (error) {
      const { method } = request
      if (error instanceof SipParseError) {
        // A header that only now turned out unreadable: a stranger can send as many of them as it likes.
        this.#core.log.debug({ method, host: source.host, err: error }, 'request cannot be read')
        return arrived.answer(createResponse(request, error.status, error.reason))
      }
      // A fault of an owner's handler.
      this.#core.log.warn({ method, host: source.host, err: error }, 'request failed')
      arrived.answer(createResponse(request, 500, 'Server Internal Error'))
    }
  }

  /** What needs no transaction gets none: whoever begins one here says whose room it takes. */
  #dispatch(arrived: ArrivedRequest): void {
    const { request } = arrived
    const { toTag, method } = request
    if (toTag !== undefined) {
      const usage = this.#core.dialogs.find(request.callId, toTag, request.fromTag ?? '')
      // RFC 3261 section 12.2.2: a dialog that we do not know, or no longer.
      if (usage === undefined) return arrived.answer(unknownDialog(request))
      const transaction = arrived.begin('dialog')
      if (transaction !== undefined) usage.receiveRequest(request, transaction)
      return
    }
    const { capabilities } = this.#core
    const isKnown = knownMethods.has(method) || (capabilities.transfers && transferMethods.has(method))
    if (!isKnown) return arrived.answer(refuseMethod(request, capabilities))
    // RFC 3261 section 8.2.2.1; a URI that cannot be read throws, with 400 or 416.
    if (parseUri(request.uri).scheme === 'tel') {
      return arrived.answer(createResponse(request, 416, 'Unsupported URI Scheme'))
    }
    switch (method) {
      case 'INVITE':
        return this.#receiveInvite(arrived)
      case 'OPTIONS':
        return arrived.answer(refuseExtensions(request, capabilities) ?? describeCapabilities(request, capabilities))
      case 'REGISTER':
        return this.#receiveRegister(arrived)
      case 'REFER':
        // RFC 3515 section 4.1: a stranger has no call here that could be transferred, and we call nobody in his name.
        return arrived.answer(createResponse(request, 403, 'Only Within A Call'))
      default:
        return arrived.answer(unknownDialog(request))
    }
  }

  /** Only who has shown a password is remembered: a REGISTER that is challenged or refused changes nothing here. */
  #receiveRegister(arrived: ArrivedRequest): void {
    const { request, source } = arrived
    // RFC 4475 section 3.1.2.13: a Contact that cannot be read is refused, whoever sent it; it throws.
    void request.contacts
    // RFC 3261 section 10.2: the address-of-record is a SIP or SIPS URI.
    if (!isSipUri(request.to.uri)) return arrived.answer(createResponse(request, 400, 'To Is Not A SIP URI'))
    const response = this.onRegister?.(request, source) ?? refuseMethod(request, this.#core.capabilities)
    if (response.status >= 300) return arrived.answer(response)
    if (response.toTag === undefined) {
      response.headers.set('To', `${response.headers.get('To')};tag=${this.#core.createTag()}`)
    }
    arrived.begin('registration')?.respond(response)
  }

  #receiveInvite(arrived: ArrivedRequest): void {
    const { request, source } = arrived
    const refusal = this.#refuseInvite(request)
    if (refusal !== undefined) return arrived.answer(refusal)
    const replaced = this.#core.capabilities.transfers ? replacedBy(request, this.#core.dialogs) : undefined
    const transaction = arrived.begin('stranger')
    if (transaction === undefined) return
    const onDone = (done: IncomingInvite): void => void this.#incoming.delete(done)
    const invite = new IncomingInvite(this.#core, request, transaction, source, onDone, replaced)
    this.#incoming.add(invite)
    this.onInvite?.(invite)
  }

  /** RFC 3261 section 8.2, in its order. */
  #refuseInvite(request: SipRequest): SipResponse | undefined {
    const extensions = refuseExtensions(request, this.#core.capabilities)
    if (extensions !== undefined) return extensions
    if (sessionDescription(request) === undefined) return refuseBody(request, [sessionDescriptionType])
    // RFC 4475 section 3.3.15: the answer would be of a type that the caller does not take.
    if (!acceptsSessionDescription(request)) return createResponse(request, 406, 'Not Acceptable')
    // Section 8.1.1.8: an INVITE names the place where its caller can be reached.
    if (!canBeCalledBack(request)) return createResponse(request, 400, 'Contact Missing Or Unusable')
    if (this.onInvite === undefined) return createResponse(request, 480, 'Temporarily Unavailable')
    if (this.#core.dialogs.size < this.#core.limits.dialogs) return undefined
    const busy = createResponse(request, 503, 'Too Many Calls')
    busy.headers.append('Retry-After', '5')
    return busy
  }

  #receiveAck(ack: SipRequest): void {
    this.#core.dialogs.find(ack.callId, ack.toTag ?? '', ack.fromTag ?? '')?.receiveAck(ack)
  }

  /** A response whose transaction is gone: late, or meant for a process before this one. */
  #receiveStray(response: SipResponse, source: Source): void {
    if (response.cseq.method !== 'INVITE' || response.status < 200) return
    const usage = this.#core.dialogs.find(response.callId, response.fromTag ?? '', response.toTag ?? '')
    if (usage !== undefined) {
      if (response.status < 300) usage.receiveLateAnswer(response)
      return
    }
    const recovery = this.#recoveries.get(response.callId)
    if (recovery !== undefined) return recovery.receive(response, source)
    this.#strayAnswers.receive(response, source)
  }
}
