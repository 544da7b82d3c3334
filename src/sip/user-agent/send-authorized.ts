import type { SipRequest, SipResponse } from '../message/message.ts'
import type { Destination } from '../transport/destination.ts'
import type { Authorizer } from './authorizer.ts'
import type { UserAgentCore } from './core.ts'

/** How a request ended: with a final response, without one in time, or without reaching the wire. */
export type RequestOutcome = SipResponse | 'timeout' | 'transport-error'

/** A challenge, its stale repetition, and one by a proxy before the server. */
const maximumAttempts = 4

/**
 * Sends a request other than INVITE, and again with an answer where it is challenged (RFC 3261 section 22.2). `create` makes
 * each attempt anew: every one carries a CSeq of its own.
 */
export const sendAuthorized = (
  core: UserAgentCore,
  create: () => SipRequest,
  destination: Destination,
  authorizer: Authorizer | undefined,
  onOutcome: (outcome: RequestOutcome) => void,
): void => {
  let attempts = 0
  const send = (): void => {
    attempts++
    const request = create()
    request.headers.set('User-Agent', core.userAgentHeader)
    authorizer?.authorize(request)
    core.transactions.sendRequest(request, destination, {
      onResponse(response) {
        if (response.status < 200) return
        if (authorizer?.accept(response) === true && attempts < maximumAttempts) return send()
        authorizer?.settle()
        onOutcome(response)
      },
      onTimeout: () => onOutcome('timeout'),
      onTransportError: () => onOutcome('transport-error'),
    })
  }
  send()
}
