import type { ReceptionReport } from './reception.ts'
import { readInt32 } from './rtp-header.ts'

const senderReport = 200
const receiverReport = 201
const sourceDescription = 202
const goodbye = 203
const reportBlockLength = 24
/** Seconds between the NTP and the Unix epoch. */
const ntpEpoch = 2_208_988_800

/** What our side has to say in one compound packet (RFC 3550 section 6.1). */
export interface OutgoingReport {
  readonly ssrc: number
  readonly canonicalName: string
  /** Present if we have sent since the report before the last one. */
  readonly sender?: {
    /** Unix milliseconds. */
    readonly now: number
    readonly timestamp: number
    readonly packets: number
    readonly octets: number
  }
  readonly reception?: ReceptionReport & {
    /** Middle 32 bits of the NTP time of their last sender report, 0 if none came. */
    readonly lastSenderReport: number
    /** Since that report, in 65,536ths of a second. */
    readonly delay: number
  }
  readonly goodbye: boolean
}

/** What a compound packet of theirs says to us. */
export interface IncomingReport {
  /** Middle 32 bits of the NTP time of their sender report. */
  readonly senderReport?: number
  /** Their report block about our stream. */
  readonly about?: {
    readonly packetsLost: number
    readonly jitter: number
    readonly lastSenderReport: number
    readonly delay: number
  }
}

/** Middle 32 bits of the NTP time (RFC 3550 section 4). */
export const compactNtp = (unixMilliseconds: number): number => {
  const seconds = Math.floor(unixMilliseconds / 1000)
  const fraction = Math.floor(((unixMilliseconds % 1000) * 0x10000) / 1000)
  return (((seconds + ntpEpoch) & 0xffff) * 0x10000 + fraction) >>> 0
}

export const writeReport = (report: OutgoingReport): Buffer => {
  const { sender, reception } = report
  const blocks = reception === undefined ? 0 : 1
  const name = Buffer.from(report.canonicalName, 'utf8')
  const reportLength = 8 + (sender === undefined ? 0 : 20) + blocks * reportBlockLength
  // The item list ends with at least one zero octet, and on a word (RFC 3550 section 6.5).
  const descriptionLength = 8 + Math.ceil((2 + name.length + 1) / 4) * 4
  const packet = Buffer.alloc(reportLength + descriptionLength + (report.goodbye ? 8 : 0))
  writeHead(packet, 0, blocks, sender === undefined ? receiverReport : senderReport, reportLength, report.ssrc)
  if (sender !== undefined) {
    const seconds = Math.floor(sender.now / 1000)
    packet.writeUInt32BE((seconds + ntpEpoch) >>> 0, 8)
    packet.writeUInt32BE(Math.floor(((sender.now % 1000) / 1000) * 0x1_0000_0000) >>> 0, 12)
    packet.writeInt32BE(sender.timestamp, 16)
    packet.writeUInt32BE(sender.packets >>> 0, 20)
    packet.writeUInt32BE(sender.octets >>> 0, 24)
  }
  if (reception !== undefined) {
    const at = reportLength - reportBlockLength
    packet.writeInt32BE(reception.ssrc, at)
    packet.writeUInt8(reception.fractionLost, at + 4)
    packet.writeIntBE(reception.cumulativeLost, at + 5, 3)
    packet.writeUInt32BE(reception.extendedHighestSequence, at + 8)
    packet.writeUInt32BE(reception.jitter >>> 0, at + 12)
    packet.writeUInt32BE(reception.lastSenderReport, at + 16)
    packet.writeUInt32BE(reception.delay >>> 0, at + 20)
  }
  writeHead(packet, reportLength, 1, sourceDescription, descriptionLength, report.ssrc)
  packet.writeUInt8(1, reportLength + 8)
  packet.writeUInt8(name.length, reportLength + 9)
  name.copy(packet, reportLength + 10)
  if (report.goodbye) writeHead(packet, reportLength + descriptionLength, 1, goodbye, 8, report.ssrc)
  return packet
}

/** Reads what concerns us; undefined if this is not a compound RTCP packet (RFC 3550 appendix A.2). */
export const readReport = (packet: Uint8Array, ourSsrc: number): IncomingReport | undefined => {
  let report: IncomingReport = {}
  let offset = 0
  while (offset + 8 <= packet.length) {
    const first = packet[offset] as number
    const type = packet[offset + 1] as number
    const end = offset + ((((packet[offset + 2] as number) << 8) | (packet[offset + 3] as number)) + 1) * 4
    if (first >> 6 !== 2 || end > packet.length) return undefined
    // A compound packet begins with a report.
    if (offset === 0 && type !== senderReport && type !== receiverReport) return undefined
    if (type === senderReport && end >= offset + 28) report = { ...report, senderReport: middle(packet, offset + 8) }
    if (type === senderReport || type === receiverReport) {
      let block = offset + (type === senderReport ? 28 : 8)
      for (let left = first & 0x1f; left > 0 && block + reportBlockLength <= end; left--, block += reportBlockLength) {
        if (readInt32(packet, block) === ourSsrc) report = { ...report, about: readBlock(packet, block) }
      }
    }
    offset = end
  }
  return offset === packet.length && offset > 0 ? report : undefined
}

const readUint32 = (bytes: Uint8Array, offset: number): number => readInt32(bytes, offset) >>> 0

const middle = (packet: Uint8Array, at: number): number => readUint32(packet, at + 2)

const readBlock = (packet: Uint8Array, at: number): NonNullable<IncomingReport['about']> => ({
  // 24 bits, signed.
  packetsLost: (readInt32(packet, at + 4) << 8) >> 8,
  jitter: readUint32(packet, at + 12),
  lastSenderReport: readUint32(packet, at + 16),
  delay: readUint32(packet, at + 20),
})

const writeHead = (packet: Buffer, at: number, count: number, type: number, length: number, ssrc: number): void => {
  packet.writeUInt8(0x80 | count, at)
  packet.writeUInt8(type, at + 1)
  packet.writeUInt16BE(length / 4 - 1, at + 2)
  packet.writeInt32BE(ssrc, at + 4)
}
