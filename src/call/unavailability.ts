/** Why the server does not serve a request now, with which nothing may be wrong; each dialect has its own words for it. */
export interface Unavailability {
  readonly reason: /** Others are being served. */
    | 'busy'
    /** Too many wrong passwords came from there. */
    | 'guessing'
    /** What must be kept cannot be written down. */
    | 'storage'
  readonly retryAfterSeconds: number
}

/** An error that says so; whatever else is thrown is a fault. */
export interface UnavailableError extends Error {
  readonly unavailable?: Unavailability | undefined
}
