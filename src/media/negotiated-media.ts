import type { CodecName } from './codec.ts'

/** From the point of view of who wrote the SDP (RFC 3264 section 5.1). */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface NegotiatedCodec {
  readonly codec: CodecName
  /** What it is sent to them as. */
  readonly payloadType: number
  /** What they send it to us as, where that is another number: each side sends by the other's (RFC 3264 section 6.1). */
  readonly receivedAs?: number
}

/** Where the other side said that it wants to receive. */
export interface RemoteAddress {
  readonly host: string
  readonly port: number
  readonly rtcpPort: number
}

/** What an offer and its answer agreed on. */
export interface NegotiatedMedia extends NegotiatedCodec {
  readonly clockRate: number
  /** Every codec of the answer, the chosen one first; each may be sent at any moment (RFC 3264 section 7). */
  readonly accepted: readonly NegotiatedCodec[]
  /** Payload type of telephone events, if both sides know them at the codec's clock rate. */
  readonly dtmfPayloadType?: number
  /** As `receivedAs`, for the events. */
  readonly dtmfReceivedAs?: number
  /** They take comfort noise. */
  readonly comfortNoise?: true
  readonly remote: RemoteAddress
  /** Milliseconds of audio in one packet that the other side wants. */
  readonly ptime: number
  /** The other side's: `sendonly` or `inactive` means that it holds us. */
  readonly direction: MediaDirection
}
