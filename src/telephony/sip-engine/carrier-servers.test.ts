import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { attemptsOf, createTestEngine, testTrunk, trunkDestination } from '../../../test/support/test-engine.ts'

describe('a carrier with several servers behind its name (RFC 3263 section 4.3)', () => {
  const trunk = testTrunk(0, { name: 'carrier', address: 'sip:carrier.example' })
  const setUp = async () => {
    const server = (port: number, priority: number) => ({ name: 'edge.example', port, priority, weight: 1 })
    const dns = {
      services: async () => [server(7002, 20), server(7001, 10)],
      addresses: async () => ['127.0.0.1'],
    }
    const engine = await createTestEngine([], { dns, isTrunk: () => true })
    const backup = engine.peer(7002)
    backup.onMessage = (message) => {
      if (message.method === 'INVITE') backup.respond(message, 486, 'Busy Here', { toTag: 'a' })
      if (message.method === 'OPTIONS') backup.respond(message, 200, 'OK', { toTag: 'a' })
    }
    return { ...engine, backup }
  }

  test('the first is silent: the question whether the carrier is there finds the second, and so do the calls', async () => {
    const { clock, dial, engine, backup, assertClean } = await setUp()
    const unlucky = dial({ destination: trunkDestination(trunk), ringSeconds: 15 })
    await clock.advance(4500)
    assert.equal(engine.isTrunkDown('carrier'), true)
    await clock.advance(1000)
    assert.deepEqual(backup.heard, ['OPTIONS'])
    assert.equal(engine.isTrunkDown('carrier'), false)
    const next = dial({ destination: trunkDestination(trunk) })
    await clock.advance(100)
    assert.equal(next.end?.cause, 'busy')
    unlucky.handle.hangup('cancelled')
    await assertClean()
  })

  test('a closed port of the first sends the next call to the second', async () => {
    const { clock, network, dial, assertClean } = await setUp()
    network.closePort({ host: '127.0.0.1', port: 7001 })
    const first = dial({ destination: trunkDestination(trunk) })
    await clock.advance(200)
    assert.match(attemptsOf(first.events)[0]?.reason ?? '', /nobody listens at 127\.0\.0\.1:7001/)
    const next = dial({ destination: trunkDestination(trunk) })
    await clock.advance(200)
    assert.equal(next.end?.cause, 'busy')
    await assertClean()
  })
})
