import type { SipRequest } from '../message/message.ts'
import type { Destination, Source } from './destination.ts'

/**
 * Where the response to a request goes (RFC 3261 section 18.2.2, RFC 3581 section 4): back over the connection, or if that has
 * gone to the Via's port; over UDP to the port that the request came from where the client asked for that, else to the Via's.
 *
 * The host is always the address that the request came from. The RFC's `maddr`, a multicast address, is not heeded: it would let
 * a stranger aim our responses at anybody.
 */
export const responseDestination = (request: SipRequest, source: Source): Destination => {
  const { protocol, host, flow } = source
  const { via } = request
  const port = protocol === 'udp' && via.params.has('rport') ? source.port : (via.port ?? 5060)
  return { protocol, host, port, flow }
}
