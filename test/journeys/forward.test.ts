import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { Linphone } from '../peers/linphone.ts'
import { holdsNothing, reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, configText, operatorKey, sipPort, startTestServer } from '../support/test-server.ts'

test('a phone that sends its callers elsewhere is followed, to another line and out of the house', async (t) => {
  if (!requirePeer(t, 'linphonec') || !requirePeer(t, 'php') || !requirePeer(t, 'baresip')) return
  const server = await startTestServer(t, 'demo: { trunk: demo }\n')
  const registrarPort = sipPort(server)
  const phoneOf = (number: string) => ({ number, secret: `s3cret-${number}`, registrarPort, frequency: 700 })
  const phones = await Promise.all([
    Linphone.start({ ...phoneOf('101'), forwardsTo: '103' }),
    Linphone.start({ ...phoneOf('102'), forwardsTo: '0412345678' }),
    Baresip.start(phoneOf('103')),
  ])
  t.after(() => Promise.all(phones.map((phone) => phone.stop())))
  while (server.counts().registrations < 3) await new Promise((resolve) => setTimeout(resolve, 20))

  const place = (more: object) =>
    api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '102' }, ...more })
  const { body } = await place({})
  const bridged = await reaches(server, body.id, 'bridged')
  assert.equal(bridged.first.destination, 'line 103')
  assert.equal(bridged.second.destination, '+61412345678')
  await api(server, 'DELETE', `/v1/calls/${body.id}`)
  assert.equal((await reaches(server, body.id, 'ended')).end.cause, 'completed')

  const alone = await place({ noForwards: true })
  const ended = await reaches(server, alone.body.id, 'ended')
  assert.deepEqual([ended.end.cause, ended.first.destination], ['unavailable', 'line 101'])
  await holdsNothing(server)
})

test('a line is forwarded as an applied configuration says', async (t) => {
  const demo = 'demo: { trunk: demo }\n'
  const server = await startTestServer(t, demo)
  const place = () => api(server, 'POST', '/v1/calls', { first: { line: '103' }, second: { number: '0412345679' } })
  assert.equal((await place()).status, 409)

  const forwarded = configText.replace('name: Carol', 'name: Carol, forward: { unavailable: "0412345678" }')
  const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/yaml' }
  const url = new URL('/v1/directory', server.url)
  const applied = await fetch(url, { method: 'PUT', headers, body: `${forwarded}\n${demo}` })
  assert.deepEqual(((await applied.json()) as { changed: unknown }).changed, ['line acme/103'])
  const directory = (await api(server, 'GET', '/v1/directory')).body
  const [, , carol] = directory.lines
  assert.deepEqual([carol.number, carol.forward], ['103', { unavailable: '0412345678' }])

  const { body } = await place()
  const bridged = await reaches(server, body.id, 'bridged')
  assert.equal(bridged.first.destination, '+61412345678')
  await api(server, 'DELETE', `/v1/calls/${body.id}`)
  await holdsNothing(server)
})
