import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { talk, twoPhones } from '../../../test/support/talking-legs.ts'
import { answer, createTestEngine, lineDestination, ringing } from '../../../test/support/test-engine.ts'
import type { Source } from '../../call/source.ts'
import type { LegHandle } from '../driver.ts'

const ringback = { kind: 'tone', tone: 'ringback', country: 'AU' } as const
const busy = { ...ringback, tone: 'busy' } as const
const legs = (...heard: readonly LegHandle[]) => ({ kind: 'legs', legs: heard }) as const

/** One answered leg and one that rings; what the media of the first are told by each source. */
const listen = async () => {
  const engine = await createTestEngine(twoPhones)
  const [alice] = [ringing(engine.peer(6001)), ringing(engine.peer(6002))]
  const one = engine.dial({ destination: lineDestination('101') })
  await engine.clock.advance(10)
  answer(alice)
  await engine.clock.advance(10)
  const other = engine.dial({ destination: lineDestination('102'), leg: 'second', partner: one.handle })
  await engine.clock.advance(10)
  const commandsOf = (source: Source<LegHandle>): readonly string[] => {
    const before = engine.media.commands.length
    one.handle.hear(source)
    return engine.media.commands.slice(before).map(({ op }) => op)
  }
  const end = async () => {
    for (const leg of [one, other]) leg.handle.hangup('completed')
    await engine.assertClean()
  }
  return { one: one.handle, other: other.handle, commandsOf, end }
}

describe('from one source to the next', () => {
  test('a tone, the other leg behind it, the other leg alone, and a tone again', async () => {
    const { other, commandsOf, end } = await listen()
    assert.deepEqual(commandsOf(ringback), ['play'])
    assert.deepEqual(commandsOf({ ...legs(other), meanwhile: ringback }), ['hear'])
    assert.deepEqual(commandsOf(legs(other)), ['hear', 'stop'])
    assert.deepEqual(commandsOf(ringback), ['hear-nobody', 'play'])
    assert.deepEqual(commandsOf(busy), ['play'])
    assert.deepEqual(commandsOf({ kind: 'silence' }), ['stop'])
    await end()
  })

  test('what sounds already is not begun anew', async () => {
    const { commandsOf, end } = await listen()
    assert.deepEqual(commandsOf({ kind: 'silence' }), [])
    assert.deepEqual(commandsOf(ringback), ['play'])
    assert.deepEqual(commandsOf(ringback), [])
    await end()
  })
})

test('two that have no codec in common: failed, and the tone goes on', async () => {
  const { one, other, media, end } = await talk()
  const [here] = media.endpoints
  assert.ok(here)
  const { negotiated } = here
  assert.ok(negotiated)
  const opus = { codec: 'opus', payloadType: 111, clockRate: 48_000, channels: 2 } as const
  here.setRemote({ ...negotiated, ...opus, accepted: [{ ...negotiated.accepted[0], ...opus }] } as typeof negotiated)
  const playback = one.handle.hear({ ...legs(other.handle), meanwhile: ringback })
  assert.deepEqual([await playback.begun, await playback.done], [false, 'failed'])
  assert.deepEqual(media.done(here).slice(-2), ['hear-nobody', 'play'])
  await end()
})
