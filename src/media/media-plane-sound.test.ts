import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  audio,
  MediaPlaneScene,
  mediaOf,
  pause,
  payloadTypes,
  settled,
  until,
} from '../../test/support/media-plane-scene.ts'
import { join } from '../../test/support/relay-scene.ts'
import { toneLevel } from '../../test/support/tone-level.ts'
import { codecs } from './codec.ts'
import { alawToUlaw, ulawToAlaw } from './g711-conversion.ts'
import { MediaError } from './media-error.ts'
import { createPcmDecoder } from './pcm-codec.ts'
import { sequenceOf, ssrcOf, timestampOf } from './rtp-header.ts'
import { toneSound } from './tone-sound.ts'
import { toneFor } from './tones.ts'

let scene: MediaPlaneScene
before(async () => {
  scene = await MediaPlaneScene.start()
})
after(() => scene.close())

test('a bridge carries both ways, converts PCMA and PCMU, renumbers events and hears them', async () => {
  const first = await scene.leg('PCMA', 101)
  const second = await scene.leg('PCMU', 96, first.endpoint)
  assert.equal(first.endpoint.port % 2, 0)
  const digits: string[] = []
  first.endpoint.onDtmf = (digit, milliseconds) => digits.push(`${digit} ${milliseconds}`)
  join(first.endpoint, second.endpoint)
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
  await until('a digit', () => digits.length > 0)
  assert.deepEqual(digits, ['7 100'])
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

test('RFC 3264 6.1: a leg sends by our numbers or by its own, and is sent to by its own', async () => {
  const first = await scene.leg('opus', 110)
  const second = await scene.leg('opus', 110, first.endpoint)
  const numbered = { payloadType: 98, receivedAs: 111 }
  first.endpoint.setRemote({
    ...mediaOf(first.phone, 'opus', 96),
    ...numbered,
    dtmfReceivedAs: 110,
    accepted: [{ codec: 'opus', ...numbered }],
  })
  const digits: string[] = []
  first.endpoint.onDtmf = (digit) => digits.push(digit)
  join(first.endpoint, second.endpoint)
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
  await until('two digits', () => digits.length > 1)
  assert.deepEqual(digits, ['7', '8'])
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

test('padding is no sound: a conversion leaves it as it is (RFC 3550 section 5.1)', async () => {
  const first = await scene.leg('PCMA')
  const second = await scene.leg('PCMU', 101, first.endpoint)
  join(first.endpoint, second.endpoint)
  await settled(first.endpoint)
  const packet = Buffer.from([0xa0, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0x12, 0x12, 0, 0, 0, 4])
  first.phone.rtp.send(packet, first.endpoint.port, '127.0.0.1')
  await second.phone.hears(1)
  const converted = alawToUlaw[0x12] as number
  assert.deepEqual([...(second.phone.heard[0]?.subarray(12) ?? [])], [converted, converted, 0, 0, 0, 4])
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

test('comfort noise is counted, and passed on to a leg that takes it', async () => {
  const first = await scene.leg('PCMA')
  const second = await scene.leg('PCMA', 101, first.endpoint)
  first.endpoint.setRemote({ ...mediaOf(first.phone, 'PCMA'), comfortNoise: true })
  join(first.endpoint, second.endpoint)
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

test('legs without a common codec that can be had by conversion cannot be joined, and are told so', async () => {
  const narrow = await scene.leg('PCMA')
  const wide = await scene.leg('opus', 110, narrow.endpoint)
  const isRefused = (error: unknown) => error instanceof MediaError && error.code === 'no-common-codec'
  assert.throws(() => join(narrow.endpoint, wide.endpoint), isRefused)
  assert.throws(() => narrow.endpoint.hear({ kind: 'legs', legs: [wide.endpoint] }), isRefused)
  await Promise.all([narrow.endpoint.release(), wide.endpoint.release()])
})

for (const [one, other] of [
  ['G722', 'PCMA'],
  ['G722', 'PCMU'],
  ['PCMA', 'PCMU'],
] as const) {
  test(`a ${one} leg and a ${other} leg hear each other by conversion, packet by packet`, async () => {
    const first = await scene.leg(one)
    const second = await scene.leg(other, 101, first.endpoint)
    join(first.endpoint, second.endpoint)
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
  const first = await scene.leg('G722')
  const second = await scene.leg('PCMA', 101, first.endpoint)
  const both = [
    { codec: 'PCMA', payloadType: 8 },
    { codec: 'G722', payloadType: 9 },
  ] as const
  second.endpoint.setRemote({ ...mediaOf(second.phone, 'PCMA'), accepted: both })
  join(first.endpoint, second.endpoint)
  await settled(first.endpoint)
  first.phone.say(first.endpoint.port, audio(0x12), 9)
  await second.phone.hears(1)
  assert.deepEqual(payloadTypes(second.phone), [9])
  assert.ok(second.phone.heard[0]?.subarray(12).equals(audio(0x12)))
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

test('a leg that holds us is sent nothing, neither tone nor speech, until it takes us back', async () => {
  const first = await scene.leg('PCMA')
  const second = await scene.leg('PCMA', 101, first.endpoint)
  join(first.endpoint, second.endpoint)
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

test('ringback, early media, bridge: the first phone hears one stream', async () => {
  const begun = performance.now()
  const first = await scene.leg('PCMA')
  const second = await scene.leg('PCMA', 101, first.endpoint)
  first.endpoint.hear({ kind: 'tone', tone: toneFor('ringback', 'GB') })
  await first.phone.hears(3)
  first.endpoint.hear({ kind: 'legs', legs: [second.endpoint], meanwhile: toneFor('ringback', 'GB') })
  // Ringback goes on until there is early media.
  await first.phone.hears(5)
  second.phone.say(second.endpoint.port, audio(0x11), 8)
  const isEarly = (packet: Buffer) => packet[12] === 0x11
  await until('early media', () => first.phone.heard.some(isEarly))
  await pause(60)
  const early = first.phone.heard.findIndex(isEarly)
  assert.equal(early, first.phone.heard.length - 1, 'early media ends ringback')
  join(first.endpoint, second.endpoint)
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
    // No more than the time that has passed, however busy the machine is.
    assert.ok(step >= 160 && step <= 160 + 8 * (performance.now() - begun), `step of ${step}`)
    const switched = index === early || index === early + 1
    assert.equal(((packet[1] as number) & 0x80) !== 0, switched, `marker of packet ${index}`)
  })
  await Promise.all([first.endpoint.release(), second.endpoint.release()])
})

for (const before of ['early media', 'a bridge'] as const) {
  test(`a tone that was talked over after ${before} goes on when the one who talked has gone`, async () => {
    const first = await scene.leg('PCMA')
    const second = await scene.leg('PCMA', 101, first.endpoint)
    if (before === 'a bridge') join(first.endpoint, second.endpoint)
    first.endpoint.hear({ kind: 'legs', legs: [second.endpoint], meanwhile: toneFor('dial', 'GB') })
    await first.phone.hears(3)
    second.phone.say(second.endpoint.port, audio(0x11), 8)
    await until('speech', () => first.phone.heard.at(-1)?.[12] === 0x11)
    await second.endpoint.release()
    await first.phone.hears(first.phone.heard.length + 3)
    assert.notEqual(first.phone.heard.at(-1)?.[12], 0x11)
    await first.endpoint.release()
  })
}
