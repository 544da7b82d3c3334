import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RelayScene } from '../../test/support/relay-scene.ts'
import { levels, SpeakingParty, speak } from '../../test/support/speaking-party.ts'
import type { PcmCodecName } from './pcm-codec.ts'
import { sequenceOf, ssrcOf, timestampOf } from './rtp-header.ts'

const frequencies = [500, 1100, 1700] as const

/** Three parties that say a tone each, at amplitude 6000. */
const three = (...codecs: readonly PcmCodecName[]) => {
  const scene = new RelayScene()
  const parties = frequencies.map((frequency, index) => new SpeakingParty(scene, frequency, codecs[index] ?? 'PCMA'))
  const [one, two, third] = parties as [SpeakingParty, SpeakingParty, SpeakingParty]
  return { scene, parties, one, two, third }
}

const hears = (party: SpeakingParty, ...others: readonly SpeakingParty[]) =>
  party.endpoint.hear({ kind: 'legs', legs: others.map(({ endpoint }) => endpoint) })

/** 60 hundred where it is heard, next to nothing where it is not. */
const assertLevels = (party: SpeakingParty, expected: readonly boolean[], samples?: Int16Array): void => {
  const found = levels(party, frequencies, samples)
  const isRight = found.map((level, index) => (expected[index] ? Math.abs(level - 60) <= 3 : level <= 1))
  assert.deepEqual(isRight, [true, true, true], `${party.frequency} hears ${found}`)
}

/** One SSRC, no gap in the sequence, timestamps that go on by one packet, and by more only with a marker. */
const assertOneStream = (packets: readonly Buffer[]): void => {
  packets.forEach((packet, index) => {
    const previous = packets[index - 1]
    if (previous === undefined) return
    assert.equal(ssrcOf(packet), ssrcOf(previous))
    assert.equal(sequenceOf(packet), (sequenceOf(previous) + 1) & 0xffff, `sequence of packet ${index}`)
    const step = (timestampOf(packet) - timestampOf(previous)) | 0
    const isMarked = ((packet[1] as number) & 0x80) !== 0
    assert.ok(isMarked ? step >= 160 && step <= 160 * 10 : step === 160, `timestamp step ${step} of packet ${index}`)
  })
}

/** The greatest step between two samples. */
const steepest = (samples: Int16Array): number =>
  samples.reduce((most, sample, index) => Math.max(most, Math.abs(sample - (samples[index - 1] ?? sample))), 0)

describe('who hears whom', () => {
  for (const codecs of [
    ['PCMA', 'PCMA', 'PCMA'],
    ['PCMU', 'PCMA', 'G722'],
    ['G722', 'G722', 'PCMU'],
    ['G722', 'G722', 'G722'],
  ] as const) {
    test(`three parties who speak ${codecs.join(', ')} hear each the two others, at their level, and never themselves`, async () => {
      const { scene, parties, one, two, third } = three(...codecs)
      hears(one, two, third)
      hears(two, one, third)
      hears(third, one, two)
      await speak(scene, 300, ...parties)
      for (const party of parties) party.hears()
      await speak(scene, 1000, ...parties)
      assertLevels(one, [false, true, true])
      assertLevels(two, [true, false, true])
      assertLevels(third, [true, true, false])
      for (const { packets } of parties) assertOneStream(packets)
    })
  }

  test('listening: the supervisor hears both, and both hear what they heard, untouched', async () => {
    const { scene, parties, one, two, third } = three()
    hears(one, two)
    hears(two, one)
    hears(third, one, two)
    await speak(scene, 300, ...parties)
    for (const party of parties) party.hears()
    await speak(scene, 1000, ...parties)
    assertLevels(third, [true, true, false])
    one.hears()
    two.leg.arrives(two.stream, new Uint8Array(160).fill(0x12))
    const [{ packet } = { packet: Buffer.alloc(0) }] = one.leg.hears()
    assert.ok(
      packet.subarray(12).every((octet) => octet === 0x12),
      'what is heard alone is what was sent, at once',
    )
    assertLevels(two, [true, false, false])
  })

  test('whispering: the agent alone hears the supervisor', async () => {
    const { scene, parties, one: agent, two: customer, third: supervisor } = three()
    hears(agent, customer, supervisor)
    hears(customer, agent)
    hears(supervisor, agent, customer)
    await speak(scene, 300, ...parties)
    for (const party of parties) party.hears()
    await speak(scene, 1000, ...parties)
    assertLevels(agent, [false, true, true])
    assertLevels(customer, [true, false, false])
    assertLevels(supervisor, [true, true, false])
  })

  test('muting: who is in nobody’s list is not heard, and hears on', async () => {
    const { scene, parties, one, two, third } = three()
    hears(one, two)
    hears(two, one)
    hears(third, one, two)
    await speak(scene, 300, ...parties)
    one.endpoint.hear({ kind: 'silence' })
    for (const party of parties) party.hears()
    await speak(scene, 1000, ...parties)
    assertLevels(one, [false, false, false])
    assert.equal(one.packets.length >= 50, true, 'silence is sent, so that the phone knows that we are there')
    assertLevels(two, [true, false, false])
  })

  test('a list that names the leg itself is read without it', async () => {
    const { scene, parties, one, two } = three()
    hears(one, one, two)
    await speak(scene, 300, ...parties)
    one.hears()
    await speak(scene, 1000, ...parties)
    assertLevels(one, [false, true, false])
  })

  test('two may hear one alone; the second hears it directly when the first leaves', async () => {
    const { scene, parties, one, two, third } = three()
    hears(one, two)
    hears(third, two)
    await speak(scene, 300, ...parties)
    for (const party of parties) party.hears()
    await speak(scene, 1000, ...parties)
    assertLevels(one, [false, true, false])
    assertLevels(third, [false, true, false])
    one.endpoint.release()
    third.hears()
    two.speaks()
    assert.equal(third.leg.hears().length, 1, 'at once, not at the next beat')
    assert.equal(scene.pacer.playing, 0)
  })

  test('from two to three and back: one stream at each phone, and a direct one in the end', async () => {
    const { scene, parties, one, two, third } = three()
    hears(one, two)
    hears(two, one)
    await speak(scene, 300, one, two)
    hears(one, two, third)
    hears(two, one, third)
    hears(third, one, two)
    await speak(scene, 600, ...parties)
    for (const party of parties) party.hears()
    await speak(scene, 600, ...parties)
    assertLevels(one, [false, true, true])
    third.endpoint.release()
    await speak(scene, 100, one, two)
    for (const party of [one, two]) party.hears()
    await speak(scene, 600, one, two)
    assertLevels(one, [false, true, false])
    assertLevels(two, [true, false, false])
    for (const { packets } of [one, two]) assertOneStream(packets)
    assert.equal(scene.pacer.playing, 0, 'nothing is mixed any more')
  })
})

describe('what is mixed', () => {
  test('what is too loud saturates', async () => {
    const scene = new RelayScene()
    const [one, two, third] = [500, 80, 110].map((frequency) => new SpeakingParty(scene, frequency)) as [
      SpeakingParty,
      SpeakingParty,
      SpeakingParty,
    ]
    for (const party of [two, third]) party.amplitude = 30_000
    hears(one, two, third)
    await speak(scene, 300, two, third)
    one.hears()
    await speak(scene, 1000, two, third)
    const samples = one.hears()
    assert.ok(Math.max(...samples) > 31_000 && Math.min(...samples) < -31_000)
    // What wraps around jumps from one end to the other.
    assert.ok(steepest(samples) < 8000, `${steepest(samples)}`)
  })

  test('nobody hears a click when somebody joins, begins to speak, falls silent, or leaves', async () => {
    const { scene, one, two, third } = three()
    // Loud and deep: the steps of the tone itself are small, and a click is not.
    const low = new SpeakingParty(scene, 80)
    low.amplitude = 16_000
    hears(one, two, third, low)
    await speak(scene, 105, low)
    hears(one, two, third)
    await speak(scene, 105, low)
    hears(one, two, third, low)
    await speak(scene, 305, low)
    await scene.passes(300)
    await speak(scene, 305, low)
    low.endpoint.release()
    await scene.passes(300)
    const samples = one.hears()
    // 16,000 · 2π · 80 / 8,000 is 1,005; a fade of 5 ms adds 16,000 / 40, and A-law its own steps.
    assert.ok(steepest(samples) < 2000, `${steepest(samples)}`)
    assert.ok(Math.max(...samples) > 15_000)
  })

  test('a key that is an event at one leg is sent to those who hear it mixed', async () => {
    const scene = new RelayScene()
    const parties = frequencies.map(
      (frequency) => new SpeakingParty(scene, frequency, 'PCMA', { dtmfPayloadType: 101 }),
    )
    const [one, two, third] = parties as [SpeakingParty, SpeakingParty, SpeakingParty]
    hears(one, two, third)
    hears(two, one, third)
    await speak(scene, 200, ...parties)
    for (const party of parties) party.hears()
    for (let copy = 0; copy < 3; copy++) {
      two.leg.arrives(two.stream, Uint8Array.of(5, 0x8a, 3, 0x20), 101)
      two.stream.timestamp -= 160
    }
    await scene.passes(400)
    const events = one.leg.hears().filter(({ packet }) => ((packet[1] as number) & 0x7f) === 101)
    assert.ok(events.length >= 4 && events.every(({ packet }) => packet[12] === 5))
    assert.deepEqual(two.leg.digits, ['5 100'])
    assert.equal(
      two.leg.hears().some(({ packet }) => ((packet[1] as number) & 0x7f) === 101),
      false,
    )
  })

  test('a leg on hold is sent nothing, and its stream has no gap when it comes back', async () => {
    const { scene, parties, one, two, third } = three()
    hears(one, two, third)
    await speak(scene, 300, ...parties)
    one.hears()
    one.leg.says('192.0.2.1:4000', undefined, { direction: 'sendonly' })
    await speak(scene, 1000, ...parties)
    assert.equal(one.leg.hears().length, 0)
    one.leg.says('192.0.2.1:4000')
    await speak(scene, 300, ...parties)
    one.hears()
    one.packets.forEach((packet, index) => {
      if (index > 0) assert.equal(sequenceOf(packet), (sequenceOf(one.packets[index - 1] as Buffer) + 1) & 0xffff)
    })
  })

  test('all is over: no timer, nobody is mixed', async () => {
    const { scene, parties, one, two, third } = three()
    hears(one, two, third)
    hears(two, one, third)
    hears(third, one, two)
    await speak(scene, 200, ...parties)
    for (const party of parties) party.endpoint.release()
    assert.equal(scene.pacer.playing, 0)
    assert.equal(scene.clock.pending, 0)
  })
})
