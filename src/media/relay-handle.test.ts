import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { claimPorts } from '../../test/support/claim-ports.ts'
import { MediaPlaneScene, mediaOf, until } from '../../test/support/media-plane-scene.ts'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log.ts'
import { systemRandom } from '../random.ts'
import { MediaEndpoint } from './media-endpoint.ts'
import { RelayHandle } from './relay-handle.ts'

const scene = await MediaPlaneScene.start()
after(() => scene.close())

/** A worker with eight port pairs of its own, and endpoints in it. */
const startRelay = async () => {
  const first = await claimPorts(16)
  const ports = Array.from({ length: 8 }, (_, index) => first + 2 * index)
  const options = { host: '127.0.0.1', ports, idlePairs: 8, quarantineMilliseconds: 50, restMilliseconds: 1000 }
  const relay = new RelayHandle(options, silentLog, systemClock, systemRandom)
  await relay.start()
  after(() => relay.close())
  const failures: string[] = []
  const open = async (id: number, port?: number): Promise<MediaEndpoint> => {
    const taken = port ?? relay.takePort() ?? (await relay.waitForPort())
    const endpoint = new MediaEndpoint(id, { host: '127.0.0.1', port: taken }, relay)
    endpoint.onFailed = (reason) => failures.push(`${id}: ${reason}`)
    relay.open(endpoint)
    return endpoint
  }
  return { relay, failures, open, first }
}

test('a worker that dies takes its endpoints with it, and is replaced', async () => {
  const { relay, failures, open } = await startRelay()
  const [one, two] = [await open(1), await open(2)]
  const playback = one.hear({ kind: 'silence' })
  // What is no command at all breaks it: the nearest to a crash that a test can bring about from outside.
  relay.post(null as never)
  await until('two failures', () => failures.length === 2)
  assert.deepEqual(failures, ['1: the media relay worker died', '2: the media relay worker died'])
  assert.equal(await playback.done, 'failed')
  assert.equal((await one.release()).packetsReceived, 0)
  assert.equal(await two.hear({ kind: 'silence' }).done, 'failed')
  assert.deepEqual([relay.endpointCount, relay.restarts], [0, 1])
  assert.ok((await open(3)).port > 0)
})

for (const [what, harm] of [
  [
    'a command that cannot be carried out',
    async (endpoint: MediaEndpoint) =>
      endpoint.setRemote({
        ...mediaOf(await scene.openPhone(), 'PCMA'),
        accepted: 5 as never,
        remote: undefined as never,
      }),
  ],
  ['a source that is none', (endpoint: MediaEndpoint) => endpoint.hear({ kind: 'tone', tone: 7 as never })],
] as const) {
  test(`${what} ends its endpoint, and no other one`, async () => {
    const { relay, failures, open } = await startRelay()
    const [harmed, other] = [await open(1), await open(2)]
    const phone = await scene.openPhone()
    harmed.setRemote(mediaOf(await scene.openPhone(), 'PCMA'))
    other.setRemote(mediaOf(phone, 'PCMA'))
    other.hear({ kind: 'silence' })
    await harm(harmed)
    await until('a failure', () => failures.length === 1)
    assert.match(failures[0] ?? '', /^1: /)
    assert.deepEqual([relay.endpointCount, relay.restarts, relay.holds(harmed.port)], [1, 0, false])
    await phone.hears(phone.heard.length + 5)
    await other.release()
    await until('the rest of both pairs', () => relay.idlePairs === 8)
  })
}

test('a port that was never offered fails the endpoint that names it, not the worker', async () => {
  const { relay, failures, open, first } = await startRelay()
  const other = await open(1)
  await open(2, first + 4000)
  await until('a failure', () => failures.length === 1)
  assert.match(failures[0] ?? '', /^2: port \d+ was opened without having been offered/)
  await other.statistics()
  assert.deepEqual([relay.endpointCount, relay.restarts], [1, 0])
})

test('two that live in different workers cannot hear each other', async () => {
  const [here, there] = [await startRelay(), await startRelay()]
  const [one, other] = [await here.open(1), await there.open(2)]
  assert.throws(() => one.hear({ kind: 'legs', legs: [other] }), { code: 'apart' })
})
