import { Headers } from './headers.ts'
import { type SipRequest, SipResponse } from './message.ts'
import { reasonPhrase } from './reason-phrase.ts'

/**
 * A response to the request (RFC 3261 section 8.2.6.2): Via, From, To, Call-ID and CSeq as they came, to the letter, for clients may
 * compare them so. `toTag` is added to a To that has none yet; `headers` come last. Record-Route is the dialog layer's to copy.
 */
export const createResponse = (
  request: SipRequest,
  status: number,
  reason: string = reasonPhrase(status),
  options: { readonly toTag?: string; readonly headers?: readonly (readonly [string, string])[] } = {},
): SipResponse => {
  const headers = new Headers()
  headers.copy('Via', request.headers)
  headers.copy('From', request.headers)
  headers.copy('To', request.headers)
  headers.copy('Call-ID', request.headers)
  headers.copy('CSeq', request.headers)
  const to = headers.get('To')
  if (options.toTag !== undefined && to !== undefined && request.toTag === undefined) {
    headers.set('To', `${to};tag=${options.toTag}`)
  }
  for (const [name, value] of options.headers ?? []) headers.append(name, value)
  return new SipResponse(status, reason, headers)
}
