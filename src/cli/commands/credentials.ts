import { Command } from 'commander'
import { CliError } from '../exit-code.ts'
import type { NativeClient } from '../native-client.ts'
import { renderTable } from '../render-table.ts'
import { printable, type Terminal } from '../terminal.ts'
import { connect, type ServerCommandOptions, withServerOptions } from './server-options.ts'

type Kind = 'api-key' | 'token' | 'user'

/** A credential as the native API shows it. */
interface ShownCredential {
  readonly kind: Kind
  readonly account: string
  readonly name: string
  readonly permissions: readonly string[]
  readonly role?: string
  readonly line?: string
  readonly lines?: readonly string[]
  readonly createdAt?: string
}

interface CredentialOptions extends ServerCommandOptions {
  readonly account?: string
  readonly permissions?: readonly string[]
  readonly lines?: readonly string[]
  readonly signing?: boolean
  readonly role?: string
  readonly line?: string
}

const listed = (text: string): readonly string[] => text.split(',').map((item) => item.trim())

export const keysCommand = (terminal: Terminal): Command =>
  group('keys', 'API key', 'api-key', terminal, (create) =>
    create
      .requiredOption('--permissions <list>', 'what it may do: calls:place,calls:read', listed)
      .option('--no-signing', 'keep its hash only: requests cannot be signed with it'),
  )

export const tokensCommand = (terminal: Terminal): Command =>
  group('tokens', 'token', 'token', terminal, (create) =>
    create
      .option('--lines <list>', 'the extensions that it is for; all if not given', listed)
      .option('--permissions <list>', 'what it may do, if not calls:place,calls:read', listed),
  )

export const usersCommand = (terminal: Terminal): Command =>
  group('users', 'user', 'user', terminal, (create) =>
    create.requiredOption('--role <role>', 'a role of the account').option('--line <extension>', "the user's own line"),
  )

/** `create`, `list` and `revoke` of one kind of credential. */
function group(
  name: string,
  what: string,
  kind: Kind,
  terminal: Terminal,
  withOwnOptions: (create: Command) => Command,
): Command {
  const create = withAccount(new Command('create'))
    .description(`make one ${what} on a running server; its ${kind === 'user' ? 'password' : 'secret'} is shown once`)
    .argument('<name>', 'by which logs and call histories know it')
    .action((given: string, options: CredentialOptions) => createOne(given, { kind, what }, options, terminal))
  const list = withAccount(new Command('list'))
    .description(`list every ${what}, without secrets`)
    .action((options: CredentialOptions) => listAll({ kind, what }, options, terminal))
  const revoke = withAccount(new Command('revoke'))
    .description(`revoke one ${what} that was made so: it is refused from then on`)
    .argument('<name>')
    .action((given: string, options: CredentialOptions) => revokeOne(given, { kind, what }, options, terminal))
  return new Command(name)
    .description(`make, list and revoke ${name} while the server runs`)
    .addCommand(withOwnOptions(create))
    .addCommand(list)
    .addCommand(revoke)
}

const withAccount = (command: Command): Command =>
  withServerOptions(command).option('--account <name>', "the account; that of the server's key if not given")

interface Sort {
  readonly kind: Kind
  readonly what: string
}

async function createOne(name: string, { kind, what }: Sort, options: CredentialOptions, terminal: Terminal) {
  const { account, permissions, lines, signing, role, line } = options
  const body = JSON.stringify({ kind, account, name, permissions, lines, signing, role, line })
  const created = await connect(options, terminal, 'directory:write').request<ShownCredential & { secret: string }>(
    '/v1/credentials',
    { method: 'POST', body: { type: 'application/json', content: body } },
  )
  if (options.json === true) return terminal.print(JSON.stringify(created))
  // The secret alone is the result, so that a script can take it as it is.
  terminal.complain(printable(`Made ${what} ${created.account}/${created.name}. This is shown once:`))
  terminal.print(printable(created.secret))
}

async function listAll({ kind, what }: Sort, options: CredentialOptions, terminal: Terminal) {
  const found = await find(connect(options, terminal, 'directory:write'), kind, options)
  if (options.json === true) return terminal.print(JSON.stringify(found))
  if (found.length === 0) return terminal.print(`There is no ${what}.`)
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

async function revokeOne(name: string, { kind, what }: Sort, options: CredentialOptions, terminal: Terminal) {
  const client = connect(options, terminal, 'directory:write')
  const found = (await find(client, kind, options)).filter((credential) => credential.name === name)
  const [only, another] = found
  if (only === undefined) throw new CliError(`There is no ${what} "${name}".`)
  if (another !== undefined) throw new CliError(`Several accounts have a ${what} "${name}"; say which with --account.`)
  const path = [kind, only.account, name].map(encodeURIComponent).join('/')
  await client.request(`/v1/credentials/${path}`, { method: 'DELETE' })
  if (options.json === true) return terminal.print(JSON.stringify(only))
  terminal.print(printable(`Revoked ${what} ${only.account}/${name}.`))
}

async function find(
  client: NativeClient,
  kind: Kind,
  { account }: CredentialOptions,
): Promise<readonly ShownCredential[]> {
  const { credentials } = await client.request<{ readonly credentials: readonly ShownCredential[] }>('/v1/credentials')
  return credentials.filter((one) => one.kind === kind && (account === undefined || one.account === account))
}
