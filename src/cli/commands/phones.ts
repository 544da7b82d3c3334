import { Command } from 'commander'
import { withExamples } from '../examples.ts'
import { renderTable } from '../render-table.ts'
import type { Terminal } from '../terminal.ts'
import { connect, type ServerCommandOptions, withServerOptions } from './server-options.ts'

interface ShownPhone {
  readonly account: string
  readonly line: string
  readonly contact: string
  readonly userAgent?: string
  readonly reachable: boolean
  readonly expiresAt: string
}

export const phonesCommand = (terminal: Terminal): Command =>
  withExamples(
    withServerOptions(new Command('phones')),
    'cordboard phones',
    'cordboard phones --server https://voice.example --json',
  )
    .description('list the phones that are registered now, and which of them do not answer')
    .action(async (options: ServerCommandOptions) => {
      const client = connect(options, terminal, 'directory:read')
      const { phones } = await client.request<{ readonly phones: readonly ShownPhone[] }>('/v1/phones')
      if (options.json === true) return terminal.print(JSON.stringify(phones))
      if (phones.length === 0) return terminal.print('No phone is registered.')
      const rows = phones.map((phone) => [
        `${phone.account}/${phone.line}`,
        phone.contact,
        phone.userAgent ?? '',
        phone.reachable ? 'reachable' : 'unreachable',
        phone.expiresAt,
      ])
      for (const line of renderTable(['LINE', 'CONTACT', 'PHONE', 'STATE', 'EXPIRES'], rows)) terminal.print(line)
    })
