import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { audio, MediaPlaneScene, mediaOf, pause, talk, until } from '../../test/support/media-plane-scene.ts'
import { toneFor } from './tones.ts'

let scene: MediaPlaneScene
before(async () => {
  scene = await MediaPlaneScene.start()
})
after(() => scene.close())

test('latching: the SDP address first, then where packets come from once they go on, and from nowhere else', async () => {
  const natted = await scene.openPhone()
  const stranger = await scene.openPhone()
  const told = await scene.openPhone()
  const endpoint = await scene.plane.allocate()
  let arrivals = 0
  endpoint.onMedia = () => arrivals++
  endpoint.setRemote(mediaOf(told, 'PCMA'))
  endpoint.hear({ kind: 'tone', tone: toneFor('dial', 'DE') })
  await told.hears(2)
  // Not RTP, not our codec, too short: nothing that latches.
  stranger.rtp.send(Buffer.from('GET / HTTP/1.0\r\n\r\n'), endpoint.port, '127.0.0.1')
  stranger.say(endpoint.port, audio(0), 18)
  stranger.rtp.send(Buffer.of(0x80, 8), endpoint.port, '127.0.0.1')
  await pause(30)
  assert.equal((await endpoint.statistics()).packetsReceived, 0)
  const voice = talk(natted, endpoint.port, 0x55)
  await natted.hears(3)
  await until('the first arrival', () => arrivals > 0)
  assert.equal(arrivals, 1)
  const toldBefore = told.heard.length
  const noise = talk(stranger, endpoint.port, 0x66)
  await natted.hears(natted.heard.length + 20)
  assert.deepEqual([stranger.heard.length, told.heard.length], [0, toldBefore])
  // Who is told at last is believed at once.
  endpoint.setRemote(mediaOf(stranger, 'PCMA'))
  await stranger.hears(3)
  await until('the second arrival', () => arrivals > 1)
  assert.equal(arrivals, 2)
  for (const stream of [voice, noise]) stream.stop()
  await endpoint.release()
})

test('latching: a true SDP address is the only one, whoever speaks first', async () => {
  const phone = await scene.openPhone()
  const endpoint = await scene.plane.allocate()
  endpoint.signallingHost = '127.0.0.1'
  endpoint.setRemote(mediaOf(phone, 'PCMA'))
  const stranger = await scene.openPhone('127.0.0.2')
  const noise = talk(stranger, endpoint.port, 1)
  endpoint.hear({ kind: 'tone', tone: toneFor('dial', 'DE') })
  await phone.hears(30)
  assert.equal((await endpoint.statistics()).packetsReceived, 0)
  phone.say(endpoint.port, audio(2), 8)
  await phone.hears(40)
  noise.stop()
  assert.equal((await endpoint.statistics()).packetsReceived, 1)
  assert.equal(stranger.heard.length, 0)
  await endpoint.release()
})
