import { isPrivateAddress } from '../../ip-address.ts'
import type { Dialog } from '../dialog/dialog.ts'
import { parseUri, type SipUri } from '../message/uri.ts'
import type { Destination, TransportProtocol } from '../transport/destination.ts'
import { TransportError } from '../transport/transport-error.ts'

/**
 * Where a dialog's next request goes (RFC 3261 section 8.1.2), or to the peer's proven address where its own cannot be reached.
 * A Contact or Record-Route is only what the peer said: it is marked as that.
 */
export const nextHop = (dialog: Dialog): Destination => {
  const { peer, proven, routeSet } = dialog
  if (peer !== undefined && routeSet.length === 0) return peer
  const uri = dialog.nextHopUri()
  if (proven === undefined) return destinationOfUri(uri)
  return lacksTransport(uri) ? proven : { ...destinationOfUri(uri), proven }
}

/**
 * Whether a URI asks for a transport that we do not have: TLS, by its scheme or by name, WebSocket, SCTP. Nothing is sent to its
 * address then, least of all in the clear. A peer that says this of itself is reached the way that it came, which is all that it has
 * shown to work.
 */
export const lacksTransport = (text: string): boolean => protocolOf(parseUri(text)) === undefined

/**
 * The transport address that a SIP URI names, without DNS (RFC 3263 section 4.2 for a numeric host or a given port). Throws a
 * TransportError where it asks for a transport that we do not have.
 */
export const destinationOfUri = (text: string): Destination => {
  const uri = parseUri(text)
  const protocol = protocolOf(uri)
  if (protocol === undefined) {
    const transport = uri.params.get('transport')
    const way = transport === undefined ? uri.scheme : `${uri.scheme} over ${transport}`
    throw new TransportError('unsupported', `${way} is not available`)
  }
  return { protocol, host: uri.params.get('maddr') ?? uri.host, port: uri.port ?? 5060 }
}

/**
 * Decides whether requests to `target` (the peer's Contact) go to `proven`, the address that worked so far, instead. They do
 * where the Contact asks for a transport that we do not have; where it is the same as `reachedAs`, the URI that was dialled there;
 * over a connection; and where a phone behind a NAT put a private address into its Contact that cannot be right from here.
 */
export const choosePeer = (target: string, proven: Destination, reachedAs?: string): Destination | undefined => {
  const uri = parseUri(target)
  const protocol = protocolOf(uri)
  if (protocol === undefined) return proven
  if (proven.protocol === 'tcp' && uri.params.get('transport')?.toLowerCase() !== 'udp') {
    if (uri.host === proven.host || proven.flow !== undefined) return proven
  }
  if (reachedAs !== undefined && sameAddress(uri, parseUri(reachedAs))) return proven
  if (uri.host !== proven.host && isPrivateAddress(uri.host) && !isPrivateAddress(proven.host)) return proven
  return undefined
}

/** RFC 3261 section 19.1.1: UDP unless the URI names another. RFC 5630 section 3.1.1: `sips:` is TLS, whatever it names beside that. */
const protocolOf = ({ scheme, params }: SipUri): TransportProtocol | undefined => {
  const transport = params.get('transport')?.toLowerCase() ?? 'udp'
  return scheme === 'sip' && (transport === 'udp' || transport === 'tcp') ? transport : undefined
}

const sameAddress = (left: SipUri, right: SipUri): boolean =>
  left.host.toLowerCase() === right.host.toLowerCase() && (left.port ?? 5060) === (right.port ?? 5060)
