import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { loadConfig } from '../../config/load-config.ts'
import type { Terminal } from '../terminal.ts'
import { connect, type ServerCommandOptions, withServerOptions } from './server-options.ts'

/** What the server's directory holds once the file is applied. */
interface Applied {
  readonly accounts: number
  readonly lines: number
  readonly credentials: number
  readonly trunks: number
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
      const { accounts, lines, credentials, trunks } = applied
      const text = `Applied ${file}: ${accounts} accounts, ${lines} lines, ${credentials} credentials, ${trunks} trunks.`
      terminal.print(options.json === true ? JSON.stringify(applied) : text)
    })
