import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { LossyPath } from '../peers/lossy-path.ts'
import { holdsNothing, reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'
import { bestToneLevel } from '../support/tone-level.ts'

test('2 % of the packets are lost between the server and one phone: the call holds, and its record says so', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const server = await startTestServer(t)
  const registrarPort = sipPort(server)
  const path = await LossyPath.open({ serverSipPort: registrarPort, loseOneOf: 50 })
  const outboundPort = path.sipPort
  const [first, second] = await Promise.all([
    Baresip.start({ number: '101', secret: 's3cret-101', registrarPort, outboundPort, frequency: 600 }),
    Baresip.start({ number: '102', secret: 's3cret-102', registrarPort, frequency: 900 }),
  ])
  t.after(async () => {
    await Promise.all([first.stop(), second.stop()])
    path.close()
  })
  await Promise.all([first.registers(), second.registers()])

  const { body } = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '102' } })
  await reaches(server, body.id, 'bridged')
  // Long enough for the phone's first receiver report (RFC 3550 section 6.2: about 5 s).
  await new Promise((resolve) => setTimeout(resolve, 8000))
  assert.equal((await api(server, 'GET', `/v1/calls/${body.id}`)).body.state, 'bridged')
  await second.command('hangup')
  const ended = await reaches(server, body.id, 'ended')
  assert.deepEqual([ended.end.cause, ended.endedBy], ['completed', 'second'])

  const lossy = ended.first.media
  const share = lossy.packetsLost / (lossy.packetsLost + lossy.packetsReceived)
  assert.ok(share > 0.015 && share < 0.025, `the server misses ${share} of what the phone sent`)
  // A loss shows with the packet after it: the last may not have come.
  assert.ok(
    path.lost['to-server'] - lossy.packetsLost <= 1,
    `${path.lost['to-server']} lost, ${lossy.packetsLost} told`,
  )
  // The report is from some moment of the call.
  const told = lossy.remote?.packetsLost
  assert.ok(told > 0 && told <= path.lost['to-peer'], `${path.lost['to-peer']} lost, the phone tells of ${told}`)
  assert.equal(ended.second.media.packetsLost, 0)

  await holdsNothing(server)
  await Promise.all([first.stop(), second.stop()])
  const [atFirst, atSecond] = [first.heard(), second.heard()]
  assert.ok(bestToneLevel(atFirst.samples, atFirst.rate, 900) > 0.8, 'the first hears the second')
  assert.ok(bestToneLevel(atSecond.samples, atSecond.rate, 600) > 0.8, 'the second hears the first')
})
