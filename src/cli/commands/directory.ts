import { Argument, Command } from 'commander'
import { withExamples } from '../examples.ts'
import { renderTable } from '../render-table.ts'
import type { Terminal } from '../terminal.ts'
import { connect, type ServerCommandOptions, withServerOptions } from './server-options.ts'

/** What there is to list, as a person says it, and as the API does. */
const kinds = {
  accounts: 'accounts',
  lines: 'lines',
  credentials: 'credentials',
  roles: 'roles',
  queues: 'queues',
  contexts: 'contexts',
  'feature-codes': 'featureCodes',
  'record-groups': 'recordGroups',
  cards: 'cards',
  webhooks: 'webhooks',
  trunks: 'trunks',
  'rate-plans': 'ratePlans',
} as const

type Kind = keyof typeof kinds
type Item = Readonly<Record<string, unknown>>

export const directoryCommand = (terminal: Terminal): Command =>
  withExamples(withServerOptions(new Command('directory')), 'cordboard directory', 'cordboard directory lines')
    .description('list who exists: the lines, credentials, queues and so on of your accounts')
    .addArgument(new Argument('[kind]', 'only these').choices(Object.keys(kinds)))
    .action(async (kind: Kind | undefined, options: ServerCommandOptions) => {
      const client = connect(options, terminal, 'directory:read')
      const listing = await client.request<Readonly<Record<string, readonly Item[]>>>('/v1/directory')
      const chosen = kind === undefined ? (Object.keys(kinds) as Kind[]) : [kind]
      if (options.json === true) {
        return terminal.print(JSON.stringify(kind === undefined ? listing : listing[kinds[kind]]))
      }
      for (const each of chosen) printItems(each, listing[kinds[each]] ?? [], kind === undefined, terminal)
    })

function printItems(kind: Kind, items: readonly Item[], isOneOfMany: boolean, terminal: Terminal): void {
  const name = kind.replace('-', ' ')
  if (items.length === 0) {
    if (!isOneOfMany) terminal.print(`There are no ${name}.`)
    return
  }
  if (isOneOfMany) terminal.print(`${name[0]?.toUpperCase()}${name.slice(1)}`)
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))]
  const rows = items.map((item) => columns.map((column) => cell(item[column])))
  for (const line of renderTable(
    columns.map((column) => column.toUpperCase()),
    rows,
  ))
    terminal.print(line)
  if (isOneOfMany) terminal.print('')
}

/** A list as its items, what is nested as JSON: complete, if not always pretty. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map(cell).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
