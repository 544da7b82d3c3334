import { Command } from 'commander'
import { permissions } from '../../config/config-schema.ts'
import { withExamples } from '../examples.ts'
import { CliError } from '../exit-code.ts'
import type { NativeClient, ShownCredential } from '../native-client.ts'
import { renderTable } from '../render-table.ts'
import { printable, type Terminal } from '../terminal.ts'
import { someText } from './parse-option.ts'
import { connect, type ServerCommandOptions, withServerOptions } from './server-options.ts'

interface CredentialOptions extends ServerCommandOptions {
  readonly account?: string
  readonly permissions?: readonly string[]
  readonly lines?: readonly string[]
  readonly signing?: boolean
  readonly role?: string
  readonly line?: string
}

const listed = (text: string): readonly string[] => text.split(',').map((item) => item.trim())

const permissionList = `with commas between: ${permissions.join(', ')}`

export const keysCommand = (terminal: Terminal): Command =>
  group({ name: 'keys', what: 'API key', kind: 'api-key' }, terminal, (create) =>
    withExamples(create, 'cordboard keys create crm-2 --permissions calls:place,calls:read')
      .option('--permissions <list>', `what it may do, ${permissionList}`, listed)
      .option('--no-signing', 'keep its hash only: requests cannot be signed with it'),
  )

export const tokensCommand = (terminal: Terminal): Command =>
  group({ name: 'tokens', what: 'token', kind: 'token' }, terminal, (create) =>
    withExamples(create, 'cordboard tokens create kiosk --lines 101,102')
      .option('--lines <list>', 'the extensions that it is for, with commas between; all if not given', listed)
      .option('--permissions <list>', `what it may do, ${permissionList}; calls:place,calls:read if not given`, listed),
  )

export const usersCommand = (terminal: Terminal): Command =>
  group({ name: 'users', what: 'user', kind: 'user' }, terminal, (create) =>
    withExamples(create, 'cordboard users create bob@acme --role agent --line 102')
      .requiredOption('--role <role>', 'a role of the account; "cordboard directory roles" lists them')
      .option('--line <extension>', "the user's own line"),
  )

/** One kind of credential, as the command, a person and the API call it. */
interface Sort {
  readonly name: string
  readonly what: string
  readonly kind: ShownCredential['kind']
}

/** `create`, `list` and `revoke` of one kind of credential. */
function group(sort: Sort, terminal: Terminal, withOwnOptions: (create: Command) => Command): Command {
  const { name, what, kind } = sort
  const create = withAccount(new Command('create'))
    .description(`make one ${what} on a running server; its ${kind === 'user' ? 'password' : 'secret'} is shown once`)
    .argument('<name>', 'by which logs and call histories know it', someText)
    .action((given: string, options: CredentialOptions) => createOne(given, sort, options, terminal))
  const list = withExamples(withAccount(new Command('list')), `cordboard ${name} list`)
    .description(`list every ${what}, without secrets`)
    .action((options: CredentialOptions) => listAll(sort, options, terminal))
  const revoke = withExamples(withAccount(new Command('revoke')), `cordboard ${name} revoke NAME`)
    .description(`revoke one ${what} that "create" made: it is refused from then on`)
    .argument('<name>', `as "cordboard ${name} list" shows it`, someText)
    .action((given: string, options: CredentialOptions) => revokeOne(given, sort, options, terminal))
  return withExamples(new Command(name), `cordboard ${name} list`)
    .description(`make, list and revoke ${name} while the server runs`)
    .addCommand(withOwnOptions(create))
    .addCommand(list)
    .addCommand(revoke)
}

const withAccount = (command: Command): Command =>
  withServerOptions(command).option('--account <name>', "the account; that of the server's key if not given")

async function createOne(given: string, { kind, what }: Sort, options: CredentialOptions, terminal: Terminal) {
  const { account, permissions: granted, lines, signing, role, line } = options
  if (kind === 'api-key' && granted === undefined) {
    throw new CliError(`Say what the ${what} may do: --permissions, and of these, ${permissionList}.`)
  }
  const body = JSON.stringify({ kind, account, name: given, permissions: granted, lines, signing, role, line })
  const created = await connect(options, terminal, 'directory:write').request<ShownCredential & { secret: string }>(
    '/v1/credentials',
    {
      method: 'POST',
      body: { type: 'application/json', content: body },
      names: {
        account: '--account',
        name: `"${given}"`,
        permissions: '--permissions',
        lines: '--lines',
        role: '--role',
        line: '--line',
      },
      problems: {
        'name-in-use': `"${given}" is the name of another ${what} of the account; choose another, or revoke that one first.`,
        'account-not-found': `The key has no account "${account}"; "cordboard directory accounts" lists those that it has.`,
      },
    },
  )
  if (options.json === true) return terminal.print(JSON.stringify(created))
  // The secret alone is the result, so that a script can take it as it is.
  terminal.complain(printable(`Made ${what} ${created.account}/${created.name}. This is shown once:`))
  terminal.print(printable(created.secret))
}

async function listAll({ kind, what }: Sort, options: CredentialOptions, terminal: Terminal) {
  const found = await find(connect(options, terminal, 'directory:write'), kind, options)
  if (options.json === true) return terminal.print(JSON.stringify(found))
  const where = options.account === undefined ? '' : ` in the account "${options.account}"`
  if (found.length === 0) return terminal.print(printable(`There is no ${what}${where}.`))
  const rows = found.map(({ account, name, permissions, role, line, lines, createdAt }) => [
    account,
    name,
    role ?? permissions.join(','),
    lines?.join(',') ?? line ?? '',
    createdAt ?? 'in the configuration file',
  ])
  const may = kind === 'user' ? 'ROLE' : 'PERMISSIONS'
  for (const text of renderTable(['ACCOUNT', 'NAME', may, 'LINES', 'MADE'], rows)) terminal.print(text)
}

async function revokeOne(given: string, { kind, what, name }: Sort, options: CredentialOptions, terminal: Terminal) {
  const client = connect(options, terminal, 'directory:write')
  const found = (await find(client, kind, options)).filter((one) => one.name === given)
  const [only, another] = found
  if (only === undefined) {
    throw new CliError(
      options.account === undefined
        ? `There is no ${what} "${given}" that the server's key can see; of another account it is revoked with --account. "cordboard ${name} list" lists those that it sees.`
        : `There is no ${what} "${given}" in the account "${options.account}"; "cordboard ${name} list --account ${options.account}" lists those that there are.`,
    )
  }
  if (another !== undefined) throw new CliError(`Several accounts have a ${what} "${given}"; say which with --account.`)
  if (only.createdAt === undefined) {
    throw new CliError(
      `The ${what} "${given}" stands in the server's configuration file; take it out there, then "cordboard apply FILE".`,
    )
  }
  const path = [kind, only.account, given].map(encodeURIComponent).join('/')
  await client.request(`/v1/credentials/${path}`, { method: 'DELETE' })
  if (options.json === true) return terminal.print(JSON.stringify(only))
  terminal.print(printable(`Revoked ${what} ${only.account}/${given}.`))
}

async function find(
  client: NativeClient,
  kind: ShownCredential['kind'],
  { account }: CredentialOptions,
): Promise<readonly ShownCredential[]> {
  const { credentials } = await client.request<{ readonly credentials: readonly ShownCredential[] }>('/v1/credentials')
  return credentials.filter((one) => one.kind === kind && (account === undefined || one.account === account))
}
