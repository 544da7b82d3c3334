import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { reaches } from '../support/call-progress.ts'
import { requirePeer } from '../support/peers.ts'
import { api, configText, sipPort, startTestServer } from '../support/test-server.ts'

/** Phones are asked every four seconds, so that the test need not wait for a minute. */
const configuration = configText.replace('sip: { ', 'sip: { qualifySeconds: 4, ')

interface Phone {
  readonly line: string
  readonly reachable: boolean
}

test('a phone that is switched off is told unreachable, delays nobody, and is back at once when it answers', async (t) => {
  if (!requirePeer(t, 'baresip')) return
  const server = await startTestServer(t, '', configuration)
  const registrarPort = sipPort(server)
  const start = async (number: string) => {
    const phone = await Baresip.start({
      number,
      secret: `s3cret-${number}`,
      registrarPort,
      frequency: 600,
      answerMode: 'manual',
    })
    t.after(() => phone.stop())
    await phone.registers()
    return phone
  }
  const states = async (): Promise<string[]> =>
    (await api(server, 'GET', '/v1/phones')).body.phones
      .map(({ line, reachable }: Phone) => `${line} ${reachable ? 'reachable' : 'unreachable'}`)
      .sort()
  const becomes = async (expected: readonly string[]): Promise<void> => {
    const until = Date.now() + 40_000
    while (JSON.stringify(await states()) !== JSON.stringify(expected)) {
      assert.ok(Date.now() < until, `still ${await states()}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const caller = await start('103')
  const [desk, soft] = [await start('101'), await start('101')]
  await becomes(['101 reachable', '101 reachable', '103 reachable'])
  // Each has answered a first question by now.
  await new Promise((resolve) => setTimeout(resolve, 5000))

  soft.freeze()
  await becomes(['101 reachable', '101 unreachable', '103 reachable'])
  const { body } = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '103' } })
  await desk.sees(/Incoming call/i)
  await desk.command('hangup')
  const refusedAt = Date.now()
  const ended = await reaches(server, body.id, 'ended')
  assert.notEqual(ended.end.cause, 'completed')
  assert.ok(Date.now() - refusedAt < 5000, 'the phone that is off delays nothing')

  desk.freeze()
  await becomes(['101 unreachable', '101 unreachable', '103 reachable'])
  const refused = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '103' } })
  assert.deepEqual([refused.status, refused.body.type], [409, '/problems/unavailable'])

  soft.output = ''
  soft.thaw()
  await becomes(['101 reachable', '101 unreachable', '103 reachable'])
  assert.doesNotMatch(soft.output, /200 OK.*binding/, 'it has not registered anew')
  await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { line: '103' } })
  await soft.sees(/Incoming call/i)
  desk.thaw()
  assert.doesNotMatch(caller.output, /Incoming call/i)
})
