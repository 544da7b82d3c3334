import { existsSync } from 'node:fs'
import type { Config } from '../config/config-schema.ts'
import { loadConfigWithoutSecrets } from '../config/load-config.ts'
import { CliError, exitCodes } from './exit-code.ts'

export interface ServerAddress {
  readonly server: string
  readonly key: string
  /** Where the key was found, for whoever must mend it: `--key`, `CORDBOARD_KEY`, or the name of a file. */
  readonly keySource: string
}

/** What the person said of the server; the same on every command that needs one. */
export interface ServerOptions {
  readonly server?: string
  readonly key?: string
  readonly config?: string
  /** The account that the command is about: a key that sees it goes before others. */
  readonly account?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** What a key may be asked to hold. */
export type Permission = Config['accounts'][number]['apiKeys'][number]['permissions'][number]

const defaultConfigFile = 'cordboard.yaml'
const defaultServer = 'http://127.0.0.1:8080'

/**
 * Which server, and by which key: as said, else as the environment says, else as the configuration file of this machine says,
 * whose first key that holds `permission` serves. That key goes to no other server than the one of the same file.
 */
export function findServer(options: ServerOptions, environment: Environment, permission: Permission): ServerAddress {
  const said = options.server ?? environment['CORDBOARD_URL']
  const saidKey = options.key ?? environment['CORDBOARD_KEY']
  const keySource = options.key === undefined ? 'CORDBOARD_KEY' : '--key'
  if (said !== undefined && saidKey !== undefined) {
    return { server: parseServer(said), key: parseKey(saidKey), keySource }
  }
  const file = options.config ?? defaultConfigFile
  const { config, missing } = readConfig(options.config, environment)
  const server = parseServer(said ?? (config === undefined ? defaultServer : serverOf(config)))
  if (saidKey !== undefined) return { server, key: parseKey(saidKey), keySource }
  if (said !== undefined) {
    throw new CliError('No key was given for that server; use --key or CORDBOARD_KEY.', exitCodes.notAuthorised)
  }
  if (config === undefined) {
    throw new CliError(
      `There is no ${defaultConfigFile} here to take the server's address and key from; name it with --config, or use --server and --key.`,
    )
  }
  const above = accountsAbove(options.account, config)
  const fitting = [...config.accounts]
    .sort((one, other) => Number(above.has(other.name)) - Number(above.has(one.name)))
    .flatMap(({ apiKeys }) => apiKeys)
    .filter(({ permissions }) => permissions.includes(permission))
  const found = fitting.find(({ key }) => !missing.has(key))
  if (found === undefined) {
    const message =
      fitting[0] === undefined
        ? `No API key of ${file} has the permission ${permission}; give it to one there, or name another key with --key.`
        : `The API key "${fitting[0].name}" stands outside of ${file}, and what that names is not here; set it, or name a key with --key.`
    throw new CliError(message, exitCodes.notAuthorised)
  }
  return { server, key: found.key, keySource: file }
}

/** The account and those that it is below. */
function accountsAbove(account: string | undefined, { accounts }: Config): ReadonlySet<string> {
  const parents = new Map(accounts.map(({ name, parent }) => [name, parent]))
  const found = new Set<string>()
  for (let at = account; at !== undefined && !found.has(at); at = parents.get(at)) found.add(at)
  return found
}

function readConfig(
  file: string | undefined,
  environment: Environment,
): { readonly config?: Config; readonly missing: ReadonlySet<string> } {
  if (file === undefined && !existsSync(defaultConfigFile)) return { missing: new Set() }
  return loadConfigWithoutSecrets(file ?? defaultConfigFile, environment)
}

/** Where a server that listens as configured is reached from this machine. */
function serverOf({ http }: Config): string {
  const host = http.host === '0.0.0.0' ? '127.0.0.1' : http.host === '::' ? '::1' : http.host
  return `http://${host.includes(':') ? `[${host}]` : host}:${http.port}`
}

function parseServer(text: string): string {
  const url = URL.parse(text) ?? URL.parse(`http://${text}`)
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new CliError(`"${text}" is no address of a server; write it like ${defaultServer}.`)
  }
  return url.href
}

function parseKey(text: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new CliError('The key holds characters that no key has; check how it was copied.', exitCodes.notAuthorised)
}
