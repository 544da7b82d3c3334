import type { Sound } from '../peers/wav-file.ts'
import { toneLevel } from './tone-level.ts'

const windowMilliseconds = 100
/** Where one thing gives way to another, a moment is neither; this is how long something must be heard to count. */
const shortestMilliseconds = 300
/** Mean amplitude below which nothing is heard. */
const quiet = 100

/**
 * What was heard, in order, each once: a tone by the name that `tones` gives its frequency (hertz), `silence`, or `other` for any other
 * sound.
 */
export function heardStory({ samples, rate }: Sound, tones: Readonly<Record<string, number>>): readonly string[] {
  const length = (rate * windowMilliseconds) / 1000
  const runs: { name: string; windows: number }[] = []
  for (let start = 0; start + length <= samples.length; start += length) {
    const name = nameSound(samples.subarray(start, start + length), rate, tones)
    const last = runs.at(-1)
    if (last?.name === name) last.windows++
    else runs.push({ name, windows: 1 })
  }
  const long = runs.filter(({ windows }) => windows * windowMilliseconds >= shortestMilliseconds)
  return long.map(({ name }) => name).filter((name, index, names) => name !== names[index - 1])
}

function nameSound(samples: Int16Array, rate: number, tones: Readonly<Record<string, number>>): string {
  const amplitude = samples.reduce((sum, sample) => sum + Math.abs(sample), 0) / samples.length
  if (amplitude < quiet) return 'silence'
  const tone = Object.entries(tones).find(([, frequency]) => toneLevel(samples, rate, frequency) > 0.8)
  return tone?.[0] ?? 'other'
}
