import { text } from '../parameters.ts'

/** Clients written with axios or Python send their language's own words. */
const flags: ReadonlyMap<string, boolean> = new Map([
  ['0', false],
  ['1', true],
  ['false', false],
  ['true', true],
])

/** False where nothing is sent; undefined where it is neither yes nor no. */
export const readFlag = (value: unknown): boolean | undefined => flags.get((text(value) ?? '0').toLowerCase())
