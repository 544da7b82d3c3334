import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config-schema.ts'

/** What of the file is no part of the directory: a running server takes it at its next start. */
const sections = [
  'http',
  'dialects',
  'sip',
  'media',
  'store',
  'calls',
  'node',
  'limits',
  'log',
  'demo',
] as const satisfies readonly (keyof Config)[]

export const serverSettings = {
  /** The sections in which two configurations differ. */
  differing: (one: Config, other: Config): readonly string[] =>
    sections.filter((section) => !isDeepStrictEqual(one[section], other[section])),
}
