import { Dialog } from '../dialog/dialog.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { SentAck } from '../transaction/sent-ack.ts'
import type { Destination } from '../transport/destination.ts'
import type { Authorizer } from './authorizer.ts'
import { requiresReliability } from './capabilities.ts'
import type { UserAgentCore } from './core.ts'
import type { InviteHandler, InviteOptions } from './invite-options.ts'
import { choosePeer } from './next-hop.ts'
import { Session } from './session.ts'
import { sessionDescription } from './session-description.ts'
import type { SessionInvitation, SessionOptions } from './session-options.ts'

/** What one To tag has shown of itself. */
type Fork =
  | {
      readonly name: 'alive'
      readonly session: Session
      /** Newest RSeq (RFC 3262 section 4); 0 before the first. */
      newestReliable: number
    }
  /** Its session is over; its peer may repeat the 2xx. */
  | { readonly name: 'over'; readonly ack: SentAck }

/** What the forks need as long as new ones may come; a call's history is not kept for late answers. */
interface Origin {
  readonly request: SipRequest
  readonly handler: InviteHandler
}

/** The dialogs that one INVITE makes: one for each To tag among its responses, up to a limit (RFC 3261 sections 12.1.2 and 13.2.2.4). */
export class InviteForks {
  readonly #core: UserAgentCore
  readonly #uri: string
  readonly #destination: Destination
  readonly #authorizer: Authorizer | undefined
  readonly #openInvite: NonNullable<SessionOptions['openInvite']>
  readonly #byTag = new Map<string, Fork>()
  #invitation: SessionInvitation
  #origin: Origin | undefined

  constructor(core: UserAgentCore, options: InviteOptions, authorizer: Authorizer | undefined) {
    this.#core = core
    this.#uri = options.uri
    this.#destination = options.destination
    this.#authorizer = authorizer
    this.#openInvite = options.body === undefined ? 'offer-answered' : 'offer-open'
    this.#invitation = { relocate: options.relocate, onGone: (dialog, ack) => this.#forget(dialog, ack) }
  }

  /** Another attempt is about to be sent: what answered the one before was its failure. */
  begin(origin: Origin): void {
    this.leaveEarly()
    this.#origin = origin
  }

  find(remoteTag: string): Session | undefined {
    const fork = this.#byTag.get(remoteTag)
    return fork?.name === 'alive' ? fork.session : undefined
  }

  /** The session of a provisional response; undefined without a To tag, and where one INVITE has made too many. */
  early(response: SipResponse): Session | undefined {
    const tag = response.toTag
    if (tag === undefined) return undefined
    const known = this.find(tag)
    if (known !== undefined) return known
    return this.#byTag.size >= this.#core.limits.forks ? undefined : this.#add(response)
  }

  /** RFC 3262 section 4: acknowledges a reliable response, once and in order. False for a repetition or one out of order. */
  isNews(response: SipResponse): boolean {
    const fork = this.#byTag.get(response.toTag ?? '')
    if (fork?.name !== 'alive') return true
    const rseq = Number(response.headers.get('RSeq'))
    if (!Number.isInteger(rseq) || rseq < 1 || !requiresReliability(response.headers)) return true
    if (fork.newestReliable !== 0 && rseq !== fork.newestReliable + 1) return false
    fork.newestReliable = rseq
    fork.session.acknowledgeProvisional(response, Boolean(sessionDescription(response)))
    return true
  }

  /**
   * The session of a 2xx; undefined where its fork had one before, whose ACK is repeated if it was sent, and, once `isOver`, where
   * one INVITE has made too many: a peer may make up any number of them.
   */
  answered(response: SipResponse, isOver: boolean): Session | undefined {
    const fork = this.#byTag.get(response.toTag ?? '')
    if (fork?.name === 'over') {
      this.#core.transactions.repeatAck2xx(fork.ack)
      return undefined
    }
    if (fork !== undefined && fork.session.dialog.state !== 'early') {
      fork.session.receiveLateAnswer(response)
      return undefined
    }
    if (fork === undefined && isOver && this.#byTag.size >= this.#core.limits.forks) return undefined
    const session = fork?.session ?? this.#add(response)
    session.answered(response)
    return session
  }

  leaveEarly(): void {
    for (const [tag, fork] of this.#byTag) {
      if (fork.name === 'over' || fork.session.dialog.state !== 'early') continue
      fork.session.abandon()
      this.#byTag.delete(tag)
    }
  }

  /** The INVITE is answered or has failed: only late answers are still to come. */
  settle(): void {
    this.leaveEarly()
    this.#origin = undefined
    this.#invitation = { onGone: (dialog, ack) => this.#forget(dialog, ack) }
  }

  abandon(): void {
    for (const fork of this.#byTag.values()) if (fork.name === 'alive') fork.session.abandon()
  }

  #add(response: SipResponse): Session {
    const origin = this.#origin
    const destination = this.#destination
    const dialog =
      origin === undefined
        ? Dialog.fromStrayAnswer(response, destination, this.#uri)
        : Dialog.fromResponse(origin.request, response, destination)
    dialog.state = 'early'
    dialog.peer = choosePeer(dialog.remoteTarget, destination, this.#uri)
    const session = new Session(this.#core, dialog, origin === undefined ? {} : withoutEnd(origin.handler), {
      authorizer: this.#authorizer,
      invitation: this.#invitation,
      openInvite: this.#openInvite,
    })
    this.#byTag.set(dialog.remoteTag, { name: 'alive', session, newestReliable: 0 })
    return session
  }

  #forget(dialog: Dialog, ack: SentAck | undefined): void {
    if (ack === undefined) this.#byTag.delete(dialog.remoteTag)
    else this.#byTag.set(dialog.remoteTag, { name: 'over', ack })
  }
}

/** What an early dialog may ask of the handler: all but the end of a session, which is the INVITE's affair. */
const withoutEnd = (handler: InviteHandler): Session['handler'] => ({
  onOffer: (offer, request, dialog) => handler.onOffer?.(offer, request, dialog),
  onInfo: (type, body) => handler.onInfo?.(type, body),
})
