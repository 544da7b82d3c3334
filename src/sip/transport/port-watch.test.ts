import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { freeUdpPort } from '../../../test/support/free-port.ts'
import { systemClock } from '../../clock.ts'
import { nodeSockets } from './node-sockets.ts'
import { PortWatches } from './port-watch.ts'

describe("a peer's UDP port, by the system's own sockets", () => {
  test('nobody listens: told once to everyone who waits, and nothing is left open', async () => {
    const watches = new PortWatches(systemClock, nodeSockets)
    const remote = { host: '127.0.0.1', port: await freeUdpPort() }
    const told: number[] = []
    const all = [0, 1, 2].map(
      (index) =>
        new Promise<void>((resolve) => {
          watches.watch(remote, '127.0.0.1', () => {
            told.push(index)
            resolve()
          })
        }),
    )
    await Promise.all(all)
    assert.deepEqual(told, [0, 1, 2])
  })

  // An SRV record can name any: nothing listens there, and nothing may throw.
  for (const port of [0, 65_536, 70_000]) {
    for (const localHost of [undefined, '127.0.0.1']) {
      test(`port ${port}, from ${localHost ?? 'any address'}: nothing is told, and nothing is thrown`, async () => {
        const watches = new PortWatches(systemClock, nodeSockets)
        const stop = watches.watch({ host: '127.0.0.1', port }, localHost, () => assert.fail('told'))
        await new Promise((resolve) => systemClock.setTimeout(() => resolve(undefined), 50))
        stop()
      })
    }
  }

  test('somebody listens: nothing is told, and what they get is an empty line', async (t) => {
    const peer = createSocket('udp4').bind(0, '127.0.0.1')
    await once(peer, 'listening')
    const watches = new PortWatches(systemClock, nodeSockets)
    t.after(() => {
      watches.closeAll()
      peer.close()
    })
    const heard = once(peer, 'message')
    const stop = watches.watch({ host: '127.0.0.1', port: peer.address().port }, undefined, () =>
      assert.fail('it listens'),
    )
    const [datagram] = await heard
    assert.equal(String(datagram), '\r\n\r\n')
    stop()
    stop()
  })

  test('who has stopped to wait is told nothing', async () => {
    const watches = new PortWatches(systemClock, nodeSockets)
    const remote = { host: '127.0.0.1', port: await freeUdpPort() }
    const stop = watches.watch(remote, undefined, () => assert.fail('it was told to stop'))
    const told = new Promise<void>((resolve) => watches.watch(remote, undefined, resolve))
    stop()
    await told
  })
})
