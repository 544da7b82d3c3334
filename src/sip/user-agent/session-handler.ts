import type { Dialog } from '../dialog/dialog.ts'
import type { SipRequest } from '../message/message.ts'
import type { TransferAsked } from './transfer-asked.ts'

/** Why a session ended, from our side's view. */
export type SessionEnd =
  /** We sent the BYE. */
  | 'local'
  /** The peer sent the BYE. */
  | 'remote'
  /** The peer no longer knows the dialog (481, 408: RFC 3261 section 12.2.1.2), or never acknowledged our 200. */
  | 'lost'

/** What a session tells its owner. Every member is optional; none may block. */
export interface SessionHandler {
  /** Once, when the session has ended, whoever ended it. `request` is the peer's BYE. */
  onEnded?(end: SessionEnd, request?: SipRequest): void
  /**
   * A new offer by re-INVITE or UPDATE: the answer to send, or undefined to refuse it (488) and leave the session as it was.
   * An empty offer means that the peer asks for ours (a re-INVITE without a body). The dialog may be an early one (RFC 3311).
   */
  onOffer?(offer: string, request: SipRequest, dialog: Dialog): string | undefined | Promise<string | undefined>
  /** The peer's answer to an offer that `onOffer` made for it; it came in the ACK. */
  onAnswer?(answer: string): void
  /**
   * The peer holds us: it does not hear us, and may play something (`sendonly`) or not (`inactive`); also where it says so with the
   * `c=0.0.0.0` of RFC 2543. Called after its offer was answered, and again where only the kind of hold changes.
   */
  onHeld?(direction: 'sendonly' | 'inactive'): void
  /** The peer hears us again; with `recvonly` it says nothing itself. */
  onResumed?(direction: 'sendrecv' | 'recvonly'): void
  /**
   * The peer asks that it be connected with somebody else (REFER, RFC 3515), or with a call that it has already (Replaces, RFC 3891).
   * To be accepted or refused within 10 seconds; without this member every such wish is declined.
   */
  onTransferAsked?(transfer: TransferAsked): void
  /** An INFO with a body that we allow (`application/dtmf-relay`, `application/dtmf`). */
  onInfo?(contentType: string, body: string): void
}
