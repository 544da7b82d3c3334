import type { Destination } from '../transport/destination.ts'

/** Everything that a dialog needs to live on in another process, as plain JSON. Carries no secret. */
export interface DialogSnapshot {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  readonly localUri: string
  readonly remoteUri: string
  readonly remoteTarget: string
  readonly routeSet: readonly string[]
  readonly localSequence: number
  readonly remoteSequence?: number
  readonly secure: boolean
  readonly state: DialogState
  /** CSeq number of the INVITE that made the dialog: its ACK carries the same (RFC 3261 section 13.2.2.4). */
  readonly inviteSequence: number
  /** Our Contact, sent again in target refresh requests and their answers. */
  readonly localContact?: string
  /** Where requests go where the peer's Contact cannot be reached (NAT, connection), and the URI that it was reached as. */
  readonly peer?: Destination
  readonly peerTarget?: string
  /** Where the peer's own packets come from, where that is not `peer`; see `Destination`. */
  readonly proven?: Destination
}

export type DialogState = 'early' | 'confirmed' | 'terminated'
