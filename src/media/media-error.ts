/**
 * - `no-ports`: every port pair of the range is in use; more calls need a wider range.
 * - `closed`: the media plane is not running.
 * - `no-common-codec`: the two endpoints cannot hear each other.
 * - `apart`: the two endpoints live in different workers; the second must be allocated `beside` the first.
 */
export type MediaErrorCode = 'no-ports' | 'closed' | 'no-common-codec' | 'apart'

export class MediaError extends Error {
  override readonly name = 'MediaError'
  readonly code: MediaErrorCode

  constructor(code: MediaErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
