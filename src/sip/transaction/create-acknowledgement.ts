import { Headers } from '../message/headers.ts'
import { SipRequest, type SipResponse } from '../message/message.ts'

/**
 * The ACK of a failure (RFC 3261 section 17.1.1.3): Request-URI, Call-ID, From, CSeq number, Route and the one Via with its branch
 * are the INVITE's; To is the response's.
 */
export const createAcknowledgement = (invite: SipRequest, response: SipResponse): SipRequest => {
  const headers = new Headers()
  headers.append('Via', invite.headers.getAll('Via')[0] ?? '')
  for (const route of invite.headers.getAll('Route')) headers.append('Route', route)
  headers.append('Max-Forwards', '70')
  headers.append('From', invite.headers.get('From') ?? '')
  headers.append('To', response.headers.get('To') ?? '')
  headers.append('Call-ID', invite.callId)
  headers.append('CSeq', `${invite.cseq.number} ACK`)
  return new SipRequest('ACK', invite.uri, headers)
}
