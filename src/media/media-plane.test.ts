import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { claimPorts } from '../../test/support/claim-ports.ts'
import { TestPhone } from '../../test/support/test-phone.ts'
import { toneLevel } from '../../test/support/tone-level.ts'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log.ts'
import { type CodecName, codecs } from './codec.ts'
import { alawToUlaw, ulawToAlaw } from './g711-conversion.ts'
import type { MediaEndpoint } from './media-endpoint.ts'
import { MediaError } from './media-error.ts'
import { MediaPlane, type MediaPlaneOptions } from './media-plane.ts'
import type { NegotiatedMedia } from './negotiated-media.ts'
import { createPcmDecoder } from './pcm-codec.ts'
import { sequenceOf, ssrcOf, timestampOf } from './rtp-header.ts'
import { toneSound } from './tone-sound.ts'
import { toneFor } from './tones.ts'

const firstPort = await claimPorts(600)
const portRange = [firstPort, firstPort + 399] as const
/** For planes that want all ports of a range. */
const otherRanges = { usedUp: firstPort + 400, partlyHeld: firstPort + 500 }
const common = { host: '127.0.0.1', portRange, log: silentLog, clock: systemClock, quarantineMilliseconds: 50 }

const planes: MediaPlane[] = []
const startPlane = async (more: Partial<MediaPlaneOptions> = {}): Promise<MediaPlane> => {
  const plane = new MediaPlane({ ...common, ...more })
  planes.push(plane)
  await plane.start()
  return plane
}

let plane: MediaPlane
const phones: TestPhone[] = []
before(async () => {
  plane = await startPlane()
})
after(async () => {
  for (const phone of phones) phone.close()
  await Promise.all(planes.map((started) => started.close()))
})

const openPhone = async (host?: string): Promise<TestPhone> => {
  const phone = await TestPhone.open(host)
  phones.push(phone)
  return phone
}

const mediaOf = (phone: TestPhone, codec: CodecName, dtmfPayloadType = 101, port = phone.port): NegotiatedMedia => ({
  codec,
  payloadType: codecs[codec].payloadType,
  clockRate: codecs[codec].clockRate,
  accepted: [{ codec, payloadType: codecs[codec].payloadType }],
  dtmfPayloadType,
  remote: { host: '127.0.0.1', port, rtcpPort: phone.rtcpPort },
  ptime: 20,
  direction: 'sendrecv',
})

/** Resolves when the worker has done what it was told. */
const settled = (endpoint: MediaEndpoint): Promise<unknown> => endpoint.statistics()

const leg = async (codec: CodecName, dtmf = 101, beside?: MediaEndpoint) => {
  const phone = await openPhone()
  const endpoint = await plane.allocate(beside === undefined ? {} : { beside })
  endpoint.setRemote(mediaOf(phone, codec, dtmf))
  await settled(endpoint)
  return { phone, endpoint }
}

const audio = (value: number): Uint8Array => new Uint8Array(160).fill(value)
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
const payloadTypes = (phone: TestPhone): number[] => phone.heard.map((packet) => (packet[1] as number) & 0x7f)

test('a bridge carries both ways, converts PCMA and PCMU, renumbers events and hears them', async () => {
  const first = await leg('PCMA', 101)
  const second = await leg('PCMU', 96, first.endpoint)
  assert.equal(first.endpoint.port % 2, 0)
  const digits: string[] = []
  first.endpoint.onDtmf = (digit, milliseconds) => digits.push(`${digit} ${milliseconds}`)
  first.endpoint.bridge(second.endpoint)
  await settled(first.endpoint)
  first.phone.say(first.endpoint.port, audio(0x12), 8)
  await second.phone.hears(1)
  second.phone.say(second.endpoint.port, audio(0x34), 0)
  await first.phone.hears(1)
  assert.ok(second.phone.heard[0]?.subarray(12).equals(audio(alawToUlaw[0x12] as number)))
  assert.ok(first.phone.heard[0]?.subarray(12).equals(audio(ulawToAlaw[0x34] as number)))
  for (let copy = 0; copy < 3; copy++) {
    first.phone.say(first.endpoint.port, Uint8Array.of(7, 0x8a, 3, 0x20), 101)
    first.phone.timestamp -= 160
  }
  await second.phone.hears(4)
  assert.deepEqual(payloadTypes(second.phone), [0, 96, 96, 96])
  assert.ok(second.phone.heard[1]?.subarray(12).equals(Buffer.of(7, 0x8a, 3, 0x20)))
  await pause(20)
  assert.deepEqual(digits, ['7 100'])
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

test('RFC 3264 6.1: a leg sends by our numbers or by its own, and is sent to by its own', async () => {
  const first = await leg('opus', 110)
  const second = await leg('opus', 110, first.endpoint)
  const numbered = { payloadType: 98, receivedAs: 111 }
  first.endpoint.setRemote({
    ...mediaOf(first.phone, 'opus', 96),
    ...numbered,
    dtmfReceivedAs: 110,
    accepted: [{ codec: 'opus', ...numbered }],
  })
  const digits: string[] = []
  first.endpoint.onDtmf = (digit) => digits.push(digit)
  first.endpoint.bridge(second.endpoint)
  await settled(first.endpoint)
  for (const payloadType of [111, 98]) first.phone.say(first.endpoint.port, audio(1), payloadType)
  first.phone.say(first.endpoint.port, Uint8Array.of(7, 0x8a, 3, 0x20), 110)
  first.phone.say(first.endpoint.port, Uint8Array.of(8, 0x8a, 3, 0x20), 96)
  await second.phone.hears(4)
  assert.deepEqual(payloadTypes(second.phone), [111, 111, 110, 110])
  second.phone.say(second.endpoint.port, audio(1), 111)
  second.phone.say(second.endpoint.port, Uint8Array.of(7, 0x8a, 3, 0x20), 110)
  await first.phone.hears(2)
  assert.deepEqual(payloadTypes(first.phone), [98, 96])
  await pause(20)
  assert.deepEqual(digits, ['7', '8'])
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

test('padding is no sound: a conversion leaves it as it is (RFC 3550 section 5.1)', async () => {
  const first = await leg('PCMA')
  const second = await leg('PCMU', 101, first.endpoint)
  first.endpoint.bridge(second.endpoint)
  await settled(first.endpoint)
  const packet = Buffer.from([0xa0, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0x12, 0x12, 0, 0, 0, 4])
  first.phone.rtp.send(packet, first.endpoint.port, '127.0.0.1')
  await second.phone.hears(1)
  const converted = alawToUlaw[0x12] as number
  assert.deepEqual([...(second.phone.heard[0]?.subarray(12) ?? [])], [converted, converted, 0, 0, 0, 4])
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

test('comfort noise is counted, and passed on to a leg that takes it', async () => {
  const first = await leg('PCMA')
  const second = await leg('PCMA', 101, first.endpoint)
  first.endpoint.setRemote({ ...mediaOf(first.phone, 'PCMA'), comfortNoise: true })
  first.endpoint.bridge(second.endpoint)
  await settled(first.endpoint)
  for (const payloadType of [8, 13, 8]) {
    first.phone.say(first.endpoint.port, audio(1), payloadType)
    second.phone.say(second.endpoint.port, audio(1), payloadType)
  }
  await first.phone.hears(3)
  await second.phone.hears(2)
  assert.deepEqual(payloadTypes(first.phone), [8, 13, 8])
  assert.deepEqual(payloadTypes(second.phone), [8, 8])
  const { packetsReceived, packetsLost } = await first.endpoint.statistics()
  assert.deepEqual([packetsReceived, packetsLost], [3, 0])
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

/** A stream as a phone sends it, a packet each 20 ms, until it is stopped. */
const talk = (phone: TestPhone, to: number, octet: number): { stop(): void } => {
  const timer = setInterval(() => phone.say(to, audio(octet), 8), 20)
  return { stop: () => clearInterval(timer) }
}

test('latching: the SDP address first, then where packets come from once they go on, and from nowhere else', async () => {
  const natted = await openPhone()
  const stranger = await openPhone()
  const told = await openPhone()
  const endpoint = await plane.allocate()
  let arrivals = 0
  endpoint.onMedia = () => arrivals++
  endpoint.setRemote(mediaOf(told, 'PCMA'))
  endpoint.play(toneFor('dial', 'DE'))
  await told.hears(2)
  // Not RTP, not our codec, too short: nothing that latches.
  stranger.rtp.send(Buffer.from('GET / HTTP/1.0\r\n\r\n'), endpoint.port, '127.0.0.1')
  stranger.say(endpoint.port, audio(0), 18)
  stranger.rtp.send(Buffer.of(0x80, 8), endpoint.port, '127.0.0.1')
  await pause(30)
  assert.equal((await endpoint.statistics()).packetsReceived, 0)
  const voice = talk(natted, endpoint.port, 0x55)
  await natted.hears(3)
  assert.equal(arrivals, 1)
  const toldBefore = told.heard.length
  const noise = talk(stranger, endpoint.port, 0x66)
  await natted.hears(natted.heard.length + 20)
  assert.deepEqual([stranger.heard.length, told.heard.length], [0, toldBefore])
  // Who is told at last is believed at once.
  endpoint.setRemote(mediaOf(stranger, 'PCMA'))
  await stranger.hears(3)
  assert.equal(arrivals, 2)
  for (const stream of [voice, noise]) stream.stop()
  await endpoint.release()
})

test('latching: a true SDP address is the only one, whoever speaks first', async () => {
  const phone = await openPhone()
  const endpoint = await plane.allocate()
  endpoint.signallingHost = '127.0.0.1'
  endpoint.setRemote(mediaOf(phone, 'PCMA'))
  const stranger = await openPhone('127.0.0.2')
  const noise = talk(stranger, endpoint.port, 1)
  endpoint.play(toneFor('dial', 'DE'))
  await phone.hears(30)
  assert.equal((await endpoint.statistics()).packetsReceived, 0)
  phone.say(endpoint.port, audio(2), 8)
  await phone.hears(40)
  noise.stop()
  assert.equal((await endpoint.statistics()).packetsReceived, 1)
  assert.equal(stranger.heard.length, 0)
  await endpoint.release()
})

test('ringback, early media, bridge: the first phone hears one stream', async () => {
  const first = await leg('PCMA')
  const second = await leg('PCMA', 101, first.endpoint)
  first.endpoint.play(toneFor('ringback', 'GB'))
  await first.phone.hears(3)
  first.endpoint.hear(second.endpoint)
  await pause(50)
  assert.ok(first.phone.heard.length >= 5, 'ringback goes on until there is early media')
  second.phone.say(second.endpoint.port, audio(0x11), 8)
  await pause(60)
  const early = first.phone.heard.findIndex((packet) => packet[12] === 0x11)
  assert.equal(early, first.phone.heard.length - 1, 'early media ends ringback')
  first.endpoint.bridge(second.endpoint)
  await settled(first.endpoint)
  second.phone.ssrc = 0x9999
  second.phone.sequence = 7
  second.phone.timestamp = 5
  for (let count = 0; count < 3; count++) second.phone.say(second.endpoint.port, audio(0x22), 8)
  await first.phone.hears(early + 4)
  const { heard } = first.phone
  assert.equal(new Set(heard.map(ssrcOf)).size, 1)
  heard.forEach((packet, index) => {
    const previous = heard[index - 1]
    if (previous === undefined) return
    assert.equal(sequenceOf(packet), (sequenceOf(previous) + 1) & 0xffff)
    const step = (timestampOf(packet) - timestampOf(previous)) | 0
    assert.ok(step >= 160 && step < 2000, `step of ${step}`)
    const switched = index === early || index === early + 1
    assert.equal(((packet[1] as number) & 0x80) !== 0, switched, `marker of packet ${index}`)
  })
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

for (const before of ['early media', 'a bridge'] as const) {
  test(`a tone that was talked over after ${before} goes on when the one who talked has gone`, async () => {
    const first = await leg('PCMA')
    const second = await leg('PCMA', 101, first.endpoint)
    if (before === 'a bridge') first.endpoint.bridge(second.endpoint)
    first.endpoint.play(toneFor('dial', 'GB'))
    if (before === 'early media') first.endpoint.hear(second.endpoint)
    await first.phone.hears(3)
    second.phone.say(second.endpoint.port, audio(0x11), 8)
    await pause(60)
    assert.equal(first.phone.heard.at(-1)?.[12], 0x11)
    await second.endpoint.release()
    await first.phone.hears(first.phone.heard.length + 3)
    assert.notEqual(first.phone.heard.at(-1)?.[12], 0x11)
    await first.endpoint.release()
  })
}

test('RTCP: reports of ours say what was lost, reports of theirs are kept, a BYE is the last', async () => {
  const { phone, endpoint } = await leg('PCMA')
  endpoint.play(toneFor('dial', 'US'))
  for (let index = 0; index < 100; index++) {
    if (index % 50 === 25) phone.sequence++
    else phone.say(endpoint.port, audio(0x55), 8)
  }
  await phone.hears(2)
  const ssrc = ssrcOf(phone.heard[0] as Buffer)
  const report = Buffer.alloc(32)
  report.set([0x81, 201, 0, 7])
  report.writeInt32BE(ssrc, 8)
  report.writeIntBE(4, 13, 3)
  report.writeUInt32BE(80, 20)
  const stranger = await openPhone()
  phone.rtcp.send(report, endpoint.port + 1, '127.0.0.1')
  await pause(30)
  const statistics = await endpoint.statistics()
  assert.deepEqual([statistics.packetsReceived, statistics.packetsLost, statistics.codec], [98, 2, 'PCMA'])
  assert.deepEqual(statistics.remote, { packetsLost: 4, jitterMilliseconds: 10 })
  // The first report comes after 1 to 3.1 s (RFC 3550 section 6.3.1).
  await phone.hears(1, phone.reports)
  const first = phone.reports[0] as Buffer
  assert.deepEqual([first[0], first[1]], [0x81, 200])
  assert.equal(first.readInt32BE(4), ssrc)
  assert.equal(first.readUInt32BE(28), 0x1234)
  assert.equal(first.readIntBE(33, 3), 2)
  await endpoint.release()
  await phone.hears(2, phone.reports)
  const last = phone.reports.at(-1) as Buffer
  assert.equal(last[last.length - 7], 203)
  assert.equal(stranger.reports.length, 0)
})

test('legs without a common codec that can be had by conversion cannot be joined, and are told so', async () => {
  const narrow = await leg('PCMA')
  const wide = await leg('opus', 110, narrow.endpoint)
  const isRefused = (error: unknown) => error instanceof MediaError && error.code === 'no-common-codec'
  assert.throws(() => narrow.endpoint.bridge(wide.endpoint), isRefused)
  assert.throws(() => narrow.endpoint.hear(wide.endpoint), isRefused)
  await Promise.all([narrow.endpoint.release(), wide.endpoint.release()])
})

for (const [one, other] of [
  ['G722', 'PCMA'],
  ['G722', 'PCMU'],
  ['PCMA', 'PCMU'],
] as const) {
  test(`a ${one} leg and a ${other} leg hear each other by conversion, packet by packet`, async () => {
    const first = await leg(one)
    const second = await leg(other, 101, first.endpoint)
    first.endpoint.bridge(second.endpoint)
    await settled(first.endpoint)
    const [mine, theirs] = [
      toneSound([{ frequencies: [600], milliseconds: 500 }], one),
      toneSound([{ frequencies: [900], milliseconds: 500 }], other),
    ]
    for (let at = 0; at < mine.length; at += 160) {
      first.phone.say(first.endpoint.port, mine.subarray(at, at + 160), codecs[one].payloadType)
      second.phone.say(second.endpoint.port, theirs.subarray(at, at + 160), codecs[other].payloadType)
      // A hold and its resume, and an offer of the same, do not break the sound off.
      if (at === 1600) first.endpoint.setRemote(mediaOf(first.phone, one))
      await pause(2)
    }
    await Promise.all([first.phone.hears(25), second.phone.hears(25)])
    for (const [{ phone }, codec, frequency] of [
      [first, one, 900],
      [second, other, 600],
    ] as const) {
      assert.deepEqual(new Set(payloadTypes(phone)), new Set([codecs[codec].payloadType]))
      assert.ok(phone.heard.every((packet) => packet.length === 172))
      const stamps = phone.heard.map((packet) => timestampOf(packet))
      assert.ok(stamps.every((stamp, index) => index === 0 || ((stamp - (stamps[index - 1] as number)) | 0) === 160))
      const decoder = createPcmDecoder(codec)
      const samples = new Int16Array(320 * 25)
      let count = 0
      for (const packet of phone.heard) count += decoder.decode(packet.subarray(12), samples.subarray(count))
      const level = toneLevel(samples.subarray(count / 4, count), decoder.sampleRate, frequency)
      assert.ok(level > 0.98, `${codec}: ${level}`)
    }
    await Promise.all([first.endpoint.release(), second.endpoint.release()])
  })
}

test('a leg that accepted what the other speaks gets it as it is, though it prefers to speak otherwise', async () => {
  const first = await leg('G722')
  const second = await leg('PCMA', 101, first.endpoint)
  const both = [
    { codec: 'PCMA', payloadType: 8 },
    { codec: 'G722', payloadType: 9 },
  ] as const
  second.endpoint.setRemote({ ...mediaOf(second.phone, 'PCMA'), accepted: both })
  first.endpoint.bridge(second.endpoint)
  await settled(first.endpoint)
  first.phone.say(first.endpoint.port, audio(0x12), 9)
  await second.phone.hears(1)
  assert.deepEqual(payloadTypes(second.phone), [9])
  assert.ok(second.phone.heard[0]?.subarray(12).equals(audio(0x12)))
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

test('the plane knows the ports of its endpoints, as long as these have them', async () => {
  const endpoint = await plane.allocate()
  const { port } = endpoint
  assert.deepEqual(
    [port, port + 1, 15_000].map((other) => plane.holds(other)),
    [true, true, false],
  )
  await endpoint.release()
  assert.equal(plane.holds(port), false)
})

test('1,000 allocations and releases leave nothing in use, and a bounded number of sockets', async () => {
  for (let round = 0; round < 50; round++) {
    const endpoints = await Promise.all(Array.from({ length: 20 }, () => plane.allocate()))
    assert.equal(new Set(endpoints.map(({ port }) => port)).size, 20)
    for (const endpoint of endpoints) endpoint.play(toneFor('busy', 'DE'))
    await Promise.all(endpoints.map((endpoint) => endpoint.release()))
  }
  const { endpoints, ports, sockets, idleSockets } = plane.counts()
  assert.deepEqual([endpoints, ports, sockets], [0, 0, 0])
  assert.ok(idleSockets <= 400, `${idleSockets} idle sockets`)
})

test('a leg that holds us is sent nothing, neither tone nor speech, until it takes us back', async () => {
  const first = await leg('PCMA')
  const second = await leg('PCMA', 101, first.endpoint)
  first.endpoint.bridge(second.endpoint)
  first.endpoint.setRemote({ ...mediaOf(first.phone, 'PCMA'), direction: 'sendonly' })
  await settled(first.endpoint)
  second.phone.say(second.endpoint.port, audio(1), 8)
  first.phone.say(first.endpoint.port, audio(2), 8)
  await second.phone.hears(1)
  assert.equal(first.phone.heard.length, 0)
  first.endpoint.setRemote(mediaOf(first.phone, 'PCMA'))
  await settled(first.endpoint)
  second.phone.say(second.endpoint.port, audio(1), 8)
  await first.phone.hears(1)
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

test('a released endpoint does nothing, and its last statistics stay', async () => {
  const { phone, endpoint } = await leg('PCMA')
  phone.say(endpoint.port, audio(1), 8)
  await pause(20)
  const [last, again] = await Promise.all([endpoint.release(), endpoint.release()])
  assert.equal(last.packetsReceived, 1)
  assert.equal(again, last)
  assert.equal(await endpoint.statistics(), last)
  endpoint.play(toneFor('dial', 'US'))
  await pause(40)
  assert.equal(phone.heard.length, 0)
})

test('a range that is used up refuses with the reason, and serves again after a release and its rest', async () => {
  const first = otherRanges.usedUp
  const small = await startPlane({ portRange: [first, first + 5] })
  const taken = await Promise.all([small.allocate(), small.allocate(), small.allocate()])
  await assert.rejects(small.allocate(), (error) => error instanceof MediaError && error.code === 'no-ports')
  const released = performance.now()
  await taken[0].release()
  const [again, refused] = await Promise.allSettled([small.allocate(), small.allocate()])
  assert.ok(performance.now() - released >= 50)
  assert.equal(again.status === 'fulfilled' && again.value.port, taken[0].port)
  assert.equal(refused.status === 'rejected' && refused.reason.code, 'no-ports')
  await small.close()
  await assert.rejects(small.allocate(), { code: 'closed' })
})

test('40 calls one after the other: none gets the port that the first phone still sends to', async () => {
  const { phone, endpoint } = await leg('PCMA')
  const leftover = talk(phone, endpoint.port, 0x66)
  await endpoint.release()
  const { port } = endpoint
  for (let call = 0; call < 40; call++) {
    const next = await leg('PCMA')
    assert.notEqual(next.endpoint.port, port)
    await next.endpoint.release()
  }
  leftover.stop()
})

test('a port that another program holds is passed over', async () => {
  const first = otherRanges.partlyHeld
  const other = createSocket('udp4')
  other.bind(first + 3, '127.0.0.1')
  await once(other, 'listening')
  const small = await startPlane({ portRange: [first, first + 5] })
  const ports = [(await small.allocate()).port, (await small.allocate()).port].sort()
  assert.deepEqual(ports, [first, first + 4])
  await small.close()
  other.close()
})

test('an address that is not ours is told at the start', async () => {
  const wrong = new MediaPlane({ ...common, host: '192.0.2.1' })
  await assert.rejects(wrong.start(), /EADDRNOTAVAIL/)
  await wrong.close()
})

test('a worker that dies takes its endpoints with it, and is replaced', async () => {
  const plane = await startPlane({ portRange: [14_700, 14_711], workers: 2 })
  const first = await plane.allocate()
  const second = await plane.allocate({ beside: first })
  const elsewhere = await plane.allocate()
  assert.throws(() => first.bridge(elsewhere), { code: 'apart' })
  const failures: string[] = []
  for (const endpoint of [first, second]) endpoint.onFailed = (reason) => failures.push(reason)
  elsewhere.onFailed = () => failures.push('the wrong one')
  // What a worker does not know breaks it: the nearest to a crash that a test can bring about from outside.
  first.setRemote({ ...mediaOf(await openPhone(), 'PCMA'), accepted: 5 as never, remote: undefined as never })
  for (let tries = 0; failures.length < 2 && tries < 200; tries++) await pause(10)
  assert.equal(failures.length, 2)
  assert.match(failures[0] ?? '', /worker died/)
  assert.equal((await first.release()).packetsReceived, 0)
  assert.deepEqual([plane.counts().endpoints, plane.counts().restarts], [1, 1])
  await elsewhere.release()
  const many = await Promise.all(Array.from({ length: 4 }, () => plane.allocate()))
  assert.equal(new Set(many.map(({ port }) => port)).size, 4)
  await plane.close()
})
