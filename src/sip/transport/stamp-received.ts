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
  if (claimsReceived) element = withoutParameter(element, 'received')
  if (wantsPort) element = `${withoutParameter(element, 'rport')};rport=${from.port}`
  if (wantsPort || isElsewhere) element += `;received=${from.host}`
  request.headers.replaceFirst('Via', element)
}

/** What stands in a quoted string is no parameter, and a quoted value goes with its quotes. */
const withoutParameter = (via: string, name: 'received' | 'rport'): string =>
  via.replace(quotedOrParameter[name], (match) => (match.startsWith('"') ? match : ''))

const quotedString = String.raw`"(?:[^"\\]|\\.)*"`
const parameterPattern = (name: string): RegExp =>
  new RegExp(String.raw`${quotedString}|;\s*${name}\s*(?:=(?:${quotedString}|[^;"])*)?(?=;|$)`, 'gi')
const quotedOrParameter = { received: parameterPattern('received'), rport: parameterPattern('rport') }
