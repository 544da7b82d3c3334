import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { describeFileError } from './describe-file-error.ts'
import type { Path } from './yaml-source.ts'

/** The schemas whose values may stand elsewhere: `${NAME}` in the environment, `{ file: PATH }` in a file. */
export const secretSchemas = z.registry()

/** Where secrets that do not stand in the configuration itself are found. */
export interface SecretPlaces {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A relative PATH starts here: the folder of the configuration file. */
  readonly folder: string
}

export interface MissingSecret {
  readonly path: Path
  readonly message: string
  /** What stands in its place: no secret that anybody has. */
  readonly placeholder: string
}

export interface FoundSecret {
  readonly path: Path
  readonly value: string
}

export interface ResolvedSecrets {
  /** The same configuration with every secret as a text of its own. */
  readonly value: unknown
  /** Those that stood elsewhere. */
  readonly found: readonly FoundSecret[]
  /** Those that are not there. */
  readonly missing: readonly MissingSecret[]
}

export const secretPlacesOf = (file: string, environment: SecretPlaces['environment']): SecretPlaces => ({
  environment,
  folder: dirname(resolve(file)),
})

/** A secret file that is longer was named by mistake. */
const longestFileOctets = 4096

/**
 * Brings the secrets of a configuration into it, each of which the schema marks in {@link secretSchemas}. Without `places` nothing
 * is looked up: whoever sends a configuration must not read the server's own files and environment by it.
 */
export function resolveSecrets(value: unknown, schema: z.ZodType, places?: SecretPlaces): ResolvedSecrets {
  const found: FoundSecret[] = []
  const missing: MissingSecret[] = []
  const resolveAt = (given: unknown, path: Path): unknown => {
    const secret = readSecret(given, places)
    if (secret === undefined) return given
    if ('fault' in secret) {
      const placeholder = `missing ${path.join('.')}`
      missing.push({ path, message: secret.fault, placeholder })
      return placeholder
    }
    found.push({ path, value: secret.value })
    return secret.value
  }
  return { value: walk(value, schema, [], resolveAt), found, missing }
}

type Visit = (value: unknown, path: Path) => unknown

/** The same value, with what `visit` makes of each secret in it. Whatever has not the shape of the schema stays as it is. */
function walk(value: unknown, schema: z.ZodType, path: Path, visit: Visit): unknown {
  if (secretSchemas.has(schema)) return visit(value, path)
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return walk(value, schema.unwrap() as z.ZodType, path, visit)
  }
  if (schema instanceof z.ZodArray) {
    if (!Array.isArray(value)) return value
    return value.map((element, index) => walk(element, schema.element as z.ZodType, [...path, index], visit))
  }
  if (!(schema instanceof z.ZodObject) || !isGroup(value)) return value
  const members = Object.entries(value).map(([key, member]) => {
    const known = Object.hasOwn(schema.shape, key) ? (schema.shape[key] as z.ZodType) : undefined
    return [key, known === undefined ? member : walk(member, known, [...path, key], visit)] as const
  })
  return Object.fromEntries(members)
}

const isGroup = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** How a variable is written, as messages show it. */
const named = '$' + '{NAME}'

type Read = { readonly value: string } | { readonly fault: string }

/** Undefined where the value stands in the configuration itself. */
function readSecret(given: unknown, places: SecretPlaces | undefined): Read | undefined {
  if (typeof given === 'string') return given.includes('${') ? expandVariables(given, places) : undefined
  if (!isGroup(given)) return undefined
  const { file, ...others } = given as { readonly file?: unknown }
  if (typeof file !== 'string' || file === '' || Object.keys(others).length > 0) {
    return { fault: `must be text, "${named}" for an environment variable, or { file: PATH } for a file` }
  }
  if (places === undefined) return { fault: notLookedUp }
  const path = expandVariables(file, places)
  return 'fault' in path ? path : readSecretFile(resolve(places.folder, path.value))
}

const notLookedUp =
  'stands elsewhere, and a server looks up no secret for what is sent to it; "cordboard apply FILE" looks it up where it runs, and sends it'

/** A text that {@link resolveSecrets} reads as just these characters. */
export const escapeSecret = (text: string): string => text.replaceAll('${', () => '$${')

/** `$${` stands for the characters `${`. */
function expandVariables(text: string, places: SecretPlaces | undefined): Read {
  let fault: string | undefined
  const value = text.replaceAll(/\$?\$\{(?:(?<name>[A-Za-z_][A-Za-z0-9_]*)\})?/g, (whole, name: string | undefined) => {
    if (whole.startsWith('$${')) return whole.slice(1)
    const found = name === undefined ? undefined : variableOf(name, places)
    if (found !== undefined && found !== '') return found
    fault ??=
      name === undefined
        ? `has "\${" without a name and "}" after it; write "${named}" for an environment variable, and "$\${" for these characters themselves`
        : places === undefined
          ? notLookedUp
          : `needs the environment variable ${name}, which is ${found === undefined ? 'not set' : 'empty'}; set it, or write "$\${" if these characters are meant`
    return ''
  })
  return fault === undefined ? { value } : { fault }
}

/** `${constructor}` is no variable, though every object has such a member. */
const variableOf = (name: string, { environment = {} }: Partial<SecretPlaces> = {}): string | undefined =>
  Object.hasOwn(environment, name) ? environment[name] : undefined

function readSecretFile(path: string): Read {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    return {
      fault: `needs the file ${path}, ${isMissing ? 'which is not there' : `which cannot be read: ${describeFileError(error)}`}`,
    }
  }
  if (Buffer.byteLength(text) > longestFileOctets) {
    return { fault: `needs the file ${path}, which is too long for a secret (at most ${longestFileOctets} octets)` }
  }
  // Editors and `echo` end a file with a line break, which nobody means.
  const value = text.replace(/\r?\n$/, '')
  return value === '' ? { fault: `needs the file ${path}, which is empty` } : { value }
}
