import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { Linphone } from '../peers/linphone.ts'
import { callWhen, holdsNothing, reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'
import { bestToneLevel } from '../support/tone-level.ts'

test('a phone that may answer by itself does so when asked by header, and only then', async (t) => {
  // The phone is Linphone's library, run by PHP.
  if (!requirePeer(t, 'linphonec') || !requirePeer(t, 'php') || !requirePeer(t, 'baresip')) return
  const server = await startTestServer(t)
  const registrarPort = sipPort(server)
  const [known, unknown, other] = await Promise.all([
    Linphone.start({ ...line('101'), registrarPort, frequency: 600, answersWhenAskedAs: 'Linphone' }),
    // No family of phones that the server knows: it sends every header that one could heed.
    Linphone.start({ ...line('102'), registrarPort, frequency: 700, answersWhenAskedAs: 'Telephone' }),
    Baresip.start({ ...line('103'), registrarPort, frequency: 900 }),
  ])
  t.after(() => Promise.all([known.stop(), unknown.stop(), other.stop()]))
  while (server.counts().registrations < 3) await new Promise((resolve) => setTimeout(resolve, 20))

  for (const [number, phone] of [
    ['101', known],
    ['102', unknown],
  ] as const) {
    const first = { line: number, autoAnswer: true }
    const { body } = await api(server, 'POST', '/v1/calls', { first, second: { line: '103' } })
    await phone.sees(/incoming call, asked to answer/)
    await reaches(server, body.id, 'bridged')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await api(server, 'DELETE', `/v1/calls/${body.id}`)
    const ended = await reaches(server, body.id, 'ended')
    assert.equal(ended.end.cause, 'completed')
    assert.ok(ended.first.media.packetsReceived > 50, 'the phone was heard')
  }

  known.output = ''
  const first = { line: '101', ringSeconds: 2 }
  const { body } = await api(server, 'POST', '/v1/calls', { first, second: { line: '103' } })
  await known.sees(/incoming call, rings/)
  await callWhen(server, body.id, ({ first: leg }) => leg.state === 'ringing')
  const ended = await reaches(server, body.id, 'ended')
  assert.equal(ended.end.cause, 'no-answer')
  assert.equal(ended.first.answeredAt, undefined)
  assert.equal(ended.second.state, 'idle')

  await holdsNothing(server)
  await Promise.all([known.stop(), unknown.stop(), other.stop()])
  assert.ok(bestToneLevel(known.heard().samples, known.heard().rate, 900) > 0.8, 'it hears the second party')
})

const line = (number: string) => ({ number, secret: `s3cret-${number}` })
