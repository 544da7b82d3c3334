import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Baresip } from '../peers/baresip.ts'
import { claimPortRange } from '../support/claim-ports.ts'
import { freePort, freeUdpPort } from '../support/free-port.ts'
import { requirePeer } from '../support/peers.ts'
import { ServerProcess } from '../support/server-process.ts'
import { api } from '../support/test-server.ts'

const moments = [
  { name: 'while both talk', killWhen: 'bridged', answerMode: 'auto' },
  { name: 'while the second phone rings', killWhen: 'second-ringing', answerMode: 'manual' },
] as const

for (const { name, killWhen, answerMode } of moments) {
  test(`kill -9 ${name}: within 2 s of the restart no phone is in the call, and it has ended once, as interrupted`, async (t) => {
    if (!requirePeer(t, 'baresip')) return
    const server = new ServerProcess(await freePort(), await freeUdpPort(), await claimPortRange(200))
    await server.start()
    const { sipPort: registrarPort } = server
    const first = await Baresip.start({ number: '101', secret: 's3cret-101', registrarPort, frequency: 600 })
    const second = await Baresip.start({
      number: '102',
      secret: 's3cret-102',
      registrarPort,
      frequency: 900,
      answerMode,
    })
    t.after(() => Promise.all([first.stop(), second.stop(), server.remove()]))
    await Promise.all([first.sees(/200 OK/), second.sees(/200 OK/)])

    const { body: placed } = await api(server, 'POST', '/v1/calls', { first: { line: '101' }, second: { dial: '102' } })
    await second.sees(/Incoming call|answering call/i)
    for (let state = ''; state !== killWhen; ) {
      state = (await api(server, 'GET', `/v1/calls/${placed.id}`)).body.state
      assert.notEqual(state, 'ended')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await server.kill('SIGKILL')
    await server.start()

    const gone = /terminat|closed|cancel|session .*lost/i
    await Promise.all([first.sees(gone, 2000), second.sees(gone, 2000)])
    const until = Date.now() + 3000
    let call = (await api(server, 'GET', `/v1/calls/${placed.id}`)).body
    while (call.state !== 'ended' && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      call = (await api(server, 'GET', `/v1/calls/${placed.id}`)).body
    }
    assert.equal(call.end?.cause, 'interrupted')
    const { events } = (await api(server, 'GET', `/v1/calls/${placed.id}/events`)).body
    const types = events.map((event: { type: string }) => event.type)
    assert.equal(types.filter((type: string) => type === 'call.ended').length, 1)
    assert.equal(types.filter((type: string) => type === 'leg.dialled').length, 2, 'nobody was dialled twice')
  })
}
