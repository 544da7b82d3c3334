import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  answer,
  createTestEngine,
  lineDestination,
  ringing,
  testTrunk,
  trunkDestination,
} from '../../../test/support/test-engine.ts'

/** A phone in a call, and what its media tell of its silence. */
const talk = async (responds: 'OPTIONS' | 'nothing') => {
  const engine = await createTestEngine([{ line: '101', port: 6001 }])
  const phone = ringing(engine.peer(6001))
  const leg = engine.dial({ destination: lineDestination('101') })
  await engine.clock.advance(100)
  answer(phone)
  await engine.clock.advance(100)
  const { onMessage } = phone
  phone.onMessage = (message) => {
    if (responds === 'nothing') return
    if (message.method === 'OPTIONS') phone.respond(message, 200, 'OK')
    else onMessage?.(message)
  }
  const [endpoint] = engine.media.endpoints
  assert.ok(endpoint)
  const fallsSilent = (suppressesSilence: boolean) =>
    endpoint.deliver({ event: 'silent', id: endpoint.id, suppressesSilence })
  return { ...engine, phone, leg, endpoint, fallsSilent }
}

describe('a leg that should send and does not', () => {
  test('is watched from its answer on, for as long as the configuration says', async () => {
    const { media, endpoint, leg } = await talk('OPTIONS')
    const watches = media.commands.filter(({ op }) => op === 'watch')
    assert.deepEqual(watches, [{ op: 'watch', id: endpoint.id, milliseconds: 60_000 }])
    assert.deepEqual(leg.story, ['ringing', 'answered'])
  })

  test('is hung up as media-failed', async () => {
    const { clock, leg, phone, fallsSilent, assertClean } = await talk('OPTIONS')
    fallsSilent(false)
    await clock.advance(100)
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:media-failed'])
    assert.deepEqual(phone.heard, ['INVITE', 'ACK', 'BYE'])
    await assertClean()
  })

  test('a dead phone holds the end back for 4 s, no longer', async () => {
    const { clock, leg, fallsSilent, assertClean } = await talk('nothing')
    fallsSilent(false)
    await clock.advance(4100)
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:media-failed'])
    await assertClean()
  })

  test('a phone that may just have nothing to say is asked, and left in peace if it responds', async () => {
    const { clock, leg, phone, fallsSilent, assertClean } = await talk('OPTIONS')
    fallsSilent(true)
    await clock.advance(1000)
    fallsSilent(true)
    await clock.advance(1000)
    assert.deepEqual(leg.story, ['ringing', 'answered'])
    assert.deepEqual(phone.heard, ['INVITE', 'ACK', 'OPTIONS', 'OPTIONS'])
    leg.handle.hangup('completed')
    await assertClean()
  })

  test('one that does not respond is gone: media-failed', async () => {
    const { clock, leg, fallsSilent, assertClean } = await talk('nothing')
    fallsSilent(true)
    await clock.advance(40_000)
    assert.deepEqual(leg.story, ['ringing', 'answered', 'ended:media-failed'])
    await assertClean()
  })
})

test('the relay is told the host that a phone signals from, and of a carrier nothing', async () => {
  const { media, dial, peer, clock } = await createTestEngine([{ line: '101', port: 6001 }])
  const [phone, carrier] = [ringing(peer(6001)), ringing(peer(6007))]
  dial({ destination: lineDestination('101') })
  const over = dial({ destination: trunkDestination(testTrunk(6007)), callId: 'call-2' })
  await clock.advance(100)
  for (const side of [phone, carrier]) answer(side)
  await clock.advance(100)
  assert.deepEqual(over.story, ['ringing', 'answered'])
  const hosts = media.commands.flatMap((command) => (command.op === 'remote' ? [command.signallingHost] : []))
  assert.deepEqual(hosts.toSorted(), ['127.0.0.1', undefined])
})
