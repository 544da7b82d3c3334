import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { audio, MediaPlaneScene, pause, received, talk } from '../../test/support/media-plane-scene.ts'
import { MediaError } from './media-error.ts'
import { toneFor } from './tones.ts'

let scene: MediaPlaneScene
before(async () => {
  scene = await MediaPlaneScene.start()
})
after(() => scene.close())

test('the plane knows the ports of its endpoints, as long as these have them', async () => {
  const endpoint = await scene.plane.allocate()
  const { port } = endpoint
  assert.deepEqual(
    [port, port + 1, 15_000].map((other) => scene.plane.holds(other)),
    [true, true, false],
  )
  await endpoint.release()
  assert.equal(scene.plane.holds(port), false)
})

test('1,000 allocations and releases leave nothing in use, and a bounded number of sockets', async () => {
  for (let round = 0; round < 50; round++) {
    const endpoints = await Promise.all(Array.from({ length: 20 }, () => scene.plane.allocate()))
    assert.equal(new Set(endpoints.map(({ port }) => port)).size, 20)
    for (const endpoint of endpoints) endpoint.hear({ kind: 'tone', tone: toneFor('busy', 'DE') })
    await Promise.all(endpoints.map((endpoint) => endpoint.release()))
  }
  const { endpoints, ports, sockets, idleSockets } = scene.plane.counts()
  assert.deepEqual([endpoints, ports, sockets], [0, 0, 0])
  assert.ok(idleSockets <= 400, `${idleSockets} idle sockets`)
})

test('a released endpoint does nothing, and its last statistics stay', async () => {
  const { phone, endpoint } = await scene.leg('PCMA')
  phone.say(endpoint.port, audio(1), 8)
  await received(endpoint, 1)
  const [last, again] = await Promise.all([endpoint.release(), endpoint.release()])
  assert.equal(last.packetsReceived, 1)
  assert.equal(again, last)
  assert.equal(await endpoint.statistics(), last)
  endpoint.hear({ kind: 'tone', tone: toneFor('dial', 'US') })
  await pause(40)
  assert.equal(phone.heard.length, 0)
})

test('a range that is used up refuses with the reason, and serves again after a release and its rest', async () => {
  const first = scene.takeRange(6)
  const small = scene.createPlane({ portRange: [first, first + 5] })
  await small.start()
  const taken = await Promise.all([small.allocate(), small.allocate(), small.allocate()])
  await assert.rejects(small.allocate(), (error) => error instanceof MediaError && error.code === 'no-ports')
  const released = performance.now()
  await taken[0].release()
  const [again, refused] = await Promise.allSettled([small.allocate(), small.allocate()])
  assert.ok(performance.now() - released >= 50)
  assert.equal(again.status === 'fulfilled' && again.value.port, taken[0].port)
  assert.equal(refused.status === 'rejected' && refused.reason.code, 'no-ports')
  await small.close()
  await assert.rejects(small.allocate(), { code: 'closed' })
})

test('40 calls one after the other: none gets the port that the first phone still sends to', async () => {
  const { phone, endpoint } = await scene.leg('PCMA')
  const leftover = talk(phone, endpoint.port, 0x66)
  await endpoint.release()
  const { port } = endpoint
  for (let call = 0; call < 40; call++) {
    const next = await scene.leg('PCMA')
    assert.notEqual(next.endpoint.port, port)
    await next.endpoint.release()
  }
  leftover.stop()
})

test('a port that another program holds is passed over', async () => {
  const first = scene.takeRange(6)
  const other = createSocket('udp4')
  other.bind(first + 3, '127.0.0.1')
  await once(other, 'listening')
  const small = scene.createPlane({ portRange: [first, first + 5] })
  await small.start()
  const ports = [(await small.allocate()).port, (await small.allocate()).port].sort()
  assert.deepEqual(ports, [first, first + 4])
  await small.close()
  other.close()
})

test('an address that is not ours is told at the start', async () => {
  const wrong = scene.createPlane({ host: '192.0.2.1' })
  await assert.rejects(wrong.start(), /EADDRNOTAVAIL/)
  await wrong.close()
})
