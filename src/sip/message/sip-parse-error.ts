/** A message, or a part of one, that breaks the grammar. `status` and `reason` are what a request with this fault is answered. */
export class SipParseError extends Error {
  readonly status: number
  readonly reason: string

  constructor(reason: string, status = 400) {
    super(reason)
    this.name = 'SipParseError'
    this.status = status
    this.reason = reason
  }
}
