import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sipp } from '../peers/sipp.ts'
import {
  answer,
  challenge,
  confirm,
  linger,
  receive,
  receiveAuthorizedInvite,
  receiveInvite,
  ring,
  scenario,
} from '../peers/sipp-scenario.ts'
import { holdsNothing, reaches } from '../support/call-progress.ts'
import { freeUdpPort } from '../support/free-port.ts'
import { requirePeer } from '../support/peers.ts'
import { api, startTestServer } from '../support/test-server.ts'

const asked = [receiveInvite, challenge, receive('ACK')]
const answered = [ring, answer, receive('ACK'), receive('BYE'), confirm]

test('a carrier that asks for digest gets it, as SIPp reckons it; one that is not content is asked no further', async (t) => {
  if (!requirePeer(t, 'sipp')) return
  const start = async (...steps: readonly string[]) => {
    const port = await freeUdpPort()
    return Sipp.start({ scenario: scenario('carrier', ...steps), calls: 1, port, keys: { contact: `${port}` } })
  }
  const carriers = {
    '0491570110': await start(...asked, receiveAuthorizedInvite('cord', 'carrier-password-1'), ...answered),
    '0491570156': await start(receiveInvite, ...answered),
    '0491570157': await start(...asked, ...asked, linger(700)),
  }
  const trunks = Object.entries(carriers).map(([number, { port }]) => {
    const address = `"sip:127.0.0.1:${port}", username: cord, password: carrier-password-1`
    return `  - { name: "${number}", address: ${address}, prefixes: ["+61${number.slice(1)}"] }`
  })
  const server = await startTestServer(t, `trunks:\n${trunks.join('\n')}`)
  t.after(() => Promise.all(Object.values(carriers).map((carrier) => carrier.stop())))
  const place = async (first: string, second: string): Promise<string> => {
    const { body } = await api(server, 'POST', '/v1/calls', { first: { number: first }, second: { number: second } })
    return body.id
  }

  const id = await place('0491570110', '0491570156')
  await reaches(server, id, 'bridged')
  await api(server, 'DELETE', `/v1/calls/${id}`)
  assert.equal((await reaches(server, id, 'ended')).end.cause, 'completed')
  await Promise.all([carriers['0491570110'].finished(5000), carriers['0491570156'].finished(5000)])

  const refused = await reaches(server, await place('0491570157', '0491570156'), 'ended')
  assert.equal(refused.first.end.cause, 'carrier-refused')
  assert.match(refused.first.end.advice, /username and password/)
  assert.equal(refused.second.state, 'idle')
  await carriers['0491570157'].finished(5000)
  await holdsNothing(server)
})
