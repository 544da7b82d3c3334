import type { SipRequest, SipResponse } from '../message/message.ts'
import type { ServerTransaction } from '../transaction/server-transaction.ts'

/** Who looks after a dialog: the table hands every message of the dialog to it. */
export interface DialogUsage {
  receiveRequest(request: SipRequest, transaction: ServerTransaction): void
  /** An ACK to a 2xx (RFC 3261 section 13.3.1.4). */
  receiveAck(ack: SipRequest): void
  /** A 2xx to an INVITE that came after its transaction had gone. */
  receiveLateAnswer(response: SipResponse): void
  /** Ends everything at once, without a word to the peer: the process is going. */
  abandon(): void
}
