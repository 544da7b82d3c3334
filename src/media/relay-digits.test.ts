import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { join, RelayScene, type RtpStream, type SceneLeg } from '../../test/support/relay-scene.ts'
import type { CodecName } from './codec.ts'
import { dtmfFrequencies, dtmfKeys } from './dtmf.ts'
import { DtmfDetector } from './dtmf-detector.ts'
import { createPcmDecoder, createPcmEncoder, type PcmCodecName, type PcmEncoder } from './pcm-codec.ts'
import { sequenceOf, timestampOf } from './rtp-header.ts'

interface Party {
  readonly leg: SceneLeg
  readonly stream: RtpStream
  readonly encoder: PcmEncoder
}

interface Side {
  readonly codec: CodecName
  /** Payload type of its telephone events; none if absent. */
  readonly events?: number
}

const talk = (one: Side, other: Side) => {
  const scene = new RelayScene()
  const sides = [one, other].map(({ codec, events }, index) => {
    const leg = scene.leg(codec)
    const address = `192.0.2.${index + 1}:4000`
    leg.says(address, undefined, events === undefined ? {} : { dtmfPayloadType: events })
    return { leg, stream: leg.stream(address), encoder: createPcmEncoder(codec === 'opus' ? 'PCMA' : codec) }
  })
  const [first, second] = sides
  assert.ok(first && second)
  join(first.leg.endpoint, second.leg.endpoint)
  return { scene, first, second }
}

/** A packet of a key's event; `duration` in timestamp units. */
const arrivesEvent = ({ leg, stream }: Party, payloadType: number, key: string, duration: number, isEnd = false) => {
  leg.arrives(
    stream,
    Uint8Array.of(dtmfKeys.indexOf(key), (isEnd ? 0x80 : 0) | 10, duration >> 8, duration),
    payloadType,
  )
  stream.timestamp -= 160
}

/** Presses a key of 100 ms as events, with so many copies of its end. */
const pressAsEvent = async (scene: RelayScene, side: Party, payloadType: number, key: string, ends = 3) => {
  for (let beat = 1; beat <= 5; beat++) {
    arrivesEvent(side, payloadType, key, beat * 160)
    await scene.passes(20)
  }
  for (let copy = 0; copy < ends; copy++) arrivesEvent(side, payloadType, key, 800, true)
  side.stream.timestamp += 800
}

/** Presses a key so that it sounds. */
const pressAsTone = async (scene: RelayScene, side: Party, key: string, milliseconds = 100) => {
  const { encoder } = side
  const length = encoder.sampleRate / 50
  for (let beat = 0; beat < milliseconds / 20; beat++) {
    const samples = Int16Array.from({ length }, (_, index) =>
      Math.round(
        (dtmfFrequencies(key) ?? []).reduce(
          (sum, hertz) => sum + 7000 * Math.sin((2 * Math.PI * hertz * (beat * length + index)) / encoder.sampleRate),
          0,
        ),
      ),
    )
    const payload = new Uint8Array(160)
    encoder.encode(samples, payload)
    side.leg.arrives(side.stream, payload)
    await scene.passes(20)
  }
}

const isSilent = async (scene: RelayScene, side: Party, milliseconds: number) => {
  for (let at = 0; at < milliseconds; at += 20) {
    const payload = new Uint8Array(160)
    side.encoder.encode(new Int16Array(side.encoder.sampleRate / 50), payload)
    side.leg.arrives(side.stream, payload)
    await scene.passes(20)
  }
}

/** What a leg was sent: its telephone events, and the keys in its sound. */
const heardBy = (leg: SceneLeg, eventType = -1) => {
  const packets = leg.hears().map(({ packet }) => packet)
  const payloadType = (packet: Buffer) => (packet[1] as number) & 0x7f
  const events = packets.filter((packet) => payloadType(packet) === eventType)
  const tones: { key: string; milliseconds: number }[] = []
  const decoder = createPcmDecoder(leg.codec as PcmCodecName)
  const detector = new DtmfDetector(decoder.sampleRate, (key, milliseconds) => tones.push({ key, milliseconds }))
  for (const packet of packets.filter((packet) => payloadType(packet) !== eventType)) {
    const samples = new Int16Array(320)
    detector.add(samples.subarray(0, decoder.decode(packet.subarray(12), samples)))
  }
  return { packets, events, tones, keys: tones.map(({ key }) => key).join('') }
}

const steps = (values: readonly number[]) => values.slice(1).map((value, index) => value - (values[index] as number))

describe('a key pressed as a telephone event', () => {
  test('crosses as it is where the other side knows events: by its number, and nothing is added', async () => {
    const { scene, first, second } = talk({ codec: 'PCMA', events: 101 }, { codec: 'PCMU', events: 96 })
    await pressAsEvent(scene, first, 101, '5')
    await isSilent(scene, first, 500)
    const { events, keys } = heardBy(second.leg, 96)
    assert.deepEqual([events.length, keys], [8, ''])
    assert.deepEqual(first.leg.digits, ['5 100'])
  })

  for (const codec of ['PCMA', 'PCMU', 'G722'] as const) {
    for (const ends of [3, 1, 0]) {
      test(`sounds where the other side knows none: ${codec}, ${ends} of its ends arrive`, async () => {
        const { scene, first, second } = talk({ codec: 'PCMA', events: 101 }, { codec })
        await isSilent(scene, first, 100)
        await pressAsEvent(scene, first, 101, '5', ends)
        await isSilent(scene, first, 500)
        const { tones, packets } = heardBy(second.leg)
        assert.equal(tones.map(({ key }) => key).join(''), '5')
        assert.ok(Math.abs((tones[0]?.milliseconds ?? 0) - 100) <= 26, `${tones[0]?.milliseconds} ms`)
        assert.deepEqual(new Set(steps(packets.map(sequenceOf)).map((step) => step & 0xffff)), new Set([1]))
        assert.ok(steps(packets.map(timestampOf)).every((step) => step >= 160))
      })
    }
  }

  test('is heard though all of its ends are lost and nothing follows', async () => {
    const { scene, first, second } = talk({ codec: 'PCMA', events: 101 }, { codec: 'PCMA' })
    await pressAsEvent(scene, first, 101, '7', 0)
    await scene.passes(600)
    assert.deepEqual(first.leg.digits, ['7 100'])
    assert.equal(heardBy(second.leg).keys, '7')
  })

  test('one after the other: all, each once, in order', async () => {
    const { scene, first, second } = talk({ codec: 'PCMA', events: 101 }, { codec: 'PCMA' })
    for (const key of '0042#') {
      await pressAsEvent(scene, first, 101, key)
      await isSilent(scene, first, 40)
    }
    await isSilent(scene, first, 1500)
    assert.equal(heardBy(second.leg).keys, '0042#')
  })
})

describe('a key pressed as a tone', () => {
  for (const codec of ['PCMA', 'PCMU', 'G722'] as const) {
    test(`becomes an event where the other side knows them, and no longer sounds: ${codec}`, async () => {
      const { scene, first, second } = talk({ codec }, { codec: 'PCMA', events: 101 })
      await isSilent(scene, first, 100)
      await pressAsTone(scene, first, '5', 200)
      await isSilent(scene, first, 800)
      const { events, packets, keys } = heardBy(second.leg, 101)
      assert.equal(keys, '', 'it is not there twice')
      assert.ok(events.length > 5)
      assert.ok(events.every((packet) => packet[12] === 5 && packet.length === 16))
      assert.equal(new Set(events.map(timestampOf)).size, 1, 'RFC 4733 section 2.2.1: one timestamp')
      assert.deepEqual(events.map((packet) => (packet[1] as number) >> 7).slice(0, 3), [1, 0, 0])
      assert.deepEqual(
        events.slice(-4).map((packet) => (packet[13] as number) >> 7),
        [0, 1, 1, 1],
      )
      const duration = events.at(-1)?.readUInt16BE(14) ?? 0
      assert.ok(Math.abs(duration / 8 - 200) <= 26, `${duration / 8} ms`)
      assert.ok(steps(events.map((packet) => packet.readUInt16BE(14))).every((step) => step >= 0 && step <= 160))
      const order = steps(packets.map(sequenceOf)).map((step) => step & 0xffff)
      assert.ok(order.every((step) => step >= 1 && step < 20))
      assert.deepEqual(first.leg.digits, [`5 ${Math.round(duration / 8)}`])
    })
  }

  test('sounds on where the other side knows none either, and nothing is added', async () => {
    const { scene, first, second } = talk({ codec: 'G722' }, { codec: 'PCMA' })
    await isSilent(scene, first, 100)
    for (const key of '19') {
      await pressAsTone(scene, first, key)
      await isSilent(scene, first, 60)
    }
    await isSilent(scene, first, 500)
    const { packets, keys } = heardBy(second.leg)
    assert.equal(keys, '19')
    assert.equal(packets.length, 46)
  })

  test('is understood from a leg that knew events before, and has been offered none since', async () => {
    const { scene, first, second } = talk({ codec: 'PCMA', events: 101 }, { codec: 'PCMA', events: 101 })
    await pressAsEvent(scene, first, 101, '1')
    first.leg.says('192.0.2.1:4000')
    await isSilent(scene, first, 100)
    await pressAsTone(scene, first, '2')
    await isSilent(scene, first, 500)
    assert.deepEqual(
      first.leg.digits.map((digit) => digit.slice(0, 1)),
      ['1', '2'],
    )
    const { events, keys } = heardBy(second.leg, 101)
    assert.deepEqual([...new Set(events.map((packet) => packet[12]))], [1, 2])
    assert.equal(keys, '')
  })

  test('a voice passes while nobody presses a key', async () => {
    const { scene, first, second } = talk({ codec: 'PCMA' }, { codec: 'PCMA', events: 101 })
    await scene.speak(1000, [first.leg, first.stream, 0x12])
    assert.equal(second.leg.hears().length, 50)
  })
})

describe('a key told by signalling', () => {
  for (const [name, side] of [
    ['events', { codec: 'PCMU', events: 96 }],
    ['tones', { codec: 'PCMU' }],
    ['tones', { codec: 'G722' }],
  ] as const) {
    test(`is sent as ${name} to ${side.codec}, while the other side's sound waits`, async () => {
      const { scene, first, second } = talk({ codec: 'PCMA', events: 101 }, side)
      for (const key of '#1') second.leg.endpoint.press(key, 160)
      await isSilent(scene, first, 1000)
      const { events, keys, packets } = heardBy(second.leg, 96)
      if (name === 'tones') assert.equal(keys, '#1')
      else assert.deepEqual([...new Set(events.map((packet) => packet[12]))], [11, 1])
      assert.ok(packets.length <= 50, 'nobody speaks at the same time')
    })
  }

  test('to a leg that takes neither is lost, and disturbs nothing', async () => {
    const { scene, first, second } = talk({ codec: 'opus' }, { codec: 'opus' })
    second.leg.endpoint.press('1', 160)
    await scene.speak(200, [first.leg, first.stream, 1])
    assert.equal(second.leg.hears().length, 10)
  })

  test('more than anyone types, or none at all, holds nothing up for long', async () => {
    const { scene, second } = talk({ codec: 'PCMA', events: 101 }, { codec: 'PCMA' })
    for (let count = 0; count < 1000; count++) second.leg.endpoint.press('1', 100)
    for (const none of ['', 'x', '12']) second.leg.endpoint.press(none, 100)
    await scene.passes(10_000)
    assert.ok(heardBy(second.leg).keys.length <= 33)
    assert.equal(scene.pacer.playing, 0)
  })

  test('a leg that is released sends no more', async () => {
    const { scene, second } = talk({ codec: 'PCMA', events: 101 }, { codec: 'PCMA' })
    second.leg.endpoint.press('1', 100)
    second.leg.endpoint.release()
    await scene.passes(500)
    assert.equal(scene.pacer.playing, 0)
  })
})
