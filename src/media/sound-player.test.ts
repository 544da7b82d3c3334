import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayScene } from '../../test/support/relay-scene.ts'
import { SpeakingParty, speak } from '../../test/support/speaking-party.ts'
import { toneAmplitude } from '../../test/support/tone-level.ts'
import { sequenceOf, timestampOf } from './rtp-header.ts'
import { createSound, type Sound, soundRate } from './sound.ts'
import { toneFor } from './tones.ts'

const toneSound = (frequency: number, milliseconds: number): Sound => {
  const sound = createSound((milliseconds * soundRate) / 1000)
  for (let index = 0; index < sound.samples.length; index++) {
    sound.samples[index] = Math.round(6000 * Math.sin((2 * Math.PI * frequency * index) / soundRate))
  }
  return sound
}

const amplitudes = (samples: Int16Array, rate: number, ...frequencies: number[]) =>
  frequencies.map((frequency) => Math.round(toneAmplitude(samples, rate, frequency) / 100))

for (const codec of ['PCMA', 'PCMU', 'G722'] as const) {
  test(`${codec}: clips are heard whole, one behind the other, once, and then their end is told`, async () => {
    const scene = new RelayScene()
    const party = new SpeakingParty(scene, 500, codec)
    const ends: string[] = []
    const sounds = [toneSound(600, 250), toneSound(1400, 333)]
    party.endpoint.hear({ kind: 'clip', sounds }, (outcome) => ends.push(outcome))
    await scene.passes(580)
    assert.deepEqual(ends, [])
    await scene.passes(1000)
    assert.deepEqual(ends, ['ended'])
    const samples = party.hears()
    assert.equal(party.packets.length, 30, '583 ms, in packets of 20')
    const at = (milliseconds: number) => (milliseconds * party.rate) / 1000
    assert.deepEqual(amplitudes(samples.subarray(at(20), at(240)), party.rate, 600, 1400), [60, 0])
    assert.deepEqual(amplitudes(samples.subarray(at(260), at(570)), party.rate, 600, 1400), [0, 60])
    assert.ok(samples.subarray(at(590)).every((sample) => Math.abs(sample) < 100))
    assert.equal(scene.pacer.playing, 0)
  })
}

test('an empty clip ends at once, and so does none', async () => {
  const scene = new RelayScene()
  const party = new SpeakingParty(scene, 500)
  const ends: string[] = []
  for (const sounds of [[], [createSound(0)]]) {
    party.endpoint.hear({ kind: 'clip', sounds }, (outcome) => ends.push(outcome))
    await scene.passes(40)
  }
  assert.deepEqual(ends, ['ended', 'ended'])
  assert.equal(party.leg.hears().length, 0)
})

test('a clip in whose place another source is heard tells no end', async () => {
  const scene = new RelayScene()
  const party = new SpeakingParty(scene, 500)
  const ends: string[] = []
  party.endpoint.hear({ kind: 'clip', sounds: [toneSound(600, 200)] }, (outcome) => ends.push(outcome))
  await scene.passes(100)
  party.endpoint.hear({ kind: 'tone', tone: toneFor('dial', 'DE') })
  await scene.passes(1000)
  assert.deepEqual(ends, [])
  party.endpoint.release()
})

test('a leg that takes opus alone cannot hear a clip, and that is told', async () => {
  const scene = new RelayScene()
  const leg = scene.leg('opus')
  leg.says('192.0.2.1:4000')
  const ends: string[] = []
  leg.endpoint.hear({ kind: 'clip', sounds: [toneSound(600, 200)] }, (outcome) => ends.push(outcome))
  assert.deepEqual(ends, ['failed'])
  assert.equal(scene.clock.pending, 0)
})

test('a clip given before the media are agreed on is heard from its beginning when they are', async () => {
  const scene = new RelayScene()
  const leg = scene.leg()
  const ends: string[] = []
  leg.endpoint.hear({ kind: 'clip', sounds: [toneSound(600, 200)] }, (outcome) => ends.push(outcome))
  await scene.passes(1000)
  leg.says('192.0.2.1:4000')
  await scene.passes(1000)
  assert.equal(leg.hears().length, 10)
  assert.deepEqual(ends, ['ended'])
})

test('music goes on and on, and who comes back to it hears where it is', async () => {
  const scene = new RelayScene()
  const [party, other] = [new SpeakingParty(scene, 500), new SpeakingParty(scene, 500)]
  // Two seconds of one tone, two of another.
  const music = createSound(4 * soundRate)
  music.samples.set(toneSound(600, 2000).samples)
  music.samples.set(toneSound(1400, 2000).samples, 2 * soundRate)
  const heardOf = async (who: SpeakingParty) => {
    who.hears()
    await scene.passes(500)
    return amplitudes(who.hears(), who.rate, 600, 1400)
  }
  const start = scene.clock.monotonic()
  await scene.passes(4000 - (start % 4000) + 100)
  for (const { endpoint } of [party, other]) endpoint.hear({ kind: 'music', sound: music })
  assert.deepEqual(await heardOf(party), [60, 0])
  party.endpoint.hear({ kind: 'silence' })
  await scene.passes(1600)
  party.endpoint.hear({ kind: 'music', sound: music })
  assert.deepEqual(await heardOf(party), [0, 60])
  await scene.passes(1800)
  assert.deepEqual(await heardOf(party), [60, 0])
  assert.deepEqual(await heardOf(other), [60, 0])
})

test('whatever is heard one after the other is one stream, with a marker where it changes', async () => {
  const scene = new RelayScene()
  const [party, talker, third] = [600, 900, 1200].map((frequency) => new SpeakingParty(scene, frequency)) as [
    SpeakingParty,
    SpeakingParty,
    SpeakingParty,
  ]
  const { endpoint } = party
  const legs = [talker.endpoint]
  const marks: number[] = []
  for (const hear of [
    () => endpoint.hear({ kind: 'silence' }),
    () => endpoint.hear({ kind: 'tone', tone: toneFor('ringback', 'AU') }),
    () => endpoint.hear({ kind: 'clip', sounds: [toneSound(600, 110)] }),
    () => endpoint.hear({ kind: 'legs', legs }),
    () => endpoint.hear({ kind: 'music', sound: toneSound(700, 1000) }),
    () => endpoint.hear({ kind: 'legs', legs: [talker.endpoint, third.endpoint] }),
    () => endpoint.hear({ kind: 'legs', legs }),
  ]) {
    hear()
    marks.push(party.packets.length)
    await speak(scene, 200, talker, third)
    party.hears()
  }
  assert.ok(party.packets.length >= 60, `${party.packets.length} packets`)
  party.packets.forEach((packet, index) => {
    const previous = party.packets[index - 1]
    if (previous === undefined) return
    const step = (timestampOf(packet) - timestampOf(previous)) | 0
    assert.equal(sequenceOf(packet), (sequenceOf(previous) + 1) & 0xffff, `sequence of packet ${index}`)
    const isMarked = ((packet[1] as number) & 0x80) !== 0
    assert.equal(isMarked, marks.includes(index), `marker of packet ${index}`)
    assert.ok(isMarked ? step >= 160 && step <= 1600 : step === 160, `step ${step} of packet ${index}`)
  })
})
