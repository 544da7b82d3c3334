/**
 * RFC 3550 section 5.1:
 *
 *     0                   1                   2                   3
 *     0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *    +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 *    |                           timestamp                           |
 *    |                             SSRC                              |
 */
export const rtpHeaderLength = 12
/** Larger packets are no phone's audio: they would be fragments. */
const maximumPacketLength = 1472

/** Where the payload begins, or -1 for what is not an RTP packet (RFC 3550 appendix A.1). */
export const payloadOffset = (packet: Uint8Array): number => {
  const first = packet[0] as number
  if (packet.length < rtpHeaderLength || packet.length > maximumPacketLength || first >> 6 !== 2) return -1
  // The plain header of nearly every packet: no padding, no extension, no contributing sources.
  if (first === 0x80) return rtpHeaderLength
  let offset = rtpHeaderLength + (first & 0x0f) * 4
  if (first & 0x10) {
    if (packet.length < offset + 4) return -1
    offset += 4 + (((packet[offset + 2] as number) << 8) | (packet[offset + 3] as number)) * 4
  }
  const padding = first & 0x20 ? (packet[packet.length - 1] as number) : 0
  if (first & 0x20 && padding === 0) return -1
  return offset + padding <= packet.length ? offset : -1
}

/** Where the payload ends in what is an RTP packet: before its padding, whose last octet says how long it is (RFC 3550 section 5.1). */
export const payloadEnd = (packet: Uint8Array): number =>
  packet.length - ((packet[0] as number) & 0x20 ? (packet[packet.length - 1] as number) : 0)

export const payloadTypeOf = (packet: Uint8Array): number => (packet[1] as number) & 0x7f

export const isMarkedPacket = (packet: Uint8Array): boolean => ((packet[1] as number) & 0x80) !== 0

export const sequenceOf = (packet: Uint8Array): number => ((packet[2] as number) << 8) | (packet[3] as number)

/** As all 32-bit words of RTP here, a signed number: V8 keeps it in the object, where it boxes an unsigned one at each write. */
export const timestampOf = (packet: Uint8Array): number => readInt32(packet, 4)

export const ssrcOf = (packet: Uint8Array): number => readInt32(packet, 8)

export const readInt32 = (bytes: Uint8Array, offset: number): number =>
  ((bytes[offset] as number) << 24) |
  ((bytes[offset + 1] as number) << 16) |
  ((bytes[offset + 2] as number) << 8) |
  (bytes[offset + 3] as number)

export const writeInt32 = (bytes: Uint8Array, offset: number, value: number): void => {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}

/** Overwrites all of the header but its first byte. */
export const writeHeader = (
  packet: Uint8Array,
  markerAndPayloadType: number,
  sequence: number,
  timestamp: number,
  ssrc: number,
): void => {
  packet[1] = markerAndPayloadType
  packet[2] = sequence >>> 8
  packet[3] = sequence
  writeInt32(packet, 4, timestamp)
  writeInt32(packet, 8, ssrc)
}
