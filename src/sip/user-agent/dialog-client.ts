import type { Dialog } from '../dialog/dialog.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import type { SentAck } from '../transaction/sent-ack.ts'
import type { Destination, Source } from '../transport/destination.ts'
import type { Authorizer } from './authorizer.ts'
import type { UserAgentCore } from './core.ts'
import type { Body } from './invite-options.ts'
import { choosePeer, lacksTransport, nextHop } from './next-hop.ts'
import { type RequestOutcome, sendAuthorized } from './send-authorized.ts'
import { setBody } from './stock-responses.ts'

/** A peer's URI may have thousands of octets. */
const longestInLog = 128

/** Requests that refresh the peer's target (RFC 3261 section 12.2.1.1, RFC 3311, RFC 6665 section 4.4.1), or may make a dialog (RFC 3515). */
const targetMethods: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'NOTIFY', 'REFER'])

/** Where the peer can be reached now, asked once its connection is gone. */
export type Relocate = () => Destination | undefined

/** Sends requests within one dialog: with its answers to challenges, to where the peer can be reached (RFC 3261 section 12.2.1). */
export class DialogClient {
  readonly dialog: Dialog
  readonly #core: UserAgentCore
  readonly #authorizer: Authorizer | undefined
  #relocate: Relocate | undefined

  constructor(core: UserAgentCore, dialog: Dialog, authorizer?: Authorizer, relocate?: Relocate) {
    this.#core = core
    this.dialog = dialog
    this.#authorizer = authorizer
    this.#relocate = relocate
  }

  /** The dialog's next request; with a Contact where it must have one. */
  createRequest(method: string): SipRequest {
    const request = this.dialog.createRequest(method)
    if (targetMethods.has(method) && this.dialog.localContact !== undefined) {
      request.headers.append('Contact', this.dialog.localContact)
    }
    return request
  }

  /** `create` makes each attempt anew, as `sendAuthorized` asks for. */
  send(create: () => SipRequest, onOutcome: (outcome: RequestOutcome) => void): void {
    sendAuthorized(this.#core, create, this.#destination(), this.#authorizer, onOutcome)
  }

  /** The ACK of a 2xx, with the credentials of its INVITE (RFC 3261 section 22.1). */
  sendAck(sequence: number, body?: Body): SentAck {
    const ack = this.dialog.createRequest('ACK', sequence)
    this.#authorizer?.repeatForAck(ack)
    if (body !== undefined) setBody(ack, body.type, body.content)
    return this.#core.transactions.sendAck2xx(ack, this.#destination())
  }

  repeatAck(ack: SentAck): void {
    this.#core.transactions.repeatAck2xx(ack, this.#destination())
  }

  /** A phone that is reached by a connection of its own making is reached by the newest. */
  follow({ protocol, host, port, flow }: Source): void {
    const { peer } = this.dialog
    if (peer?.flow === undefined || peer.protocol !== 'tcp' || protocol !== 'tcp') return
    this.dialog.peer = { protocol, host, port, flow }
    this.dialog.proven = this.dialog.peer
  }

  refreshTarget(message: SipRequest | SipResponse): void {
    this.dialog.refreshTarget(message)
    this.#refreshPeer()
  }

  /** The 2xx of our INVITE: it says where the peer wants to be reached from now on. */
  confirm(response: SipResponse): void {
    this.dialog.confirm(response)
    this.#refreshPeer()
    const hop = this.dialog.nextHopUri()
    if (!lacksTransport(hop)) return
    this.#core.log.info(
      { callId: this.dialog.callId, hop: hop.slice(0, longestInLog) },
      'the peer asks for a transport that is not available; it is reached the way that it came',
    )
  }

  /** Late repetitions of a 2xx may keep us for another half a minute, but not the call that we were for. */
  release(): void {
    this.#relocate = undefined
  }

  #destination(): Destination {
    const hop = nextHop(this.dialog)
    return this.#core.transport.hasLost?.(hop) === true ? (this.#relocate?.() ?? hop) : hop
  }

  #refreshPeer(): void {
    const { peer } = this.dialog
    if (peer !== undefined) this.dialog.peer = choosePeer(this.dialog.remoteTarget, peer, this.dialog.peerTarget)
  }
}
