import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { checkReferences } from './check-references.ts'
import { closestName } from './closest-name.ts'
import { ConfigError, type ConfigFault } from './config-error.ts'
import { type Config, configSchema } from './config-schema.ts'
import { describeFileError } from './describe-file-error.ts'
import { describeIssue } from './describe-issue.ts'
import { lenientSchema } from './lenient-schema.ts'
import { keysAt } from './schema-keys.ts'
import { type Path, renderPath, YamlSource } from './yaml-source.ts'

export { ConfigError, type ConfigFault }

/** Reads and checks a configuration file. Throws {@link ConfigError} with every fault in it. */
export function loadConfig(file: string): Config {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const message = isMissing ? 'there is no such file' : `the file cannot be read: ${describeFileError(error)}`
    throw new ConfigError(file, [{ line: 1, column: 1, key: '', message }])
  }
  return parseConfig(text, file)
}

export function parseConfig(text: string, file: string): Config {
  const source = new YamlSource(text)
  if (source.syntaxFaults.length > 0) {
    throw new ConfigError(
      file,
      source.syntaxFaults.map((fault) => ({ ...fault, key: '' })),
    )
  }
  const value = plainValue(source, file)
  const result = configSchema.safeParse(value, { reportInput: true })
  const shapeFaults = result.error?.issues.flatMap(shapeFaultsOf) ?? []
  const faults = [...shapeFaults, ...referenceFaultsOf(value, shapeFaults)].map((fault) => placed(fault, source))
  if (result.data === undefined || faults.length > 0) throw new ConfigError(file, faults.toSorted(byPlace))
  return result.data
}

/** A fault as it was found, before its place in the file is looked up. */
interface FoundFault {
  readonly path: Path
  readonly message: string
  /** The key itself is at fault, not its value. */
  readonly isOfKey?: boolean
}

function plainValue(source: YamlSource, file: string): unknown {
  try {
    return source.value()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigError(file, [{ line: 1, column: 1, key: '', message }])
  }
}

function shapeFaultsOf(issue: z.core.$ZodIssue): FoundFault[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code !== 'unrecognized_keys') return [{ path, message: describeIssue(issue) }]
  const known = keysAt(path)
  return issue.keys.map((key) => {
    const meant = closestName(key, known)
    const message =
      meant === undefined
        ? `is no key of the configuration; here may stand ${known.join(', ')}`
        : `is no key of the configuration; did you mean "${meant}"?`
    return { path: [...path, key], message, isOfKey: true }
  })
}

const lenientConfigSchema = lenientSchema(configSchema)

/** Whatever is wrong in shape elsewhere. Where one value is, what the rest of its group seems to lack may be a consequence of that. */
function referenceFaultsOf(value: unknown, shapeFaults: readonly FoundFault[]): readonly FoundFault[] {
  const readable = lenientConfigSchema.parse(value) as Parameters<typeof checkReferences>[0]
  return checkReferences(readable).filter(
    ({ path }) => !shapeFaults.some((shape) => holds(path, shape.path) || holds(shape.path, path)),
  )
}

const holds = (outer: Path, inner: Path): boolean => outer.every((part, index) => part === inner[index])

const placed = ({ path, message, isOfKey }: FoundFault, source: YamlSource): ConfigFault => ({
  ...(isOfKey === true ? source.positionOfKey(path) : source.positionOf(path)),
  key: renderPath(path),
  message,
})

const byPlace = (one: ConfigFault, other: ConfigFault): number => one.line - other.line || one.column - other.column
