import type { Destination, TransportAddress } from '../transport/destination.ts'
import { proofParameter } from './invite-proof.ts'

/** The Via of a request of ours (RFC 3261 section 18.1.1), which asks for the response to come back to its port (RFC 3581). */
export const createVia = (
  destination: Destination,
  local: TransportAddress,
  branch: string,
  proof?: string,
): string => {
  const host = local.host.includes(':') ? `[${local.host}]` : local.host
  return `SIP/2.0/${destination.protocol === 'udp' ? 'UDP' : 'TCP'} ${host}:${local.port};branch=${branch};rport${proof === undefined ? '' : `;${proofParameter}=${proof}`}`
}
