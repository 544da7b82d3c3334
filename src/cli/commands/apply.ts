import { Command } from 'commander'
import type { Config } from '../../config/config-schema.ts'
import { bundleConfig } from '../../config/load-config.ts'
import { withExamples } from '../examples.ts'
import { CliError, exitCodes } from '../exit-code.ts'
import type { NativeClient, ShownCredential } from '../native-client.ts'
import { printable, type Terminal } from '../terminal.ts'
import { connect, type ServerCommandOptions, withServerOptions } from './server-options.ts'

/** The things of the directory that the file added, changed and removed, by name. */
interface Applied {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  /** Sections of the file that the server takes at its next start only. */
  readonly needRestart: readonly string[]
}

interface ApplyOptions extends ServerCommandOptions {
  readonly allowLockout?: boolean
}

export const applyCommand = (terminal: Terminal): Command =>
  withExamples(
    withServerOptions(new Command('apply')),
    'cordboard apply cordboard.yaml',
    'cordboard apply customers.yaml --server https://voice.example',
  )
    .description("bring a running server's accounts, lines, keys and trunks to what the file says")
    .argument('<file>', 'configuration file')
    .option('--allow-lockout', 'even if no key is left that may apply the next file')
    .action(async (file: string, options: ApplyOptions) => {
      // Faults are told with their lines here, before anything is sent. Secrets are looked up here too: the server does not.
      const { config, text } = bundleConfig(file, terminal.environment)
      const client = connect(options, terminal, 'directory:write')
      if (options.allowLockout !== true && !(await leavesWriter(config, client))) {
        throw new CliError(
          `${file} leaves no key that may apply the next file: give one the permission directory:write. If that is meant, say --allow-lockout; then only a restart of the server takes another file.`,
        )
      }
      const applied = await client.request<Applied>('/v1/directory', {
        method: 'PUT',
        body: { type: 'application/yaml', content: text },
      })
      if (options.json === true) terminal.print(JSON.stringify(applied))
      else printApplied(file, applied, terminal)
      if (!(await mayStillApply(client))) {
        terminal.complain(
          'The key that was used may apply nothing more from here: the file took it or its permission away, or "hosts" and "networks" of its account leave this machine out.',
        )
      }
    })

function printApplied(file: string, applied: Applied, terminal: Terminal): void {
  const { added, changed, removed, needRestart } = applied
  for (const [sign, names] of Object.entries({ '+': added, '~': changed, '-': removed }))
    for (const name of names) terminal.print(printable(`${sign} ${name}`))
  terminal.print(`Applied ${file}: ${added.length} added, ${changed.length} changed, ${removed.length} removed.`)
  if (needRestart.length > 0) {
    const sections = needRestart.map((section) => `"${section}"`).join(', ')
    terminal.complain(printable(`Restart the server to take over what the file says of ${sections}.`))
  }
}

/** Whether the file, or what was made beside it on the running server and stays, holds a key to apply with. */
async function leavesWriter({ accounts }: Config, client: NativeClient): Promise<boolean> {
  const inFile = accounts.flatMap(({ apiKeys, tokens }) => [...apiKeys, ...tokens])
  if (inFile.some(mayApply)) return true
  const { credentials } = await client.request<{ readonly credentials: readonly ShownCredential[] }>('/v1/credentials')
  return credentials.some(
    (one) =>
      one.kind !== 'user' &&
      one.createdAt !== undefined &&
      mayApply(one) &&
      accounts.some(({ name }) => name === one.account) &&
      !inFile.some(({ name }) => name === one.name),
  )
}

const mayApply = ({ permissions }: { readonly permissions?: readonly string[] | undefined }): boolean =>
  permissions?.includes('directory:write') === true

/** Better told now than at the next apply, when nobody remembers what shut the door. */
async function mayStillApply(client: NativeClient): Promise<boolean> {
  try {
    await client.request('/v1/credentials')
    return true
  } catch (error) {
    return !(error instanceof CliError && error.exitCode === exitCodes.notAuthorised)
  }
}
