import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTone } from '../peers/wav-file.ts'
import { heardStory } from './heard-story.ts'

const rate = 8000
const join = (...parts: readonly Int16Array[]) => ({
  samples: Int16Array.from(parts.flatMap((part) => [...part])),
  rate,
})
const tone = (frequency: number, seconds: number) => createTone(frequency, 1).samples.subarray(0, rate * seconds)

test('tones by their names, silence, and what is none of them; a moment in between is not counted', () => {
  const sound = join(
    tone(600, 1),
    new Int16Array(rate),
    tone(900, 0.1),
    tone(1300, 0.5),
    tone(700, 0.5),
    tone(600, 0.4),
  )
  assert.deepEqual(heardStory(sound, { first: 600, second: 900, music: 1300 }), [
    ...['first', 'silence', 'music', 'other', 'first'],
  ])
})
