export type TransportProtocol = 'udp' | 'tcp'

/** A transport address. `host` is an IP address without brackets, or a DNS name where it says so; `port` is decimal. */
export interface TransportAddress {
  readonly host: string
  readonly port: number
}

/**
 * Names the way a message came in (RFC 5626 section 3.1): a TCP connection, or the UDP socket that heard it. That of a connection
 * is never used again, not even by another process; that of a UDP socket stays the same over a restart.
 */
export type FlowId = string

/** Where a message goes. */
export interface Destination extends TransportAddress {
  readonly protocol: TransportProtocol
  /** The flow to go out by. Where it has gone, `host` and `port` are tried. */
  readonly flow?: FlowId
  /**
   * Set where the address is only what a peer said: where its own packets come from. Taken instead where the said address is none
   * that we send to (see `decideTarget`).
   */
  readonly proven?: Destination
}

/** Where a message came from. */
export interface Source extends TransportAddress {
  readonly protocol: TransportProtocol
  readonly local: TransportAddress
  readonly flow: FlowId
  /** The length of the datagram: the answer to a stranger may be only so much longer. Absent over a connection. */
  readonly datagramOctets?: number
}
