import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'
import { bestToneLevel } from '../support/tone-level.ts'

test('two real phones: the first rings, hears ringback, the second rings, both hear each other, one hangs up', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const server = await startTestServer(t)
  const registrarPort = sipPort(server)
  const first = await Baresip.start({ number: '101', secret: 's3cret-101', registrarPort, frequency: 600 })
  const second = await Baresip.start({
    number: '102',
    secret: 's3cret-102',
    registrarPort,
    frequency: 900,
    answerMode: 'manual',
  })
  t.after(() => Promise.all([first.stop(), second.stop()]))
  await Promise.all([first.sees(/registered successfully|200 OK/), second.sees(/registered successfully|200 OK/)])

  const placed = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { dial: '102' } })
  assert.equal(placed.status, 201)
  await second.sees(/Incoming call/i)
  // Australia's ringback is 400 ms on, 200 ms off, 400 ms on: let the first phone hear some of it.
  await new Promise((resolve) => setTimeout(resolve, 2500))
  await second.command('accept')
  await api(server, 'GET', `/v1/calls/${placed.body.id}`)
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const bridged = await api(server, 'GET', `/v1/calls/${placed.body.id}`)
  assert.equal(bridged.body.state, 'bridged')
  await second.command('hangup')
  await first.sees(/terminated|closed/i)
  await new Promise((resolve) => setTimeout(resolve, 500))

  const { body } = await api(server, 'GET', `/v1/calls/${placed.body.id}`)
  assert.equal(body.state, 'ended')
  assert.equal(body.end.cause, 'completed')
  assert.equal(body.endedBy, 'second')
  assert.ok(body.first.media.packetsReceived > 100, 'the first phone was heard')
  await Promise.all([first.stop(), second.stop()])
  const atFirst = first.heard()
  const atSecond = second.heard()
  assert.ok(bestToneLevel(atFirst.samples, atFirst.rate, 900) > 0.8, 'the first hears the second')
  assert.ok(bestToneLevel(atSecond.samples, atSecond.rate, 600) > 0.8, 'the second hears the first')
  const ringback = bestToneLevel(atFirst.samples, atFirst.rate, 413) + bestToneLevel(atFirst.samples, atFirst.rate, 438)
  assert.ok(ringback > 0.6, `the first hears Australian ringback before (${ringback})`)
  assert.equal(server.counts().legs, 0)
  assert.equal(server.counts().media.endpoints, 0)
})
