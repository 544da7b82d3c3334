import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compactNtp, readReport, writeReport } from './rtcp.ts'

const reception = {
  ssrc: 0x11223344,
  fractionLost: 5,
  cumulativeLost: -3,
  extendedHighestSequence: 0x00010002,
  jitter: 42,
  lastSenderReport: 0x80000001,
  delay: 65_536,
}

test('a compound packet is a report, a CNAME, and a BYE at the end (RFC 3550 section 6.1)', () => {
  const sender = { now: 1_700_000_000_500, timestamp: -1, packets: 3, octets: 480 }
  const packet = writeReport({ ssrc: -2, canonicalName: 'abc', sender, reception, goodbye: true })
  assert.deepEqual([packet[0], packet[1], packet.readUInt16BE(2)], [0x81, 200, 12])
  assert.equal(packet.readUInt32BE(4), 0xfffffffe)
  assert.equal(packet.readUInt32BE(8), 1_700_000_000 + 2_208_988_800)
  assert.equal(packet.readUInt32BE(12), 0x80000000)
  assert.equal(packet.readUInt32BE(16), 0xffffffff)
  const description = 52
  assert.deepEqual([packet[description], packet[description + 1]], [0x81, 202])
  assert.equal(packet.toString('utf8', description + 10, description + 13), 'abc')
  assert.equal(packet[packet.length - 7], 203)
  assert.equal(packet.length % 4, 0)
})

test('what we write of a stream, its sender reads', () => {
  const packet = writeReport({ ssrc: 9, canonicalName: 'x', reception, goodbye: false })
  assert.deepEqual(readReport(packet, 0x11223344), {
    about: { packetsLost: -3, jitter: 42, lastSenderReport: 0x80000001, delay: 65_536 },
  })
  assert.deepEqual(readReport(packet, 5), {})
  const sender = { now: 1_700_000_000_500, timestamp: 0, packets: 0, octets: 0 }
  const withSender = writeReport({ ssrc: 9, canonicalName: 'x', sender, goodbye: false })
  assert.equal(readReport(withSender, 5)?.senderReport, compactNtp(1_700_000_000_500))
})

test('any bytes are read or refused, never thrown at', () => {
  const packet = writeReport({ ssrc: 9, canonicalName: 'x', reception, goodbye: true })
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readReport(bytes, 1)))
  fc.assert(
    fc.property(fc.nat(packet.length - 1), fc.nat(255), fc.nat(packet.length), (at, value, length) => {
      const mutated = Buffer.from(packet)
      mutated[at] = value
      readReport(mutated.subarray(0, length), 0x11223344)
    }),
  )
  assert.equal(readReport(Buffer.of(), 1), undefined)
  assert.equal(readReport(Buffer.of(0x80, 202, 0, 1, 0, 0, 0, 0), 1), undefined)
})
