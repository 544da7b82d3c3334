/** Bounds of the HTTP front; milliseconds and bytes. */
export interface HttpLimits {
  readonly bodyBytes: number
  /** Request line and header fields together. */
  readonly headerBytes: number
  /** The whole header must have arrived by then: a client that drips it is cut off. */
  readonly headersTimeout: number
  /** The whole request must have arrived by then. */
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  readonly requestsPerSocket: number
  readonly connections: number
  readonly pathParameterLength: number
  /** Requests per second of one credential, and how many it may have saved up. */
  readonly requestsPerSecond: number
  readonly requestBurst: number
}

export const defaultLimits: HttpLimits = {
  bodyBytes: 64 * 1024,
  headerBytes: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 30_000,
  requestsPerSocket: 100_000,
  connections: 10_000,
  pathParameterLength: 100,
  requestsPerSecond: 200,
  requestBurst: 400,
}
