import { Dialog } from '../dialog/dialog.ts'
import type { SipResponse } from '../message/message.ts'
import type { SentAck } from '../transaction/sent-ack.ts'
import type { Destination, Source } from '../transport/destination.ts'
import type { UserAgentCore } from './core.ts'
import { sendAuthorized } from './send-authorized.ts'

/**
 * Ends calls that a peer has answered and that nobody here remembers: without ACK and BYE the peer would sit in a dead call (RFC
 * 3261 section 13.2.2.4). Only for a 2xx with the proof that we had sent its INVITE to where the 2xx comes from, and only to
 * there: neither its Contact nor its Record-Route decides where a packet goes.
 */
export class StrayAnswers {
  readonly #core: UserAgentCore
  /** The ACKs of those whose BYE is under way, by dialog. */
  readonly #ending = new Map<string, SentAck>()

  constructor(core: UserAgentCore) {
    this.#core = core
  }

  receive(response: SipResponse, source: Source): void {
    const { status, fromTag, toTag } = response
    if (status < 200 || status >= 300 || fromTag === undefined || toTag === undefined) return
    if (!this.#core.transactions.hasSentInvite(response, source)) return
    const { protocol, host, port, flow } = source
    const peer: Destination = { protocol, host, port, flow }
    const dialog = Dialog.fromStrayAnswer(response, peer)
    const sent = this.#ending.get(dialog.id)
    if (sent !== undefined) return this.#core.transactions.repeatAck2xx(sent, peer)
    if (this.#ending.size >= this.#core.limits.strayAnswers) return
    this.#ending.set(dialog.id, this.#core.transactions.sendAck2xx(dialog.createRequest('ACK'), peer))
    const forget = (): void => void this.#ending.delete(dialog.id)
    sendAuthorized(this.#core, () => dialog.createRequest('BYE'), peer, undefined, forget)
    this.#core.log.info({ callId: response.callId }, 'answer to a forgotten call: ending it')
  }
}
