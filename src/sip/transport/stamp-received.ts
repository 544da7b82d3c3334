import type { SipRequest } from '../message/message.ts'
import type { TransportAddress } from './destination.ts'
import { bareHost } from './host.ts'

/**
 * Writes into the top Via of a request where it really came from: `received` where its sent-by says otherwise (RFC 3261 section
 * 18.2.1), `rport` where the client asked for it, and then `received` in any case (RFC 3581 section 4). What the client wrote
 * there itself is not believed.
 */
export const stampReceived = (request: SipRequest, from: TransportAddress): void => {
  const { via } = request
  const wantsPort = via.params.has('rport')
  const claimsReceived = via.params.has('received')
  const isElsewhere = bareHost(via.host) !== from.host
  if (!wantsPort && !claimsReceived && !isElsewhere) return
  // Edited as text: the client must find its own Via again, to the letter.
  const raw = request.headers.get('Via') ?? ''
  let element = raw.includes(',') ? (request.headers.getAll('Via')[0] ?? raw) : raw
  if (claimsReceived) element = element.replace(/;\s*received\s*(=[^;]*)?(?=;|$)/gi, '')
  if (wantsPort) element = `${element.replace(/;\s*rport\s*(=[^;]*)?(?=;|$)/gi, '')};rport=${from.port}`
  if (wantsPort || isElsewhere) element += `;received=${from.host}`
  request.headers.replaceFirst('Via', element)
}
