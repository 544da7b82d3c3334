import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { MediaCarrier, MediaStream } from '../peers/media-carrier.ts'
import { answerFrom, confirm, pause, progress, receive, receiveInvite, scenario } from '../peers/sipp-scenario.ts'
import type { Sound } from '../peers/wav-file.ts'
import { callWhen, holdsNothing, reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'
import { bestToneLevel } from '../support/tone-level.ts'

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

const levelIn = ({ samples, rate }: Sound, frequency: number, from = 0, to?: number): number =>
  bestToneLevel(samples.subarray(from * rate, to === undefined ? undefined : to * rate), rate, frequency)

const levelAtEnd = (sound: Sound, frequency: number): number =>
  bestToneLevel(sound.samples.subarray(-sound.rate), sound.rate, frequency)

interface Scene {
  /** Streams that the carrier's may come from, one for each host. */
  readonly streams: readonly MediaStream[]
  readonly carrier: MediaCarrier
  /** Ends the call from the first phone, and gives what that has heard. */
  hangUp(): Promise<Sound>
  /** Resolves when the call is in this state. */
  reaches(state: string): Promise<unknown>
  /** Resolves when the carrier has been rung. */
  isRung(): Promise<void>
}

/** A phone that calls over a carrier whose SIP goes as the steps say. */
async function callOver(
  t: TestContext,
  hosts: readonly string[],
  stepsOf: (...streams: readonly MediaStream[]) => readonly string[],
): Promise<Scene | undefined> {
  if (!requirePeer(t, 'baresip') || !requirePeer(t, 'sipp')) return undefined
  const streams = await Promise.all(hosts.map((host) => MediaStream.open(host)))
  const last = [receive('ACK'), receive('BYE'), confirm]
  const carrier = await MediaCarrier.start(scenario('carrier', receiveInvite, ...stepsOf(...streams), ...last))
  t.after(async () => {
    for (const stream of streams) stream.close()
    await carrier.stop()
  })
  const trunk = `trunks: [ { name: carrier, address: "sip:127.0.0.1:${carrier.port}" } ]`
  const server = await startTestServer(t, trunk)
  const phone = await Baresip.start({
    number: '101',
    secret: 's3cret-101',
    registrarPort: sipPort(server),
    frequency: 600,
  })
  t.after(() => phone.stop())
  await phone.registers()
  const { body } = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { dial: '0491570601' } })
  return {
    streams,
    carrier,
    reaches: (state) => reaches(server, body.id, state),
    isRung: async () => {
      await callWhen(server, body.id, (call) => call.second?.state === 'ringing')
    },
    async hangUp() {
      await phone.command('hangup')
      assert.equal((await reaches(server, body.id, 'ended')).end.cause, 'completed')
      await holdsNothing(server)
      await phone.stop()
      return phone.heard()
    },
  }
}

test('183 with one port, 200 with another, and the first goes on: the second is heard, and hears', async (t) => {
  const scene = await callOver(t, ['127.0.0.2', '127.0.0.2'], (early, answered) => [
    ...(early && answered
      ? [progress(early.host, early.port), pause(2000), answerFrom(answered.host, answered.port)]
      : []),
  ])
  const [early, answered] = scene?.streams ?? []
  if (scene === undefined || early === undefined || answered === undefined) return
  const to = () => scene.carrier.mediaPort
  early.plays(1300, to)
  await scene.reaches('bridged')
  answered.plays(1700, to)
  // Leftovers of a stream last for some packets; these last for as long as the call.
  await wait(2500)
  const sound = await scene.hangUp()
  assert.ok(levelIn(sound, 1300, 0, 2) > 0.8, 'early media are heard')
  assert.ok(levelAtEnd(sound, 1700) > 0.8, 'the answered stream is heard')
  assert.ok(levelAtEnd(sound, 1300) < 0.1, 'the early one is not any more')
  assert.equal(early.heard, 0)
  assert.ok(answered.heard > 80, `the answered stream hears ${answered.heard} packets`)
})

test('ringback from one host and speech from another, of which the answer says nothing', async (t) => {
  const scene = await callOver(t, ['127.0.0.2', '127.0.0.3'], (ringback) => [
    ...(ringback
      ? [progress(ringback.host, ringback.port), pause(2000), answerFrom(ringback.host, ringback.port)]
      : []),
  ])
  const [ringback, speech] = scene?.streams ?? []
  if (scene === undefined || ringback === undefined || speech === undefined) return
  const to = () => scene.carrier.mediaPort
  ringback.plays(1300, to)
  await scene.reaches('bridged')
  ringback.stops()
  speech.plays(1700, to)
  await wait(2500)
  const sound = await scene.hangUp()
  assert.ok(levelIn(sound, 1300, 0, 2) > 0.8, 'ringback is heard')
  assert.ok(levelAtEnd(sound, 1700) > 0.8, 'speech is heard')
  assert.ok(speech.heard > 60, `the speaking host hears ${speech.heard} packets`)
})

test('a stranger sends to the port before the carrier does, and all the time: nobody hears it', async (t) => {
  const scene = await callOver(t, ['127.0.0.2', '127.0.0.66'], (media) => [
    ...(media ? [progress(media.host, media.port), pause(1000), answerFrom(media.host, media.port)] : []),
  ])
  const [media, stranger] = scene?.streams ?? []
  if (scene === undefined || media === undefined || stranger === undefined) return
  const to = () => scene.carrier.mediaPort
  stranger.plays(1300, to)
  media.plays(1700, to)
  await scene.reaches('bridged')
  await wait(2000)
  const sound = await scene.hangUp()
  assert.ok(levelAtEnd(sound, 1700) > 0.8, 'the carrier is heard')
  assert.ok(levelIn(sound, 1300) < 0.1, 'the stranger is not')
  assert.equal(stranger.heard, 0)
})

test('a 183 of digital silence leaves the caller the ringback, until the callee can be heard', async (t) => {
  const scene = await callOver(t, ['127.0.0.2'], (media) => [
    ...(media ? [progress(media.host, media.port), pause(4000), answerFrom(media.host, media.port)] : []),
  ])
  const [media] = scene?.streams ?? []
  if (scene === undefined || media === undefined) return
  const to = () => scene.carrier.mediaPort
  media.plays(0, to)
  await scene.isRung()
  await scene.reaches('bridged')
  media.stops()
  media.plays(1700, to)
  await wait(1500)
  const sound = await scene.hangUp()
  // Australia's ringback is 413 and 438 Hz, twice in three seconds.
  const bursts = [levelIn(sound, 413, 0, 2), levelIn(sound, 413, 2, 5)]
  assert.ok(Math.min(...bursts) > 0.3, `ringback at ${bursts}`)
  assert.ok(levelAtEnd(sound, 1700) > 0.8, 'then the callee')
})
