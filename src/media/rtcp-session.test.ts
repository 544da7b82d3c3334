import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { audio, MediaPlaneScene, received, until } from '../../test/support/media-plane-scene.ts'
import { ssrcOf } from './rtp-header.ts'
import { toneFor } from './tones.ts'

let scene: MediaPlaneScene
before(async () => {
  scene = await MediaPlaneScene.start()
})
after(() => scene.close())

test('RTCP: reports of ours say what was lost, reports of theirs are kept, a BYE is the last', async () => {
  const { phone, endpoint } = await scene.leg('PCMA')
  endpoint.hear({ kind: 'tone', tone: toneFor('dial', 'US') })
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
  const stranger = await scene.openPhone()
  phone.rtcp.send(report, endpoint.port + 1, '127.0.0.1')
  await received(endpoint, 98)
  await until('their report', async () => (await endpoint.statistics()).remote !== undefined)
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
