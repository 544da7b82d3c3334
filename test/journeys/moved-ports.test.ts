import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { Linphone } from '../peers/linphone.ts'
import { NatPath } from '../peers/nat-path.ts'
import type { Sound } from '../peers/wav-file.ts'
import { callWhen, holdsNothing, reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'
import { bestToneLevel } from '../support/tone-level.ts'

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Of its last second. */
const levelAtEnd = ({ samples, rate }: Sound, frequency: number): number =>
  bestToneLevel(samples.subarray(-rate), rate, frequency)

/** A server, a NAT before one of its phones, and the phone that talks to that one. */
async function behindNat(t: TestContext) {
  const server = await startTestServer(t)
  const registrarPort = sipPort(server)
  const nat = await NatPath.open(registrarPort)
  t.after(() => nat.close())
  const first = await Baresip.start({ number: '101', secret: 's3cret-101', registrarPort, frequency: 600 })
  t.after(() => first.stop())
  await first.registers()
  const place = async (): Promise<string> =>
    (await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '102' } })).body.id
  return { server, registrarPort, nat, first, place }
}

test('linphonec behind a NAT that gives it another port in mid-call: both go on hearing each other', async (t) => {
  if (!requirePeer(t, 'linphonec') || !requirePeer(t, 'baresip')) return
  const { server, nat, first, place } = await behindNat(t)
  const second = await Linphone.start({
    number: '102',
    secret: 's3cret-102',
    registrarPort: nat.sipPort,
    frequency: 900,
  })
  t.after(() => second.stop())
  while (server.counts().registrations < 2) await pause(20)
  const id = await place()
  await second.sees(/new incoming call/)
  await callWhen(server, id, (call) => call.second.state === 'ringing')
  second.say('answer')
  await reaches(server, id, 'bridged')
  await second.sees(/Media streams established/)
  await pause(1500)
  const { sentAstray } = nat
  await nat.moves()
  await pause(3000)
  second.say('terminate')
  const ended = await reaches(server, id, 'ended')
  assert.deepEqual([ended.end.cause, ended.endedBy], ['completed', 'second'])
  assert.equal(nat.sentAstray, sentAstray, 'nothing is sent to where the SDP says once the phone was heard')
  await holdsNothing(server)
  await Promise.all([first.stop(), second.stop()])
  assert.ok(levelAtEnd(first.heard(), 900) > 0.8, 'the first hears linphonec from its new port')
  assert.ok(levelAtEnd(second.heard(), 600) > 0.8, 'linphonec hears the first at its new port')
})

test('baresip behind a NAT that gives it another port while it holds: after the resume both hear each other', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const { server, nat, registrarPort, first, place } = await behindNat(t)
  const second = await Baresip.start({
    number: '102',
    secret: 's3cret-102',
    registrarPort,
    outboundPort: nat.sipPort,
    frequency: 900,
  })
  t.after(() => second.stop())
  await second.registers()
  const id = await place()
  await reaches(server, id, 'bridged')
  await pause(1500)
  await second.command('hold')
  await pause(1000)
  await nat.moves()
  await second.command('resume')
  await pause(2500)
  await first.command('hangup')
  assert.equal((await reaches(server, id, 'ended')).end.cause, 'completed')
  await holdsNothing(server)
  await Promise.all([first.stop(), second.stop()])
  assert.ok(levelAtEnd(first.heard(), 900) > 0.8, 'the first hears the second again')
  assert.ok(levelAtEnd(second.heard(), 600) > 0.8, 'the second hears the first again')
})

test('a phone that loses its power in a call: the other is let go after calls.silentSeconds', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const server = await startTestServer(t, 'calls: { silentSeconds: 3 }')
  const start = (number: string) =>
    Baresip.start({ number, secret: `s3cret-${number}`, registrarPort: sipPort(server), frequency: 600 })
  const [first, second] = await Promise.all([start('101'), start('102')])
  t.after(() => Promise.all([first.stop(), second.stop()]))
  await Promise.all([first.registers(), second.registers()])
  const { body } = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '102' } })
  await reaches(server, body.id, 'bridged')
  await pause(1000)
  await second.kill()
  const ended = await reaches(server, body.id, 'ended')
  assert.deepEqual([ended.end.cause, ended.endedBy], ['media-failed', 'second'])
  await first.sees(/session closed/)
  // Its BYE is repeated for 32 s, as RFC 3261 wants it; nothing waits for that.
  const { legs, media, liveCalls } = server.counts()
  assert.deepEqual([legs, media.endpoints, liveCalls], [0, 0, 0])
})
