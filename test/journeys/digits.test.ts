import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { RunningServer } from '../../src/main.ts'
import { dtmfFrequencies } from '../../src/media/dtmf.ts'
import { DtmfDetector } from '../../src/media/dtmf-detector.ts'
import { encodeAlaw } from '../../src/media/g711.ts'
import { Baresip } from '../peers/baresip.ts'
import { Sipp } from '../peers/sipp.ts'
import {
  answerIn,
  confirm,
  pause,
  playSound,
  pressByInfo,
  receive,
  receiveInvite,
  receiveResponse,
  ring,
  scenario,
} from '../peers/sipp-scenario.ts'
import { temporaryDirectory } from '../peers/temporary-directory.ts'
import { reaches } from '../support/call-progress.ts'
import { freePortPair, freeUdpPort } from '../support/free-port.ts'
import { requirePeer } from '../support/peers.ts'
import { api, sipPort, startTestServer } from '../support/test-server.ts'

const startScene = async (t: TestContext) => {
  const port = await freeUdpPort()
  const trunk = `  - { name: carrier, address: "sip:127.0.0.1:${port}", prefixes: ["+61"] }`
  const server = await startTestServer(t, `trunks:\n${trunk}`)
  return { server, port }
}

/** A phone that knows telephone events, in a call with a carrier that does as it is told. */
async function connect(t: TestContext, server: RunningServer, port: number, payloadTypes: string, ...steps: string[]) {
  const script = [receiveInvite, ring, answerIn(payloadTypes), receive('ACK'), ...steps, receive('BYE'), confirm]
  const carrier = await Sipp.start({
    ...{ scenario: scenario('carrier', ...script), calls: 1, port, keys: { contact: `${port}` } },
    args: ['-mp', `${await freePortPair()}`, ...(steps.length === 0 ? ['-rtp_echo'] : [])],
  })
  t.after(() => carrier.stop())
  const options = { number: '101', secret: 's3cret-101', registrarPort: sipPort(server), frequency: 600 }
  const phone = await Baresip.start({ ...options, codecs: ['PCMA'] })
  t.after(() => phone.stop())
  await phone.registers()
  const call = { first: { line: '101' }, second: { number: '0491570156' } }
  const { id } = (await api(server, 'POST', '/v1/calls', call)).body
  await reaches(server, id, 'bridged')
  const end = async () => {
    await phone.command('hangup')
    await reaches(server, id, 'ended')
    await Promise.all([carrier.finished(5000), phone.stop()])
  }
  return { phone, end }
}

const waits = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** The keys that reached the phone as telephone events, as it counts them. */
const eventsOf = (phone: Baresip): (string | undefined)[] =>
  Array.from(phone.output.matchAll(/received event: '(.)' \(end=1\)/g), ([, key]) => key)

/** The keys that it heard sound. */
const keysIn = (phone: Baresip): string => {
  const { samples, rate } = phone.heard()
  const keys: string[] = []
  new DtmfDetector(rate === 16_000 ? rate : 8000, (key) => keys.push(key)).add(samples)
  return keys.join('')
}

test('keys of a phone sound at a carrier that knows no telephone events; what it sends back comes as events again, each once', async (t) => {
  if (!requirePeer(t, 'baresip') || !requirePeer(t, 'sipp')) return
  const { server, port } = await startScene(t)
  const { phone, end } = await connect(t, server, port, '8')
  for (const key of '5#5') {
    await phone.command('sndcode', key)
    await waits(500)
  }
  await waits(500)
  await end()
  assert.deepEqual(eventsOf(phone), ['5', '#', '5'])
  assert.equal(keysIn(phone), '')
})

test('keys that a carrier tells by INFO reach a phone as telephone events', async (t) => {
  if (!requirePeer(t, 'baresip') || !requirePeer(t, 'sipp')) return
  const { server, port } = await startScene(t)
  const press = (key: string, sequence: number) => [pressByInfo(key, sequence), receiveResponse(200), pause(400)]
  const { phone, end } = await connect(t, server, port, '8', pause(500), ...press('7', 2), ...press('*', 3))
  await phone.sees(/received event: '7' \(end=1\)/)
  await phone.sees(/received event: '\*' \(end=1\)/)
  await end()
  assert.deepEqual(eventsOf(phone), ['7', '*'])
})

test('keys that sound at a carrier without telephone events reach a phone as such, and no longer sound', async (t) => {
  if (!requirePeer(t, 'baresip') || !requirePeer(t, 'sipp')) return
  const { server, port } = await startScene(t)
  const frequencies = dtmfFrequencies('3') ?? []
  const sample = (index: number) =>
    frequencies.reduce((sum, hertz) => sum + 7000 * Math.sin((2 * Math.PI * hertz * index) / 8000), 0)
  const isPressed = (index: number) => index >= 8000 && index < 9600
  const sound = Uint8Array.from({ length: 16_000 }, (_, index) =>
    encodeAlaw(isPressed(index) ? Math.round(sample(index)) : 0),
  )
  const file = join(temporaryDirectory('sound-'), 'key.al')
  writeFileSync(file, sound)
  const { phone, end } = await connect(t, server, port, '8', playSound(file), pause(100))
  await phone.sees(/received event: '3' \(end=1\)/)
  await waits(1000)
  await end()
  assert.deepEqual(eventsOf(phone), ['3'])
  assert.equal(keysIn(phone), '')
})
