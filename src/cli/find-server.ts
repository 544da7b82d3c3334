import { existsSync } from 'node:fs'
import type { Config } from '../config/config-schema.ts'
import { loadConfig } from '../config/load-config.ts'
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
}

/** What a key may be asked to hold. */
export type Permission = Config['accounts'][number]['apiKeys'][number]['permissions'][number]

const defaultConfigFile = 'cordboard.yaml'
const defaultServer = 'http://127.0.0.1:8080'

/**
 * Which server, and by which key: as said, else as the environment says, else as the configuration file of this machine says,
 * whose first key that holds `permission` serves. That key goes to no other server than the one of the same file.
 */
export function findServer(
  options: ServerOptions,
  environment: Readonly<Record<string, string | undefined>>,
  permission: Permission,
): ServerAddress {
  const said = options.server ?? environment['CORDBOARD_URL']
  const saidKey = options.key ?? environment['CORDBOARD_KEY']
  const keySource = options.key === undefined ? 'CORDBOARD_KEY' : '--key'
  if (said !== undefined && saidKey !== undefined) {
    return { server: parseServer(said), key: parseKey(saidKey), keySource }
  }
  const file = options.config ?? defaultConfigFile
  const config = readConfig(options.config)
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
  const found = config.accounts
    .flatMap(({ apiKeys }) => apiKeys)
    .find(({ permissions }) => permissions.includes(permission))
  if (found === undefined) {
    throw new CliError(
      `No API key of ${file} has the permission ${permission}; give it to one there, or name another key with --key.`,
      exitCodes.notAuthorised,
    )
  }
  return { server, key: found.key, keySource: file }
}

function readConfig(file: string | undefined): Config | undefined {
  if (file === undefined && !existsSync(defaultConfigFile)) return undefined
  return loadConfig(file ?? defaultConfigFile)
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
