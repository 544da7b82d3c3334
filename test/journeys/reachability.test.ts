import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { Baresip, type BaresipOptions } from '../peers/baresip.ts'
import { holdsNothing, reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer, testKey } from '../support/test-server.ts'
import { bestToneLevel } from '../support/tone-level.ts'

test('who is there and who is not: phones that come, go and may not come, and a silent carrier', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const silence = createSocket('udp4').bind(0, '127.0.0.1')
  await once(silence, 'listening')
  t.after(() => silence.close())
  const address = `sip:127.0.0.1:${silence.address().port}`
  const server = await startTestServer(t, `trunks: [ { name: silent, address: "${address}" } ]`)
  const start = async (number: string, more: Partial<BaresipOptions> = {}) => {
    const registrarPort = sipPort(server)
    const phone = await Baresip.start({ number, secret: `s3cret-${number}`, registrarPort, frequency: 600, ...more })
    t.after(() => phone.stop())
    return phone
  }
  const registered = async (): Promise<string[]> =>
    (await api(server, 'GET', '/v1/phones')).body.phones.map(({ line }: { line: string }) => line).sort()
  const place = (first: string, second: string, ringSeconds = 30) =>
    api(server, 'POST', '/v1/calls', { first: { line: first }, second: { line: second, ringSeconds } })
  const isRefused = async (number: string) => {
    const { status, body } = await place(number, '101')
    assert.deepEqual([status, body.type], [409, '/problems/unavailable'])
    const query = `key=${testKey}&origin=${number}&destination=101`
    const vendor = await fetch(new URL(`/calls/initiate/?${query}`, server.url))
    assert.equal(vendor.status, 400)
    assert.equal(((await vendor.json()) as { error: string }).error, 'UNAVAILABLE')
  }

  const steady = await start('101')
  const dying = await start('102')
  await Promise.all([steady.registers(), dying.registers()])
  const registeredAt = Date.now()

  await t.test('nobody is registered with a wrong password, and can be called', async () => {
    const stranger = await start('103', { secret: 'wrong-password' })
    await stranger.sees(/40[13] /)
    assert.doesNotMatch(stranger.output, /200 OK/)
    assert.deepEqual(await registered(), ['101', '102'])
    await isRefused('103')
    const { body } = await place('101', '103')
    const ended = await reaches(server, body.id, 'ended')
    assert.equal(ended.second.end.cause, 'unavailable')
    assert.doesNotMatch(stranger.output, /Incoming call/)
    await stranger.stop()
  })

  await t.test('a phone that was killed is found out when it is called', async () => {
    await dying.kill()
    assert.deepEqual(await registered(), ['101', '102'])
    steady.output = ''
    const { body } = await place('101', '102', 2)
    const ended = await reaches(server, body.id, 'ended')
    assert.equal(ended.end.cause, 'unavailable')
    assert.equal(ended.endedBy, 'second')
    await steady.sees(/session closed/)
  })

  await t.test('a carrier that says nothing at all is given up when the ring time is over', async () => {
    const request = { first: { line: '101' }, second: { dial: '0491570110', ringSeconds: 2 } }
    const { body } = await api(server, 'POST', '/v1/calls', request)
    const ended = await reaches(server, body.id, 'ended')
    assert.deepEqual([ended.end.cause, ended.endedBy], ['congestion', 'second'])
  })

  await t.test('a phone by TCP calls and is called, until it takes its leave', async () => {
    const registrarPort = server.sip.find(({ protocol }) => protocol === 'tcp')?.port ?? 0
    const phone = await start('103', { registrarPort, transport: 'tcp', frequency: 900 })
    await phone.registers()
    const { phones } = (await api(server, 'GET', '/v1/phones')).body
    assert.match(phones.find(({ line }: { line: string }) => line === '103').contact, /transport=tcp/i)
    for (const [first, second] of [
      ['103', '101'],
      ['101', '103'],
    ] as const) {
      for (const each of [phone, steady]) each.output = ''
      const { body } = await place(first, second)
      await reaches(server, body.id, 'bridged')
      await new Promise((resolve) => setTimeout(resolve, 1500))
      await phone.command('hangup')
      const ended = await reaches(server, body.id, 'ended')
      assert.equal(ended.end.cause, 'completed')
      assert.equal(ended.endedBy, first === '103' ? 'first' : 'second')
      await steady.sees(/session closed/)
    }
    assert.deepEqual(await registered(), ['101', '102', '103'])
    await phone.stop()
    while ((await registered()).includes('103')) await new Promise((resolve) => setTimeout(resolve, 20))
    await isRefused('103')
    const { samples, rate } = phone.heard()
    assert.ok(bestToneLevel(samples, rate, 600) > 0.8, 'it hears the phone by UDP')
  })

  await t.test(
    'a phone that was killed is forgotten when its minute is over; one that lives has registered again',
    async () => {
      while ((await registered()).includes('102')) {
        assert.ok(Date.now() - registeredAt < 65_000, 'its registration is too old')
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      assert.ok(Date.now() - registeredAt > 55_000, 'it was forgotten too early')
      await isRefused('102')
      assert.deepEqual(await registered(), ['101'])
      steady.output = ''
      const { body } = await place('101', '102')
      await steady.sees(/Call established/)
      assert.equal((await reaches(server, body.id, 'ended')).end.cause, 'unavailable')
    },
  )

  await holdsNothing(server)
})
