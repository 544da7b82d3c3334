import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { callWhen, holdsNothing, reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'

test('a line with several phones: all ring, one is picked up, the others stop', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const server = await startTestServer(t)
  const start = (number: string, answerMode: 'auto' | 'manual') =>
    Baresip.start({ number, secret: `s3cret-${number}`, registrarPort: sipPort(server), frequency: 600, answerMode })
  const caller = await start('101', 'auto')
  const [desk, kitchen] = await Promise.all([start('102', 'manual'), start('102', 'manual')])
  const eager = await Promise.all([start('103', 'auto'), start('103', 'auto'), start('103', 'auto')])
  const phones = [caller, desk, kitchen, ...eager]
  t.after(() => Promise.all(phones.map((phone) => phone.stop())))
  await Promise.all(phones.map((phone) => phone.registers()))
  t.beforeEach(() => {
    for (const phone of phones) phone.output = ''
  })
  t.afterEach(() => holdsNothing(server))

  const place = async (number: string): Promise<string> =>
    (await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: number } })).body.id

  await t.test('the one that is picked up has the call', async () => {
    const id = await place('102')
    await Promise.all([desk.sees(/Incoming call/), kitchen.sees(/Incoming call/)])
    await kitchen.command('accept')
    await reaches(server, id, 'bridged')
    await desk.sees(/session closed/)
    assert.doesNotMatch(desk.output, /Call established/)
    await kitchen.command('hangup')
    const ended = await reaches(server, id, 'ended')
    assert.deepEqual([ended.end.cause, ended.endedBy], ['completed', 'second'])
  })

  await t.test('one user rejects: the other phone rings on, and may be picked up', async () => {
    const id = await place('102')
    await Promise.all([desk.sees(/Incoming call/), kitchen.sees(/Incoming call/)])
    await desk.command('hangup')
    await desk.sees(/rejecting incoming call/)
    assert.equal((await callWhen(server, id, (call) => call.second.state === 'ringing')).state, 'second-ringing')
    await kitchen.command('accept')
    await reaches(server, id, 'bridged')
    await caller.command('hangup')
    await Promise.all([reaches(server, id, 'ended'), kitchen.sees(/session closed/)])
  })

  await t.test('cancelled: every phone stops ringing', async () => {
    const id = await place('102')
    await Promise.all([desk.sees(/Incoming call/), kitchen.sees(/Incoming call/)])
    await callWhen(server, id, (call) => call.second.state === 'ringing')
    await api(server, 'DELETE', `/v1/calls/${id}`)
    await Promise.all([desk.sees(/session closed/), kitchen.sees(/session closed/)])
    assert.equal((await reaches(server, id, 'ended')).end.cause, 'cancelled')
  })

  await t.test('three answer at once: one talks, and the others are hung up', async () => {
    for (let round = 0; round < 5; round++) {
      for (const phone of phones) phone.output = ''
      const id = await place('103')
      await reaches(server, id, 'bridged')
      const isOver = (phone: Baresip) => /session closed/.test(phone.output)
      const until = Date.now() + 5000
      while (eager.filter(isOver).length < 2 && Date.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 20))
      const [winner, ...others] = eager.filter((phone) => !isOver(phone))
      assert.ok(winner !== undefined && others.length === 0, 'two were told that the call is not theirs')
      await winner.sees(/Call established/)
      await api(server, 'DELETE', `/v1/calls/${id}`)
      await Promise.all(eager.map((phone) => phone.sees(/session closed/)))
      assert.equal((await reaches(server, id, 'ended')).end.cause, 'completed')
    }
  })
})
