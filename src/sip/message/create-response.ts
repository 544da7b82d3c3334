import { Headers } from './headers.ts'
import { SipResponse, type SipRequest } from './message.ts'
import { reasonPhrase } from './reason-phrase.ts'

/** Copied from the request, in this order (RFC 3261 section 8.2.6.2). */
const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'] as const

/** A response to the request; `toTag` is added to a To that has none yet. Record-Route is the dialog layer's to copy. */
export function createResponse(
  request: SipRequest,
  status: number,
  reason: string = reasonPhrase(status),
  options: { readonly toTag?: string } = {},
): SipResponse {
  const headers = new Headers()
  for (const name of copied) {
    for (const value of request.headers.getAll(name)) headers.append(name, value)
  }
  const to = headers.get('To')
  if (options.toTag !== undefined && to !== undefined && request.toTag === undefined) {
    headers.set('To', `${to};tag=${options.toTag}`)
  }
  return new SipResponse(status, reason, headers)
}
