import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OutgoingStream } from './outgoing-stream.ts'
import { payloadOffset, sequenceOf, ssrcOf, timestampOf, writeHeader } from './rtp-header.ts'

const packetOf = (sequence: number, timestamp: number, ssrc: number, flags = 8): Uint8Array => {
  const packet = new Uint8Array(172)
  packet[0] = 0x80
  writeHeader(packet, flags, sequence, timestamp, ssrc)
  return packet
}

const read = (packet: Uint8Array) => ({
  sequence: sequenceOf(packet),
  timestamp: timestampOf(packet) >>> 0,
  ssrc: ssrcOf(packet) >>> 0,
  marker: ((packet[1] as number) & 0x80) !== 0,
  payloadType: (packet[1] as number) & 0x7f,
})

test('ringback, then early media, then the answered party: one SSRC, no gap, a marker at each change', () => {
  const stream = new OutgoingStream(0xdeadbeef, 65_534, 0xffffff00)
  const tone = {}
  const early = {}
  const answered = {}
  const heard: ReturnType<typeof read>[] = []
  let now = 1000
  for (let index = 0; index < 3; index++, now += 20) {
    const packet = packetOf(0, 0, 0)
    stream.write(packet, tone, 8, 160, now)
    heard.push(read(packet))
  }
  for (const [source, first, ssrc] of [
    [early, 500, 7],
    [answered, 40_000, 7],
    [answered, 9, 8],
  ] as const) {
    for (let index = 0; index < 3; index++, now += 20) {
      const packet = packetOf(first + index, first * 1000 + index * 160, ssrc)
      stream.rewrite(packet, source, 0, now)
      heard.push(read(packet))
    }
  }
  assert.ok(heard.every(({ ssrc }) => ssrc === 0xdeadbeef))
  for (let index = 1; index < heard.length; index++) {
    const [before, after] = [heard[index - 1], heard[index]]
    assert.equal(after?.sequence, ((before?.sequence ?? 0) + 1) & 0xffff)
    assert.equal(after?.timestamp, ((before?.timestamp ?? 0) + 160) >>> 0)
  }
  assert.deepEqual(
    heard.map(({ marker }) => marker),
    [true, false, false, true, false, false, true, false, false, true, false, false],
  )
  assert.deepEqual(
    heard.map(({ payloadType }) => payloadType),
    [8, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  )
})

test('a pause between two speakers is a pause in timestamps, not in sequence numbers', () => {
  const stream = new OutgoingStream(1, 10, 0)
  stream.rewrite(packetOf(1, 0, 1), {}, 8, 0)
  const next = packetOf(900, 77, 2)
  stream.rewrite(next, {}, 8, 1000)
  assert.deepEqual([read(next).sequence, read(next).timestamp], [12, 8000])
})

test('loss and reordering of the speaker pass through as they are', () => {
  const stream = new OutgoingStream(1, 0, 0)
  const source = {}
  const sequences = [5, 6, 9, 8, 10].map((sequence) => {
    const packet = packetOf(sequence, sequence * 160, 1)
    stream.rewrite(packet, source, 8, 0)
    return sequenceOf(packet)
  })
  assert.deepEqual(sequences, [1, 2, 5, 4, 6])
  const other = packetOf(77, 0, 2)
  stream.rewrite(other, {}, 8, 0)
  assert.equal(sequenceOf(other), 7)
})

test('what is not RTP has no payload (RFC 3550 appendix A.1)', () => {
  assert.equal(payloadOffset(packetOf(1, 1, 1)), 12)
  assert.equal(payloadOffset(new Uint8Array(11)), -1)
  assert.equal(payloadOffset(new Uint8Array(1500).fill(0x80)), -1)
  assert.equal(payloadOffset(Uint8Array.of(0x40, ...new Array(20).fill(0))), -1)
  const header = [8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1]
  assert.equal(payloadOffset(Uint8Array.of(0x82, ...header, ...new Array(8).fill(0), 1)), 20)
  assert.equal(payloadOffset(Uint8Array.of(0x8f, ...header)), -1)
  assert.equal(payloadOffset(Uint8Array.of(0x90, ...header, 0, 0, 0, 1, 9, 9, 9, 9, 5)), 20)
  assert.equal(payloadOffset(Uint8Array.of(0x90, ...header, 0, 0, 0xff, 0xff)), -1)
  assert.equal(payloadOffset(Uint8Array.of(0xa0, ...header, 1, 2, 0)), -1)
  assert.equal(payloadOffset(Uint8Array.of(0xa0, ...header, 1, 2, 200)), -1)
})

test('whatever the bytes, the payload lies within the packet', () => {
  const packets = fc
    .uint8Array({ minLength: 12, maxLength: 60 })
    .map((bytes) => bytes.with(0, 0x80 | (bytes[0] as number & 0x3f)))
  fc.assert(
    fc.property(fc.oneof(packets, fc.uint8Array({ maxLength: 60 })), (packet) => {
      const offset = payloadOffset(packet)
      assert.ok(offset === -1 || (offset >= 12 && offset <= packet.length))
    }),
    { numRuns: 2000 },
  )
})
