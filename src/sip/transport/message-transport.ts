import type { SipMessage } from '../message/message.ts'
import type { Destination, Source, TransportAddress } from './destination.ts'
import type { TransportError } from './transport-error.ts'

/** What the transaction layer and the user agent ask of a transport (RFC 3261 section 18). */
export interface MessageTransport {
  /** Every message that could be read; requests carry `received` and `rport` in their top Via by now. */
  onMessage: ((message: SipMessage, source: Source) => void) | undefined
  /**
   * Finds the numeric address of a destination (RFC 3263). At once where it is numeric already; a promise, rejected with a
   * TransportError, where DNS must be asked.
   */
  resolve(destination: Destination): Destination | Promise<Destination>
  /** Nothing came back from a numeric destination that stood for `name`: its other addresses go first for a while. */
  avoid?(name: Destination, destination: Destination): void
  /** Never throws. `onError` is called at most once, later, never from within. */
  send(message: SipMessage | Buffer, destination: Destination, onError?: (error: TransportError) => void): void
  /** Whether the connection that the destination names is closed. Absent in a transport without connections. */
  hasLost?(destination: Destination): boolean
  /**
   * Calls `onRefused` once if nobody listens at the peer's UDP port, until it is told to stop by what is returned. The destination is
   * numeric. Without this method that is never found out.
   */
  watchPort?(destination: Destination, onRefused: () => void): () => void
  /** The address under which a peer there reaches us: for Via and Contact. */
  localAddress(destination: Destination): TransportAddress
  /**
   * Another way for a request of more than 1300 octets (RFC 3261 section 18.1.1): a connection, if one can be made, else the
   * destination as it was; never rejected. Undefined, or without this method, such requests go by UDP like others.
   */
  reliableAlternative?(destination: Destination): Promise<Destination> | undefined
}
