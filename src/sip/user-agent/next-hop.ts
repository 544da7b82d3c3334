import type { Dialog } from '../dialog/dialog.ts'
import { parseUri, type SipUri } from '../message/uri.ts'
import type { Destination } from '../transport/destination.ts'

/**
 * Where a dialog's next request goes (RFC 3261 section 8.1.2), or to the peer's proven address where its own cannot be reached.
 * A Contact or Record-Route is only what the peer said: it is marked as that.
 */
export const nextHop = (dialog: Dialog): Destination => {
  if (dialog.peer !== undefined && dialog.routeSet.length === 0) return dialog.peer
  const said = destinationOfUri(dialog.nextHopUri())
  return dialog.proven === undefined ? said : { ...said, proven: dialog.proven }
}

/** The transport address that a SIP URI names, without DNS (RFC 3263 section 4.2 for a numeric host or a given port). */
export const destinationOfUri = (text: string): Destination => {
  const uri = parseUri(text)
  return {
    protocol: uri.params.get('transport')?.toLowerCase() === 'tcp' ? 'tcp' : 'udp',
    host: uri.params.get('maddr') ?? uri.host,
    port: uri.port ?? 5060,
  }
}

/**
 * Decides whether requests to `target` (the peer's Contact) go to `proven`, the address that worked so far, instead. They do
 * where the Contact is the same as `reachedAs`, the URI that was dialled there; over a connection; and where a phone behind a
 * NAT put a private address into its Contact that cannot be right from here.
 */
export const choosePeer = (target: string, proven: Destination, reachedAs?: string): Destination | undefined => {
  const uri = parseUri(target)
  if (proven.protocol === 'tcp' && uri.params.get('transport')?.toLowerCase() !== 'udp') {
    if (uri.host === proven.host || proven.flow !== undefined) return proven
  }
  if (reachedAs !== undefined && sameAddress(uri, parseUri(reachedAs))) return proven
  if (uri.host !== proven.host && isPrivateAddress(uri.host) && !isPrivateAddress(proven.host)) return proven
  return undefined
}

const sameAddress = (left: SipUri, right: SipUri): boolean =>
  left.host.toLowerCase() === right.host.toLowerCase() && (left.port ?? 5060) === (right.port ?? 5060)

/** RFC 1918, RFC 6598, loopback, link-local and unspecified addresses. */
const isPrivateAddress = (host: string): boolean =>
  /^(10|127|0)\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^\[?(::1?\]?$|f[cd]|fe[89ab])/i.test(
    host,
  )
