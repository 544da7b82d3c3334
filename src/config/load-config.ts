import { readFileSync } from 'node:fs'
import { isNode, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { checkReferences } from './check-references.ts'
import { closestName } from './closest-name.ts'
import { type Config, configSchema } from './config-schema.ts'

/** A fault of the configuration, with its place. */
export interface ConfigFault {
  readonly line: number
  readonly column: number
  /** `accounts[0].lines[1].number` */
  readonly key: string
  /** What is wrong and what would be right. */
  readonly message: string
}

export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[]

  constructor(file: string, faults: readonly ConfigFault[]) {
    super(
      faults
        .map(({ line, column, key, message }) => `${file}:${line}:${column}: ${key === '' ? '' : `${key} `}${message}`)
        .join('\n'),
    )
    this.name = 'ConfigError'
    this.faults = faults
  }
}

type Path = readonly (string | number)[]

/** Reads and checks a configuration file. Throws {@link ConfigError} with every fault in it. */
export function loadConfig(file: string): Config {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const message = code === 'ENOENT' ? 'there is no such file' : `the file cannot be read (${code})`
    throw new ConfigError(file, [{ line: 1, column: 1, key: '', message }])
  }
  return parseConfig(text, file)
}

export function parseConfig(text: string, file: string): Config {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter })
  const position = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset)
    return { line, column: col }
  }
  const [syntax] = document.errors
  if (syntax !== undefined) {
    const message = syntax.message.split('\n')[0] ?? 'is not YAML'
    throw new ConfigError(file, [{ ...position(syntax.pos[0]), key: '', message }])
  }
  /** The place of the value, or of what holds it where it is missing. */
  const locate = (path: Path) => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return position(node.range[0])
    }
    return { line: 1, column: 1 }
  }
  const fault = (path: Path, message: string): ConfigFault => ({ ...locate(path), key: renderPath(path), message })

  const result = configSchema.safeParse(document.toJS() ?? {})
  if (!result.success)
    throw new ConfigError(
      file,
      result.error.issues.flatMap((issue) => describe(issue, fault)),
    )
  const faults = checkReferences(result.data).map(({ path, message }) => fault(path, message))
  if (faults.length > 0) throw new ConfigError(file, faults)
  return result.data
}

function describe(issue: z.core.$ZodIssue, fault: (path: Path, message: string) => ConfigFault): ConfigFault[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code !== 'unrecognized_keys') return [fault(path, issue.message)]
  return issue.keys.map((key) => {
    const known = closestName(key, knownKeys(path))
    return fault(
      [...path, key],
      known === undefined
        ? 'is no key of the configuration'
        : `is no key of the configuration; did you mean "${known}"?`,
    )
  })
}

/** The keys that may stand at this place of the schema. */
function knownKeys(path: Path): readonly string[] {
  let schema: unknown = configSchema
  for (const part of path) {
    const at = unwrap(schema)
    schema = typeof part === 'number' ? at.element : at.shape?.[part]
  }
  return Object.keys(unwrap(schema).shape ?? {})
}

interface SchemaParts {
  readonly shape?: Readonly<Record<string, unknown>>
  readonly element?: unknown
}

function unwrap(schema: unknown): SchemaParts {
  let inner = schema as { unwrap?: () => unknown; element?: unknown } & SchemaParts
  while (typeof inner?.unwrap === 'function' && inner.element === undefined) inner = inner.unwrap() as typeof inner
  return inner ?? {}
}

const renderPath = (path: Path): string =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )
