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
  /** Where the peer was last heard; used where its Contact cannot be reached (NAT). */
  readonly peer?: PeerAddress
  readonly peerTarget?: string
}

export type DialogState = 'early' | 'confirmed' | 'terminated'

/** A transport address without its connection: a connection does not outlive a process. */
export interface PeerAddress {
  readonly protocol: 'udp' | 'tcp'
  readonly host: string
  readonly port: number
}
