import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { checkReferences } from './check-references.ts'
import { findClashes } from './check-sockets.ts'
import { closestName } from './closest-name.ts'
import { ConfigError, type ConfigFault } from './config-error.ts'
import { type Config, configSchema } from './config-schema.ts'
import { describeFileError } from './describe-file-error.ts'
import { describeIssue } from './describe-issue.ts'
import { findAbsentAddresses } from './find-absent-addresses.ts'
import { lenientSchema } from './lenient-schema.ts'
import { escapeSecret, resolveSecrets, type SecretPlaces, secretPlacesOf } from './resolve-secrets.ts'
import { keysAt } from './schema-keys.ts'
import { findFaultySounds, findRelativeSounds, soundFilesOf, withSoundFolder } from './sound-files.ts'
import { type Path, type Position, renderPath, YamlSource } from './yaml-source.ts'

export { ConfigError, type ConfigFault }

type Environment = SecretPlaces['environment']

/** Reads and checks a configuration file, with the secrets that it refers to. Throws {@link ConfigError} with every fault in it. */
export const loadConfig = (file: string, environment: Environment = process.env): Config =>
  parseConfig(readConfigText(file), file, secretPlacesOf(file, environment))

/** The same for the machine that is to run it: its addresses must be there. */
export async function loadConfigHere(file: string, environment: Environment = process.env): Promise<Config> {
  const source = readYaml(readConfigText(file), file)
  const { config } = readSource(source, file, secretPlacesOf(file, environment))
  const message = 'must have an address of this machine'
  const absent = (await findAbsentAddresses(config)).map((path) => ({ path, message }))
  throwFaults([...absent, ...(await findFaultySounds(config))], source, file)
  return config
}

/** For a running server, to which a configuration was sent: the files that it names must be there. */
export async function parseConfigHere(text: string, file: string): Promise<Config> {
  const source = readYaml(text, file)
  const { config } = readSource(source, file, undefined)
  throwFaults(await findFaultySounds(config), source, file)
  return config
}

function throwFaults(faults: readonly FoundFault[], source: YamlSource, file: string): void {
  if (faults.length === 0) return
  throw new ConfigError(file, faults.map((fault) => placed(fault, source)).toSorted(byPlace))
}

function readConfigText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const message = isMissing ? 'there is no such file' : `the file cannot be read: ${describeFileError(error)}`
    throw new ConfigError(file, [{ line: 1, column: 1, key: '', message }])
  }
}

/** A sound file as one text that holds its secrets, for a server that looks none up, and what it says. */
export function bundleConfig(
  file: string,
  environment: Environment,
): { readonly text: string; readonly config: Config } {
  const source = readYaml(readConfigText(file), file)
  const { config, secrets } = readSource(source, file, secretPlacesOf(file, environment))
  const open = secrets.map(({ path, value }) => ({ path, value: escapeSecret(value) }))
  // Where it is read nobody knows the folder of this file.
  const sounds = soundFilesOf(config).map(({ path, file: value }) => ({ path, value }))
  return { text: source.textWith([...open, ...sounds]), config }
}

/**
 * For a command that needs little of a file: its secrets may be out of reach here. `missing` are the texts that stand in the place
 * of those.
 */
export function loadConfigWithoutSecrets(
  file: string,
  environment: Environment,
): {
  readonly config: Config
  readonly missing: ReadonlySet<string>
} {
  const { config, missing } = readSource(
    readYaml(readConfigText(file), file),
    file,
    secretPlacesOf(file, environment),
    true,
  )
  return { config, missing: new Set(missing.map(({ placeholder }) => placeholder)) }
}

/** Without `places` no secret is looked up: one that stands elsewhere is a fault. */
export const parseConfig = (text: string, file: string, places?: SecretPlaces): Config =>
  readSource(readYaml(text, file), file, places).config

function readYaml(text: string, file: string): YamlSource {
  const source = new YamlSource(text)
  if (source.syntaxFaults.length > 0) {
    throw new ConfigError(
      file,
      source.syntaxFaults.map((fault) => ({ ...fault, key: '' })),
    )
  }
  return source
}

function readSource(source: YamlSource, file: string, places: SecretPlaces | undefined, maySecretsMiss = false) {
  const secrets = resolveSecrets(plainValue(source, file), configSchema, places)
  const { value } = secrets
  const result = configSchema.safeParse(value, { reportInput: true })
  const shapeFaults: FoundFault[] = [
    ...(maySecretsMiss ? [] : secrets.missing),
    ...(result.error?.issues.flatMap(shapeFaultsOf) ?? []),
    ...(places === undefined && result.data !== undefined ? findRelativeSounds(result.data) : []),
  ]
  const readable = lenientConfigSchema.parse(value) as Config
  // Where one value is wrong in shape, what the rest of its group seems to lack may be a consequence of that.
  const isOfShape = (path: Path) => shapeFaults.some((shape) => holds(path, shape.path) || holds(shape.path, path))
  const faults = [
    ...[...shapeFaults, ...checkReferences(readable).filter(({ path }) => !isOfShape(path))].map((fault) =>
      placed(fault, source),
    ),
    ...clashFaultsOf(readable, isOfShape, source),
  ]
  if (result.data === undefined || faults.length > 0) throw new ConfigError(file, faults.toSorted(byPlace))
  const config = places === undefined ? result.data : withSoundFolder(result.data, places.folder)
  return { config, secrets: secrets.found, missing: secrets.missing }
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

/** The later of the two is at fault, and told where the other stands. */
function clashFaultsOf(config: Config, isOfShape: (path: Path) => boolean, source: YamlSource): readonly ConfigFault[] {
  return findClashes(config)
    .filter(({ paths }) => !paths.some(isOfShape))
    .map(({ paths: [one, two], port }) => {
      const isLater = byPlace(placeOf(one, source), placeOf(two, source)) > 0
      const [other, path] = isLater ? [two, one] : [one, two]
      const where = source.has(other) ? `line ${source.positionOf(other).line}` : 'its default'
      const message = `takes port ${port}, and so does ${renderPath(other)} (${where}); they must differ`
      return placed({ path, message }, source)
    })
}

/** What the file does not say stands before everything: it cannot be at fault. */
const placeOf = (path: Path, source: YamlSource): Position =>
  source.has(path) ? source.positionOf(path) : { line: 0, column: 0 }

const holds = (outer: Path, inner: Path): boolean => outer.every((part, index) => part === inner[index])

const placed = ({ path, message, isOfKey }: FoundFault, source: YamlSource): ConfigFault => ({
  ...(isOfKey === true ? source.positionOfKey(path) : source.positionOf(path)),
  key: renderPath(path),
  message,
})

const byPlace = (one: Position, other: Position): number => one.line - other.line || one.column - other.column
