import assert from 'node:assert/strict'
import { test } from 'node:test'
import { api, startTestServer } from '../support/test-server.ts'

test('a connected call is redirected: the party that stays hears the new one, by the relay', async (t) => {
  const server = await startTestServer(t, 'demo: { phones: ["acme/101", "acme/102"], trunk: demo }\n')
  while (server.counts().registrations < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  const place = { first: { line: '101' }, second: { line: '102' }, wait: { for: 'bridged', seconds: 10 } }
  const { id } = (await api(server, 'POST', '/v1/calls', place)).body
  const show = async () => (await api(server, 'GET', `/v1/calls/${id}`)).body
  const redirect = (body: object) => api(server, 'POST', `/v1/calls/${id}/redirect`, body)

  assert.equal((await redirect({ stays: 'third', to: { line: '101' } })).body.errors[0].pointer, '/stays')
  assert.equal((await redirect({ stays: 'first', to: { line: '999' } })).body.type, '/problems/line-not-found')
  const redirected = await redirect({ stays: 'second', to: { dial: '0412345678' } })
  assert.equal(redirected.status, 202)
  assert.equal((await redirect({ stays: 'second', to: { dial: '0412345678' } })).status, 409)
  while ((await show()).state !== 'bridged') await new Promise((resolve) => setTimeout(resolve, 20))
  await new Promise((resolve) => setTimeout(resolve, 500))
  await api(server, 'DELETE', `/v1/calls/${id}`)
  while ((await show()).state !== 'ended') await new Promise((resolve) => setTimeout(resolve, 20))

  const call = await show()
  assert.equal(call.first.destination, '+61412345678')
  assert.equal(call.second.destination, 'line 102')
  assert.equal(call.end.cause, 'completed')
  // The demo's carrier plays a tone from its answer on: half a second of it went each way.
  assert.ok(call.first.media.packetsReceived > 15, JSON.stringify(call.first.media))
  assert.ok(call.second.media.packetsSent > 50, JSON.stringify(call.second.media))
  const types = (await api(server, 'GET', `/v1/calls/${id}/events`)).body.events.map(
    (event: { type: string; leg?: string }) => `${event.type} ${event.leg ?? ''}`.trim(),
  )
  assert.deepEqual(types.slice(types.indexOf('call.bridged')), [
    ...['call.bridged', 'call.redirected first', 'leg.ended first', 'leg.dialled first', 'leg.ringing first'],
    ...['leg.answered first', 'call.bridged', 'call.ending', ...types.slice(-3, -1), 'call.ended'],
  ])
})
