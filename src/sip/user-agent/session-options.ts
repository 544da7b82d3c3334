import type { Dialog } from '../dialog/dialog.ts'
import type { SipRequest } from '../message/message.ts'
import type { SentAck } from '../transaction/sent-ack.ts'
import type { Authorizer } from './authorizer.ts'
import type { Relocate } from './dialog-client.ts'
import type { OpenInvite } from './offer-exchange.ts'

/** What a session tells the INVITE that made it, and asks of it. */
export interface SessionInvitation {
  /** The peer has ended an early dialog; its BYE was answered. */
  onEarlyEnd?(): void
  /** A PRACK of one of our reliable provisional responses; true if it confirmed one (RFC 3262 section 3). */
  onPrack?(prack: SipRequest): boolean
  /** Nothing of the session is left but its ACK, if there was one. */
  onGone?(dialog: Dialog, ack: SentAck | undefined): void
  readonly relocate?: Relocate | undefined
}

export interface SessionOptions {
  readonly invitation?: SessionInvitation
  readonly authorizer?: Authorizer | undefined
  /** Where the INVITE stands that we sent; absent where the peer sent it, and where it is answered. */
  readonly openInvite?: OpenInvite
  /** The peer's INVITE, where it sent one. */
  readonly invite?: SipRequest
}
