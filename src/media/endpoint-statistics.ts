/** What passed one endpoint, counted as RFC 3550 sections 6.4, A.3 and A.8 count it. */
export interface EndpointStatistics {
  readonly packetsReceived: number
  readonly packetsSent: number
  /** Packets missing from what the leg sent us; negative where duplicates outnumber losses (RFC 3550 A.3). */
  readonly packetsLost: number
  /** Interarrival jitter of what the leg sent us, milliseconds. */
  readonly jitterMilliseconds: number
  /** What the leg's receiver reports say of our stream to it, if it sent any. */
  readonly remote?: {
    readonly packetsLost: number
    readonly jitterMilliseconds: number
    readonly roundTripMilliseconds?: number
  }
  readonly codec?: string
}

export const noStatistics: EndpointStatistics = {
  packetsReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  jitterMilliseconds: 0,
}
