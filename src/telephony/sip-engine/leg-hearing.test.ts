import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testSounds } from '../../../test/doubles/test-sounds.ts'
import { talk, twoPhones } from '../../../test/support/talking-legs.ts'
import { answer, createTestEngine, lineDestination, ringing } from '../../../test/support/test-engine.ts'
import type { Source } from '../../call/source.ts'
import type { Source as MediaSource } from '../../media/source.ts'
import { toneFor } from '../../media/tones.ts'
import type { LegHandle } from '../driver.ts'

const ringback = { kind: 'tone', tone: 'ringback', country: 'AU' } as const
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
  /** What the media of the first leg are told. */
  const toldBy = (source: Source<LegHandle>): MediaSource<number> | undefined => {
    one.handle.hear(source)
    const command = engine.media.commands.findLast((posted) => posted.op === 'hear')
    return command?.source
  }
  const end = async () => {
    for (const leg of [one, other]) leg.handle.hangup('completed')
    await engine.assertClean()
  }
  return { one: one.handle, other: other.handle, toldBy, end }
}

test('names of legs, tones and sounds become what the media know', async () => {
  const { other, toldBy, end } = await listen()
  const tone = toneFor('ringback', 'AU')
  const sound = testSounds.clip('acme', 'goodbye')
  for (const [source, told] of [
    [{ kind: 'silence' }, { kind: 'silence' }],
    [ringback, { kind: 'tone', tone }],
    [
      { ...legs(other), meanwhile: ringback },
      { kind: 'legs', legs: [2], meanwhile: tone },
    ],
    [legs(other), { kind: 'legs', legs: [2] }],
    [
      { kind: 'clip', account: 'acme', clips: ['digit-1', 'goodbye'] },
      { kind: 'clip', sounds: [sound, sound] },
    ],
    [
      { kind: 'music', account: 'acme' },
      { kind: 'music', sound },
    ],
  ] as const) {
    assert.deepEqual(toldBy(source), told)
  }
  await end()
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
  const last = media.commands.findLast((command) => command.op === 'hear' && command.id === here.id)
  assert.deepEqual(last?.op === 'hear' && last.source, { kind: 'tone', tone: toneFor('ringback', 'AU') })
  await end()
})
