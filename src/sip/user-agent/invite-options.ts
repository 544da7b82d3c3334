import type { Dialog } from '../dialog/dialog.ts'
import type { SipResponse } from '../message/message.ts'
import type { NameAddr } from '../message/name-addr.ts'
import type { Destination } from '../transport/destination.ts'
import type { SessionHandler } from './session-handler.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface Body {
  readonly type: string
  readonly content: string | Buffer
}

export interface InviteOptions {
  /** Request-URI. */
  readonly uri: string
  readonly destination: Destination
  /** Where the peer can be reached now, asked once the connection of `destination` is gone. */
  readonly relocate?: (() => Destination | undefined) | undefined
  readonly from: NameAddr
  readonly to: NameAddr
  /** User part of our Contact; that of `from` otherwise. */
  readonly contactUser?: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: Body
  readonly credentials?: Credentials
  /** Identity chosen beforehand, so that it can be written down before the first packet leaves. */
  readonly callId?: string
  readonly fromTag?: string
  /** Branch of the first attempt; later attempts (digest) derive theirs from it: see `attemptBranch`. */
  readonly branch?: string
  readonly sequence?: number
  /** After so many milliseconds without any response to an attempt, `onSilence` is called; the INVITE goes on. */
  readonly silenceMilliseconds?: number
  /**
   * Find out whether anybody listens at the peer's port where it does not respond at once: a closed one ends the INVITE. Not for a
   * peer behind a NAT, where a packet of another source than ours may be refused by the NAT.
   */
  readonly watchesPort?: boolean
}

/** Why an INVITE came to nothing. 408 and 503 without a response: timeout and transport error (RFC 3261 section 8.1.3.1). */
export interface InviteFailure {
  readonly status: number
  readonly reason: string
  readonly response?: SipResponse
  /** Where a 3xx points to. */
  readonly contacts?: readonly NameAddr[]
}

export interface InviteHandler extends SessionHandler {
  /** 101–199; `dialog` where the response has a To tag. 100 Trying is not reported. */
  onProvisional?(response: SipResponse, dialog?: Dialog): void
  /** The peer has responded to any attempt, with whatever; called before what the response itself leads to. */
  onHeard?(response: SipResponse): void
  /** Nobody has responded to the newest attempt within `silenceMilliseconds`. */
  onSilence?(): void
  /** The first 2xx. Nothing is confirmed to the peer before `acknowledge`. */
  onAnswered(response: SipResponse, dialog: Dialog): void
  /** No session came of it; the last call of this handler. After `cancel` the status is 487 whatever the peer said. */
  onFailed(failure: InviteFailure): void
}
