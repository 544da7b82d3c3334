import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ScriptedPeer } from '../../../test/support/scripted-peer.ts'
import { talk, twoPhones } from '../../../test/support/talking-legs.ts'
import { answer, createTestEngine, lineDestination, ringing, within } from '../../../test/support/test-engine.ts'

describe('digits by INFO', () => {
  const pressed = (commands: Awaited<ReturnType<typeof talk>>['media']['commands']) =>
    commands.flatMap((command) =>
      command.op === 'press' ? [`${command.id}: ${command.digit} ${command.milliseconds}`] : [],
    )
  const info = (phone: ScriptedPeer, sequence: number, digit: string) =>
    within(phone, 'INFO', sequence, `Signal=${digit}\r\nDuration=160\r\n`, 'application/dtmf-relay')

  test('cross to the other leg, from either side, in order', async () => {
    const { alice, bob, clock, media, end } = await talk()
    info(alice, 1, '4')
    info(alice, 2, '2')
    info(bob, 1, '#')
    await clock.advance(700)
    info(alice, 3, '7')
    await clock.advance(10)
    assert.deepEqual(pressed(media.commands), ['2: 4 160', '2: 2 160', '1: # 160', '2: 7 160'])
    await end()
  })

  test('that the media bring as well have crossed already', async () => {
    const { alice, clock, media, end } = await talk()
    const endpoint = media.endpoints[0]
    info(alice, 1, '4')
    endpoint?.deliver({ event: 'dtmf', id: endpoint.id, digit: '4', milliseconds: 100 })
    await clock.advance(1000)
    info(alice, 2, '5')
    await clock.advance(1000)
    assert.deepEqual(pressed(media.commands), [])
    await end()
  })

  test('of a leg that is joined with none stay where they are', async () => {
    const { clock, dial, peer, media, assertClean } = await createTestEngine(twoPhones)
    const alice = ringing(peer(6001))
    const leg = dial({ destination: lineDestination('101') })
    await clock.advance(10)
    answer(alice)
    await clock.advance(10)
    info(alice, 1, '4')
    await clock.advance(1000)
    assert.deepEqual(pressed(media.commands), [])
    leg.handle.hangup('completed')
    await assertClean()
  })
})
