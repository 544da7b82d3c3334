import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { Linphone } from '../peers/linphone.ts'
import { callWhen, holdsNothing, reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'
import { bestToneLevel } from '../support/tone-level.ts'

test('linphonec registers with digest, rings, is picked up, hears and is heard, and hangs up', async (t) => {
  if (!requirePeer(t, 'linphonec') || !requirePeer(t, 'baresip')) return
  const server = await startTestServer(t)
  const registrarPort = sipPort(server)
  const [first, second] = await Promise.all([
    Baresip.start({ number: '101', secret: 's3cret-101', registrarPort, frequency: 600 }),
    Linphone.start({ number: '102', secret: 's3cret-102', registrarPort, frequency: 900 }),
  ])
  t.after(() => Promise.all([first.stop(), second.stop()]))
  while (server.counts().registrations < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  const { phones } = (await api(server, 'GET', '/v1/phones')).body
  assert.ok(phones.some(({ line, userAgent }: Phone) => line === '102' && /linphone/i.test(userAgent)))

  const { body } = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '102' } })
  await second.sees(/new incoming call from "Alice" <sip:101@/)
  await callWhen(server, body.id, (call) => call.second.state === 'ringing')
  second.say('answer')
  await reaches(server, body.id, 'bridged')
  await second.sees(/Media streams established/)
  await new Promise((resolve) => setTimeout(resolve, 2000))
  second.say('terminate')
  const ended = await reaches(server, body.id, 'ended')
  assert.equal(ended.end.cause, 'completed')
  assert.equal(ended.endedBy, 'second')
  await first.sees(/session closed/)
  await holdsNothing(server)

  await Promise.all([first.stop(), second.stop()])
  const [atFirst, atSecond] = [first.heard(), second.heard()]
  assert.ok(bestToneLevel(atFirst.samples, atFirst.rate, 900) > 0.8, 'the first hears linphonec')
  assert.ok(bestToneLevel(atSecond.samples, atSecond.rate, 600) > 0.8, 'linphonec hears the first')
})

interface Phone {
  readonly line: string
  readonly userAgent: string
}
