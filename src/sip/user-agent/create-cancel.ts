import { Headers } from '../message/headers.ts'
import { SipRequest } from '../message/message.ts'

/**
 * The CANCEL of an INVITE: same Request-URI, From, To, Call-ID, CSeq number and Route (RFC 3261 section 9.1). Its Via, with the
 * INVITE's branch, is the transaction layer's.
 */
export const createCancel = (invite: SipRequest, reason?: string): SipRequest => {
  const headers = new Headers()
  for (const route of invite.headers.getAll('Route')) headers.append('Route', route)
  headers.append('Max-Forwards', '70')
  headers.append('From', invite.headers.get('From') ?? '')
  headers.append('To', invite.headers.get('To') ?? '')
  headers.append('Call-ID', invite.callId)
  headers.append('CSeq', `${invite.cseq.number} CANCEL`)
  if (reason !== undefined) headers.append('Reason', reason)
  return new SipRequest('CANCEL', invite.uri, headers)
}
