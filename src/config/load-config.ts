import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { checkReferences } from './check-references.ts'
import { closestName } from './closest-name.ts'
import { ConfigError, type ConfigFault } from './config-error.ts'
import { type Config, configSchema } from './config-schema.ts'
import { describeIssue } from './describe-issue.ts'
import { keysAt } from './schema-keys.ts'
import { type Path, renderPath, YamlSource } from './yaml-source.ts'

export { ConfigError, type ConfigFault }

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
  const source = new YamlSource(text)
  if (source.syntaxFaults.length > 0) {
    throw new ConfigError(
      file,
      source.syntaxFaults.map((fault) => ({ ...fault, key: '' })),
    )
  }
  const result = configSchema.safeParse(plainValue(source, file), { reportInput: true })
  const faults = result.success
    ? checkReferences(result.data).map(({ path, message }) => faultAt(source, path, message))
    : result.error.issues.flatMap((issue) => faultsOf(issue, source))
  if (faults.length > 0) throw new ConfigError(file, faults.toSorted(byPlace))
  return result.data as Config
}

function plainValue(source: YamlSource, file: string): unknown {
  try {
    return source.value()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigError(file, [{ line: 1, column: 1, key: '', message }])
  }
}

function faultsOf(issue: z.core.$ZodIssue, source: YamlSource): ConfigFault[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  if (issue.code !== 'unrecognized_keys') return [faultAt(source, path, describeIssue(issue))]
  const known = keysAt(path)
  return issue.keys.map((key) => {
    const meant = closestName(key, known)
    const message =
      meant === undefined
        ? `is no key of the configuration; here may stand ${known.join(', ')}`
        : `is no key of the configuration; did you mean "${meant}"?`
    const at = [...path, key]
    return { ...source.positionOfKey(at), key: renderPath(at), message }
  })
}

const faultAt = (source: YamlSource, path: Path, message: string): ConfigFault => ({
  ...source.positionOf(path),
  key: renderPath(path),
  message,
})

const byPlace = (one: ConfigFault, other: ConfigFault): number => one.line - other.line || one.column - other.column
