import type { Random } from '../../random.ts'
import { createResponse } from '../message/create-response.ts'
import type { SipRequest, SipResponse } from '../message/message.ts'
import { type Capabilities, refusedMethods, sessionDescriptionType, unsupportedExtensions } from './capabilities.ts'

/** Adds a body with its type. */
export const setBody = (message: SipRequest | SipResponse, type: string, content: string | Buffer): void => {
  message.headers.set('Content-Type', type)
  message.body = typeof content === 'string' ? Buffer.from(content) : content
}

/** RFC 3261 section 11.2: what an OPTIONS asks for. */
export const describeCapabilities = (request: SipRequest, { methods, extensions }: Capabilities): SipResponse => {
  const response = createResponse(request, 200, 'OK')
  response.headers.append('Allow', methods)
  response.headers.append('Accept', sessionDescriptionType)
  response.headers.append('Supported', extensions.join(', '))
  return response
}

/** RFC 3261 section 8.2.1: 405 for a method that exists and that we lack, 501 for one that nobody knows; both say what we have. */
export const refuseMethod = (request: SipRequest, { methods }: Capabilities): SipResponse => {
  const response = refusedMethods.has(request.method)
    ? createResponse(request, 405, 'Method Not Allowed')
    : createResponse(request, 501, 'Not Implemented')
  response.headers.append('Allow', methods)
  return response
}

/** RFC 3261 section 8.2.2.3: 420 where the request demands an extension that we lack. */
export const refuseExtensions = (request: SipRequest, { extensions }: Capabilities): SipResponse | undefined => {
  const unsupported = unsupportedExtensions(request.headers, extensions)
  if (unsupported.length === 0) return undefined
  const response = createResponse(request, 420, 'Bad Extension')
  response.headers.append('Unsupported', unsupported.join(', '))
  return response
}

/** RFC 3261 section 8.2.3: 415 says which bodies would do. */
export const refuseBody = (request: SipRequest, accepted: readonly string[]): SipResponse => {
  const response = createResponse(request, 415, 'Unsupported Media Type')
  response.headers.append('Accept', accepted.join(', '))
  return response
}

/** RFC 3261 section 14.2: an earlier request of its kind is open still; a random Retry-After between 0 and 10 seconds. */
export const retryLater = (request: SipRequest, random: Random): SipResponse => {
  const response = createResponse(request, 500, 'Earlier Request Pending')
  response.headers.append('Retry-After', String((random.bytes(1)[0] ?? 0) % 11))
  return response
}

export const unknownDialog = (request: SipRequest): SipResponse =>
  createResponse(request, 481, 'Call/Transaction Does Not Exist')
