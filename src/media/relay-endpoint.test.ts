import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { join, RelayScene, type RtpStream, type SceneLeg } from '../../test/support/relay-scene.ts'
import { encodeAlaw } from './g711.ts'
import { sequenceOf, ssrcOf, timestampOf } from './rtp-header.ts'
import { toneFor } from './tones.ts'

const phone = '203.0.113.5:4000'
const phoneMoved = '203.0.113.5:4711'
const stranger = '198.51.100.66:4000'

/** Two legs that hear each other; the first at `phone`, the second at its own address, which has spoken. */
const call = async () => {
  const scene = new RelayScene()
  const [first, second] = [scene.leg(), scene.leg()]
  first.says(phone)
  second.says('192.0.2.9:7000')
  join(first.endpoint, second.endpoint)
  return { scene, first, second }
}

const firstOctets = (leg: SceneLeg): number[] => leg.hears().map(({ packet }) => packet[12] as number)

/** One SSRC, a sequence without a gap, timestamps that go on: what a phone must see whatever happens on the other side. */
const assertOneStream = (packets: readonly Buffer[]): void => {
  packets.forEach((packet, index) => {
    const previous = packets[index - 1]
    if (previous === undefined) return
    assert.equal(ssrcOf(packet), ssrcOf(previous))
    assert.equal(sequenceOf(packet), (sequenceOf(previous) + 1) & 0xffff, `sequence of packet ${index}`)
    const step = (timestampOf(packet) - timestampOf(previous)) | 0
    assert.ok(step >= 160 && step <= 160 * 60, `timestamp step ${step} of packet ${index}`)
  })
}

describe('who is heard and sent to', () => {
  test('183 with P1, 200 with P2 while P1 goes on for 30 ms: both ways with P2', async () => {
    const { scene, first, second } = await call()
    const [early, answered] = [first.stream(phone), first.stream(phoneMoved)]
    await scene.speak(1000, [first, early, 0x11], [second, second.stream('192.0.2.9:7000')])
    assert.ok(first.hears().every(({ to }) => to === phone))
    second.hears()
    first.says(phoneMoved)
    await scene.speak(30, [first, early, 0x11], [first, answered, 0x22])
    await scene.speak(400, [first, answered, 0x22], [second, second.stream('192.0.2.9:7000')])
    assert.deepEqual(new Set(firstOctets(second)), new Set([0x22]))
    assert.ok(first.hears().every(({ to }) => to === phoneMoved))
    assert.equal(first.told, 2)
  })

  for (const sameSsrc of [true, false]) {
    const which = sameSsrc ? 'the same stream' : 'another stream'
    test(`the source port moves in mid-call, ${which} goes on: it is heard, and sent to, and what is heard is one stream`, async () => {
      const { scene, first, second } = await call()
      const before = first.stream(phone)
      const voice = second.stream('192.0.2.9:7000')
      await scene.speak(1000, [first, before], [second, voice])
      const heard = second.hears().map(({ packet }) => packet)
      first.hears()
      const after: RtpStream = sameSsrc ? { ...before, from: phoneMoved } : first.stream(phoneMoved, 0x77)
      await scene.speak(1000, [first, after], [second, voice])
      heard.push(...second.hears().map(({ packet }) => packet))
      assert.ok(heard.length >= 50 + 30, `${heard.length} packets`)
      assert.equal(first.hears().at(-1)?.to, phoneMoved)
      assert.equal(new Set(heard.map(ssrcOf)).size, 1)
      // What was lost while the port moved is missing from the same stream; a new one begins without a gap.
      if (!sameSsrc) assertOneStream(heard)
    })
  }

  test('another sender with the same SSRC and a sequence of its own: what is heard stays one stream', async () => {
    const { scene, first, second } = await call()
    await scene.speak(400, [first, first.stream(phone, 5)])
    await scene.speak(600, [first, { ...first.stream(phoneMoved, 5), sequence: 60_000, timestamp: 77 }])
    const heard = second.hears().map(({ packet }) => packet)
    assert.ok(heard.length > 30)
    assertOneStream(heard)
  })

  test('a stranger who copies SSRC, sequence and port of a phone that speaks is not heard', async () => {
    const { scene, first, second } = await call()
    const voice = first.stream(phone)
    for (let round = 0; round < 50; round++) {
      first.arrives({ ...voice, from: stranger }, 0x66)
      await scene.speak(20, [first, voice, 0x11])
    }
    assert.deepEqual(new Set(firstOctets(second)), new Set([0x11]))
    const { packetsReceived } = first.endpoint.statistics()
    assert.equal(packetsReceived, 50)
  })

  test('a stranger who speaks before a phone at a true address: nobody hears it, and it gets nothing', async () => {
    const { scene, first, second } = await call()
    first.says(phone, '203.0.113.5')
    const voice = second.stream('192.0.2.9:7000')
    await scene.speak(3000, [first, first.stream(stranger), 0x66], [second, voice])
    assert.deepEqual(second.hears(), [])
    assert.ok(first.hears().every(({ to }) => to === phone))
    await scene.speak(100, [first, first.stream(stranger), 0x66], [first, first.stream(phone), 0x11], [second, voice])
    assert.deepEqual(new Set(firstOctets(second)), new Set([0x11]))
  })

  test('what is not RTP, or not in a negotiated payload type, is no source', async () => {
    const { scene, first, second } = await call()
    const junk = first.stream(phoneMoved)
    for (let index = 0; index < 50; index++) {
      first.pair.rtp.arrives(Buffer.from('GET / HTTP/1.0\r\n\r\n'), '203.0.113.5', 4711)
      first.pair.rtp.arrives(Buffer.of(0x80, 8), '203.0.113.5', 4711)
      first.arrives(junk, 0x66, 18)
      await scene.passes(20)
    }
    assert.equal(first.endpoint.statistics().packetsReceived, 0)
    assert.deepEqual([second.hears().length, first.told], [0, 0])
  })

  test('hold and resume with unchanged SDP, and the NAT has given another port meanwhile', async () => {
    const { scene, first, second } = await call()
    const voice = second.stream('192.0.2.9:7000')
    first.says('192.168.1.5:4000', '203.0.113.5')
    await scene.speak(400, [first, first.stream('203.0.113.5:30000')], [second, voice])
    first.says('192.168.1.5:4000', '203.0.113.5', { direction: 'sendonly' })
    await scene.speak(2000, [second, voice])
    first.hears()
    first.says('192.168.1.5:4000', '203.0.113.5')
    second.hears()
    await scene.speak(600, [first, first.stream('203.0.113.5:31000'), 0x33], [second, voice])
    assert.deepEqual(new Set(firstOctets(second)), new Set([0x33]))
    assert.equal(first.hears().at(-1)?.to, '203.0.113.5:31000')
  })
})

describe('RTCP follows the same rules', () => {
  /** A receiver report about nobody: a sign of life, and a place to report to. */
  const report = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 9])
  const reportsTo = (leg: SceneLeg) => leg.pair.rtcp.sent.splice(0).map(({ to }) => to)

  test('reports go to where the SDP says, and are taken from there, whoever else reports', async () => {
    const { scene, first } = await call()
    await scene.speak(4000, [first, first.stream(phone)])
    assert.deepEqual(new Set(reportsTo(first)), new Set(['203.0.113.5:4001']))
    first.pair.rtcp.arrives(report, '203.0.113.5', 4001)
    first.pair.rtcp.arrives(report, '203.0.113.5', 9999)
    first.pair.rtcp.arrives(report, '198.51.100.66', 4001)
    assert.equal(first.endpoint.rtcp.received, 1)
    await scene.speak(10_000, [first, first.stream(phone)])
    assert.deepEqual(new Set(reportsTo(first)), new Set(['203.0.113.5:4001']))
  })

  test('behind a NAT they go to the port above, until a report shows the true one', async () => {
    const { scene, first } = await call()
    first.says('192.168.1.5:4000', '203.0.113.5')
    const voice = first.stream('203.0.113.5:30000')
    await scene.speak(4000, [first, voice])
    assert.deepEqual(new Set(reportsTo(first)), new Set(['203.0.113.5:30001']))
    first.pair.rtcp.arrives(report, '198.51.100.66', 30_001)
    first.pair.rtcp.arrives(report, '203.0.113.5', 35_000)
    assert.equal(first.endpoint.rtcp.received, 1)
    await scene.speak(10_000, [first, voice])
    assert.deepEqual(new Set(reportsTo(first)), new Set(['203.0.113.5:35000']))
  })
})

describe('ringback goes on until something can be heard', () => {
  const silence = encodeAlaw(0)
  const scene = async () => {
    const relay = new RelayScene()
    const [first, second] = [relay.leg(), relay.leg()]
    first.says(phone)
    second.says('192.0.2.9:7000')
    first.endpoint.hear({ kind: 'legs', legs: [second.endpoint], meanwhile: toneFor('ringback', 'US') })
    return { relay, first, second, early: second.stream('192.0.2.9:7000') }
  }

  test('early media of digital silence leaves it alone, in one stream', async () => {
    const { relay, first, second, early } = await scene()
    // A US tone sounds for two seconds.
    await relay.speak(1600, [second, early, silence])
    const heard = first.hears().map(({ packet }) => packet)
    assert.ok(heard.length >= 79, `${heard.length} packets`)
    assert.ok(heard.slice(5).every((packet) => packet.subarray(12).some((octet) => octet !== silence)))
    assertOneStream(heard)
    assert.equal(second.told, 1)
  })

  test('so do comfort noise and key presses', async () => {
    const { relay, first, second, early } = await scene()
    second.says('192.0.2.9:7000', undefined, { comfortNoise: true, dtmfPayloadType: 101 })
    first.says(phone, undefined, { comfortNoise: true, dtmfPayloadType: 101 })
    first.hears()
    for (let index = 0; index < 20; index++) {
      second.arrives(early, Uint8Array.of(40), 13)
      second.arrives(early, Uint8Array.of(7, 0x8a, 3, 0x20), 101)
      await relay.passes(20)
    }
    const heard = first.hears()
    assert.ok(heard.length >= 19 && heard.every(({ packet }) => ((packet[1] as number) & 0x7f) === 8))
  })

  test('who is no longer to be heard gives it back', async () => {
    const { relay, first, second, early } = await scene()
    await relay.speak(100, [second, early, encodeAlaw(8000)])
    first.endpoint.hear({ kind: 'tone', tone: toneFor('ringback', 'US') })
    first.hears()
    await relay.speak(1000, [second, early, encodeAlaw(8000)])
    const heard = first.hears().map(({ packet }) => packet)
    assert.ok(heard.length >= 48, `${heard.length} packets`)
    assert.ok(heard.every((packet) => packet.subarray(12).some((octet) => octet !== encodeAlaw(8000))))
    assertOneStream(heard)
  })

  test('what can be heard ends it at once, and then silence is heard, too', async () => {
    const { relay, first, second, early } = await scene()
    await relay.speak(400, [second, early, silence])
    first.hears()
    await relay.speak(200, [second, early, 0x12])
    assert.ok(firstOctets(first).every((octet) => octet === 0x12))
    await relay.speak(200, [second, early, silence])
    assert.deepEqual(new Set(firstOctets(first)), new Set([silence]))
  })

  test('between parties who talk, silence passes', async () => {
    const { relay, first, second, early } = await scene()
    join(first.endpoint, second.endpoint)
    first.hears()
    await relay.speak(200, [second, early, silence])
    assert.equal(first.hears().length, 10)
  })
})

describe('a leg that should send and does not', () => {
  const watched = async (more = {}) => {
    const scene = new RelayScene()
    const leg = scene.leg()
    leg.says(phone, undefined, more)
    leg.endpoint.watchSilence(60_000)
    return { scene, leg }
  }
  const report = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 9])

  test('is told after the time, and again after as long', async () => {
    const { scene, leg } = await watched()
    await scene.passes(59_900)
    assert.deepEqual(leg.silences, [])
    await scene.passes(200)
    assert.deepEqual(leg.silences, [false])
    await scene.passes(60_000)
    assert.deepEqual(leg.silences, [false, false])
  })

  test('the time begins with its last packet', async () => {
    const { scene, leg } = await watched()
    await scene.speak(30_000, [leg, leg.stream(phone)])
    await scene.passes(59_800)
    assert.deepEqual(leg.silences, [])
    await scene.passes(400)
    assert.deepEqual(leg.silences, [false])
  })

  test('a stranger does not speak for it', async () => {
    const { scene, leg } = await watched()
    leg.says(phone, '203.0.113.5')
    await scene.speak(61_000, [leg, leg.stream(stranger)])
    assert.deepEqual(leg.silences, [false])
  })

  test('reports are a sign of life', async () => {
    const { scene, leg } = await watched()
    for (let round = 0; round < 20; round++) {
      leg.pair.rtcp.arrives(report, '203.0.113.5', 4001)
      await scene.passes(10_000)
    }
    assert.deepEqual(leg.silences, [])
  })

  for (const direction of ['sendonly', 'recvonly', 'inactive'] as const) {
    test(`not while it is ${direction}, and anew from its return`, async () => {
      const { scene, leg } = await watched()
      await scene.passes(50_000)
      leg.says(phone, undefined, { direction })
      await scene.passes(300_000)
      assert.deepEqual(leg.silences, [])
      leg.says(phone)
      await scene.passes(59_900)
      assert.deepEqual(leg.silences, [])
      await scene.passes(200)
      assert.deepEqual(leg.silences, [false])
    })
  }

  test('one that takes comfort noise may just have nothing to say', async () => {
    const { scene, leg } = await watched({ comfortNoise: true })
    await scene.passes(60_200)
    assert.deepEqual(leg.silences, [true])
  })

  test('so may one that has paused and gone on without a gap in its sequence', async () => {
    const { scene, leg } = await watched()
    const voice = leg.stream(phone)
    await scene.speak(1000, [leg, voice])
    await scene.passes(3000)
    await scene.speak(1000, [leg, voice])
    await scene.passes(60_200)
    assert.deepEqual(leg.silences, [true])
  })

  test('a loss is no pause', async () => {
    const { scene, leg } = await watched()
    const voice = leg.stream(phone)
    await scene.speak(1000, [leg, voice])
    await scene.passes(3000)
    voice.sequence += 150
    await scene.speak(1000, [leg, voice])
    await scene.passes(60_200)
    assert.deepEqual(leg.silences, [false])
  })

  test('nobody asked: nothing is told', async () => {
    const scene = new RelayScene()
    const leg = scene.leg()
    leg.says(phone)
    await scene.passes(300_000)
    assert.deepEqual(leg.silences, [])
  })
})
