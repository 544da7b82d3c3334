/**
 * Why a message did not leave: the name has no address (`unresolved`), nobody listens or the way is blocked (`unreachable`), the
 * connection could not be set up in time (`timeout`), it broke before all was written (`closed`), one of our bounds was reached
 * (`limit`), nothing listens for this protocol (`unsupported`).
 */
export type TransportErrorCode = 'unresolved' | 'unreachable' | 'timeout' | 'closed' | 'limit' | 'unsupported'

export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly code: TransportErrorCode

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
