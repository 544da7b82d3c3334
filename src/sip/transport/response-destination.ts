import type { SipRequest } from '../message/message.ts'
import type { Destination, Source } from './destination.ts'
import { bareHost, isNumericHost } from './host.ts'

/**
 * Where the response to a request goes (RFC 3261 section 18.2.2, RFC 3581 section 4): back over the connection, or if that has
 * gone to the Via's port; over UDP to the port that the request came from where the client asked for that, else to the Via's.
 *
 * A phone behind a NAT that was not told to ask would hear nothing at its Via's port. So a sent-by that is an address, and another
 * one than the request came from, counts as having asked: beyond RFC 3261, which knows no NAT.
 *
 * The host is always the address that the request came from. The RFC's `maddr`, a multicast address, is not heeded: it would let
 * a stranger aim our responses at anybody.
 */
export const responseDestination = (request: SipRequest, source: Source): Destination => {
  const { protocol, host, flow } = source
  const { via } = request
  const symmetric = protocol === 'udp' && (via.params.has('rport') || isTranslated(via.host, host))
  return { protocol, host, port: symmetric ? source.port : (via.port ?? 5060), flow }
}

const isTranslated = (sentBy: string, host: string): boolean =>
  isNumericHost(bareHost(sentBy)) && bareHost(sentBy) !== host
