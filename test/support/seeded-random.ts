import type { Random } from '../../src/random.ts'

/** Repeatable randomness (mulberry32). */
export const createSeededRandom = (seed: number): Random & { fraction(): number } => {
  let state = seed >>> 0
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const bytes = (count: number): Buffer =>
    Buffer.from(Array.from({ length: count }, () => Math.floor(fraction() * 256)))
  return {
    fraction,
    bytes,
    token: (length) =>
      bytes(Math.ceil(length / 2))
        .toString('hex')
        .slice(0, length),
  }
}
