import { Command } from 'commander'
import { ConfigError, loadConfig } from '../config/load-config.ts'
import { CliError, exitCodes, request, type ServerAddress } from './api-client.ts'
import { call } from './call.ts'
import { start } from './start.ts'

type QueryOptions = ServerAddress & { readonly json?: boolean }

const program = new Command('cordboard')
  .description('Self-hosted click-to-call: one HTTP request rings two phones by SIP and connects them.')
  .showHelpAfterError()
  .addHelpText(
    'after',
    `
Server and key come from --server and --key, or CORDBOARD_URL and CORDBOARD_KEY; the demo's are the defaults.

Exit codes:  0 done   1 refused or wrong usage   2 no server   3 not authorised   10 the call ended without success`,
  )

const withServer = (command: Command): Command =>
  command
    .option('--server <url>', 'address of the server', process.env['CORDBOARD_URL'] ?? 'http://127.0.0.1:8080')
    .option('--key <key>', 'API key', process.env['CORDBOARD_KEY'] ?? 'demo-key-acme-0001')
    .option('--json', 'print JSON')

program
  .command('start')
  .description('run the server')
  .option('--config <file>', 'configuration file', 'cordboard.yaml')
  .option('--data <dir>', 'folder that relative paths of the configuration are in')
  .option('--demo', 'write the demo configuration if the file is not there')
  .action(start)

program
  .command('check <config>')
  .description('check a configuration file')
  .option('--json', 'print JSON')
  .action((file: string, { json }: { readonly json?: boolean }) => {
    try {
      const { accounts, trunks } = loadConfig(file)
      const lines = accounts.reduce((count, account) => count + account.lines.length, 0)
      const sound = { file, accounts: accounts.length, lines, trunks: trunks.length }
      const text = `${file} is sound: ${sound.accounts} accounts, ${lines} lines, ${sound.trunks} trunks`
      process.stdout.write(`${json === true ? JSON.stringify(sound) : text}\n`)
    } catch (error) {
      if (json !== true || !(error instanceof ConfigError)) throw error
      process.stdout.write(`${JSON.stringify({ file, faults: error.faults })}\n`)
      process.exitCode = exitCodes.refused
    }
  })

withServer(program.command('call <first> <second>'))
  .description('ring the line FIRST, then what it would dial: SECOND')
  .option('--auto-answer', 'ask the first phone to answer by itself')
  .option('--follow', "show the call's states until it ends")
  .option('--delay <seconds>', 'wait before the first ring')
  .option('--external-id <id>', 'your own id of the call')
  .action(call)

withServer(program.command('calls'))
  .description('list calls, the newest first')
  .option('--state <state>', 'live or ended')
  .option('--limit <count>', 'at most so many', '20')
  .action(async (options: QueryOptions & { readonly state?: string; readonly limit: string }) => {
    const query = new URLSearchParams({
      limit: options.limit,
      ...(options.state === undefined ? {} : { state: options.state }),
    })
    const body = (await (await request(options, 'GET', `/v1/calls?${query}`)).json()) as {
      readonly calls: readonly CallRow[]
    }
    print(
      options,
      body,
      body.calls.map((row) => [
        row.id,
        row.acceptedAt,
        row.state,
        row.end?.cause ?? '',
        row.first.destination,
        row.second.destination,
      ]),
    )
  })

withServer(program.command('hangup <id>'))
  .description('hang up or cancel a call')
  .action(async (id: string, options: QueryOptions) => {
    const body = (await (await request(options, 'DELETE', `/v1/calls/${encodeURIComponent(id)}`)).json()) as CallRow
    print(options, body, [[body.id, body.state]])
  })

withServer(program.command('phones'))
  .description('list the phones that are registered now')
  .action(async (options: QueryOptions) => {
    const body = (await (await request(options, 'GET', '/v1/phones')).json()) as {
      readonly phones: readonly PhoneRow[]
    }
    print(
      options,
      body,
      body.phones.map((row) => [`${row.account}/${row.line}`, row.contact, row.userAgent ?? '', row.expiresAt]),
    )
  })

interface CallRow {
  readonly id: string
  readonly acceptedAt: string
  readonly state: string
  readonly end?: { readonly cause: string }
  readonly first: { readonly destination: string }
  readonly second: { readonly destination: string }
}

interface PhoneRow {
  readonly account: string
  readonly line: string
  readonly contact: string
  readonly userAgent?: string
  readonly expiresAt: string
}

/** A table with columns as wide as they need to be, or the JSON as it came. */
function print(options: QueryOptions, body: object, rows: readonly (readonly string[])[]): void {
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(body)}\n`)
    return
  }
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  for (const row of rows) {
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    )
  }
}

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CliError) process.exitCode = error.exitCode
  else process.exitCode = exitCodes.refused
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  if (program.args[0] === 'start') process.exit()
}
