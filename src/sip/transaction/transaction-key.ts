import type { SipRequest, SipResponse } from '../message/message.ts'

/** RFC 3261 section 8.1.1.7: branches that begin so are unique; others were made by an RFC 2543 element. */
export const magicCookie = 'z9hG4bK'

/** RFC 3261 section 17.1.3: branch and CSeq method name a client transaction. An ACK's responses do not exist. */
export const clientKey = (branch: string, method: string): string => `${method} ${branch}`

export const clientKeyOfResponse = (response: SipResponse): string =>
  clientKey(response.via.branch ?? '', response.cseq.method)

/**
 * RFC 3261 section 17.2.3: branch, sent-by and method name a server transaction; `method` is INVITE for an ACK, and for the search
 * for what a CANCEL cancels. Without the magic cookie, what RFC 2543 compares stands in: Request-URI, From tag, Call-ID, CSeq
 * number and the top Via. The To tag differs between an INVITE and its ACK and is compared by whoever matches an ACK.
 */
export const serverKey = (request: SipRequest, method: string): string => {
  const { via } = request
  const sentBy = `${via.host.toLowerCase()}:${via.port ?? 5060}`
  const { branch } = via
  if (isUnique(branch)) return `${method} ${branch} ${sentBy}`
  return `${method} ${branch ?? ''} ${sentBy} ${request.uri} ${request.fromTag ?? ''} ${request.callId} ${request.cseq.number}`
}

export const hasMagicCookie = (request: SipRequest): boolean => isUnique(request.via.branch)

/** RFC 4475 section 3.2.1: the cookie alone, with nothing behind it, names no transaction. */
const isUnique = (branch: string | undefined): boolean =>
  branch?.startsWith(magicCookie) === true && branch.length > magicCookie.length

/** RFC 3261 section 8.2.2.2: what a request that came by two ways has in common. */
export const mergeKey = (request: SipRequest): string =>
  `${request.cseq.number} ${request.method} ${request.fromTag ?? ''} ${request.callId}`
