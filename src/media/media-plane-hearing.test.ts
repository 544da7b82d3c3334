import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MediaPlaneScene, until } from '../../test/support/media-plane-scene.ts'
import type { TestPhone } from '../../test/support/test-phone.ts'
import { toneAmplitude } from '../../test/support/tone-level.ts'
import { g711Samples } from './g711.ts'
import { createSound, soundRate } from './sound.ts'
import { toneSound } from './tone-sound.ts'

let scene: MediaPlaneScene
before(async () => {
  scene = await MediaPlaneScene.start()
})
after(() => scene.close())

const clip = (frequency: number, milliseconds: number) => {
  const sound = createSound((milliseconds * soundRate) / 1000)
  for (let index = 0; index < sound.samples.length; index++) {
    sound.samples[index] = Math.round(6000 * Math.sin((2 * Math.PI * frequency * index) / soundRate))
  }
  return sound
}

/** The samples of what a phone has heard since its packet of this number. */
const heardBy = (phone: TestPhone, from = 0): Int16Array =>
  Int16Array.from(
    phone.heard.slice(from).flatMap((packet) => [...packet.subarray(12)].map((octet) => g711Samples.PCMA[octet] ?? 0)),
  )

const amplitudes = (samples: Int16Array, ...frequencies: number[]) =>
  frequencies.map((frequency) => Math.round(toneAmplitude(samples, 8000, frequency) / 100))

test('clips cross into the worker, are heard whole, and their end comes back', async () => {
  const { phone, endpoint } = await scene.leg('PCMA')
  const sounds = [clip(600, 200), clip(1400, 200)]
  const playback = endpoint.hear({ kind: 'clip', sounds })
  assert.equal(await playback.done, 'ended')
  await phone.hears(20)
  assert.equal(phone.heard.length, 20)
  const samples = heardBy(phone)
  assert.deepEqual(amplitudes(samples.subarray(160, 1440), 600, 1400), [60, 0])
  assert.deepEqual(amplitudes(samples.subarray(1760, 3040), 600, 1400), [0, 60])
  await endpoint.release()
})

test('a playback is stopped by the next source and by the release, and is told so once', async () => {
  const { phone, endpoint } = await scene.leg('PCMA')
  const first = endpoint.hear({ kind: 'clip', sounds: [clip(600, 60_000)] })
  const music = endpoint.hear({ kind: 'music', sound: clip(900, 1000) })
  assert.equal(await first.done, 'stopped')
  await phone.hears(60)
  const [level = 0] = amplitudes(heardBy(phone, 5).subarray(0, 8000), 900)
  assert.ok(Math.abs(level - 60) <= 3, `${level}`)
  await endpoint.release()
  assert.equal(await music.done, 'stopped')
  assert.equal(await endpoint.hear({ kind: 'silence' }).done, 'failed')
})

test('three phones, each with a tone of its own, hear the two others', async () => {
  const first = await scene.leg('PCMA')
  const legs = [first, await scene.leg('PCMA', 101, first.endpoint), await scene.leg('PCMA', 101, first.endpoint)]
  const frequencies = [500, 1100, 1700]
  for (const { endpoint } of legs) {
    endpoint.hear({ kind: 'legs', legs: legs.filter((leg) => leg.endpoint !== endpoint).map((leg) => leg.endpoint) })
  }
  const sounds = frequencies.map((frequency) => toneSound([{ frequencies: [frequency], milliseconds: 1000 }], 'PCMA'))
  let packet = 0
  // All in one timer: on a busy machine they are late together.
  const timer = setInterval(() => {
    for (const [index, { phone, endpoint }] of legs.entries()) {
      const at = (packet * 160) % 8000
      phone.say(endpoint.port, (sounds[index] as Uint8Array).subarray(at, at + 160), 8)
    }
    packet++
  }, 20)
  // Stretches of half a second, until each phone has heard one in which nothing was late.
  const hearsOthers = ({ phone }: { phone: TestPhone }, own: number) => {
    const levels = amplitudes(heardBy(phone, phone.heard.length - 25), ...frequencies)
    return levels.every((level, index) => (index === own ? level <= 3 : Math.abs(level - 80) <= 6))
  }
  try {
    for (const [own, leg] of legs.entries()) {
      await leg.phone.hears(25)
      await until('the two others', () => hearsOthers(leg, own))
    }
  } finally {
    clearInterval(timer)
  }
  await Promise.all(legs.map(({ endpoint }) => endpoint.release()))
})
