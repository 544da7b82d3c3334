import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { loadConfig } from '../../config/load-config.ts'
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

export const applyCommand = (terminal: Terminal): Command =>
  withServerOptions(new Command('apply'))
    .description("bring a running server's accounts, lines, keys and trunks to what the file says")
    .argument('<file>', 'configuration file')
    .action(async (file: string, options: ServerCommandOptions) => {
      // Faults are told with their lines here, before anything is sent.
      loadConfig(file)
      const client = connect(options, terminal, 'directory:write')
      const applied = await client.request<Applied>('/v1/directory', {
        method: 'PUT',
        body: { type: 'application/yaml', content: readFileSync(file, 'utf8') },
      })
      if (options.json === true) return terminal.print(JSON.stringify(applied))
      const { added, changed, removed, needRestart } = applied
      for (const [sign, names] of Object.entries({ '+': added, '~': changed, '-': removed }))
        for (const name of names) terminal.print(printable(`${sign} ${name}`))
      terminal.print(`Applied ${file}: ${added.length} added, ${changed.length} changed, ${removed.length} removed.`)
      if (needRestart.length > 0) {
        const sections = needRestart.map((section) => `"${section}"`).join(', ')
        terminal.complain(printable(`Restart the server to take over what the file says of ${sections}.`))
      }
    })
