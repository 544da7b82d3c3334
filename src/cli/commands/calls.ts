import { Command, Option } from 'commander'
import { withExamples } from '../examples.ts'
import type { NativeClient, ShownCall, ShownEvent } from '../native-client.ts'
import { renderEvent } from '../render-event.ts'
import { renderTable } from '../render-table.ts'
import { printable, type Terminal } from '../terminal.ts'
import { callActionCommands } from './call-actions.ts'
import { followCall } from './follow-call.ts'
import { someText, wholeNumber } from './parse-option.ts'
import { connect, type ServerCommandOptions, withServerOptions } from './server-options.ts'

interface ListOptions extends ServerCommandOptions {
  readonly state?: 'live' | 'ended'
  readonly externalId?: string
  readonly limit: number
}

interface ShowOptions extends ServerCommandOptions {
  readonly follow?: boolean
}

export const callsCommand = (terminal: Terminal, exit: (code: number) => void): Command => {
  const command = withExamples(
    withServerOptions(new Command('calls')),
    'cordboard calls --state live',
    'cordboard calls show 01a1fe40e28c95d4bbd208c17de4c4cc',
  )
    .description('list calls, the newest first')
    .addOption(new Option('--state <state>', 'only these').choices(['live', 'ended']))
    .option('--external-id <id>', 'only those with your own id')
    .option('--limit <count>', 'at most so many', wholeNumber(1, 1000), 20)
    .action((options: ListOptions) => listCalls(options, terminal))
    .addCommand(showCommand(terminal, exit))
  for (const action of callActionCommands(terminal)) command.addCommand(action)
  return command
}

const showCommand = (terminal: Terminal, exit: (code: number) => void): Command =>
  withExamples(withServerOptions(new Command('show')), 'cordboard calls show 01a1fe40e28c95d4bbd208c17de4c4cc --follow')
    .description('show one call and what happened in it')
    .argument('<id>', 'the call, by the id that "cordboard calls" shows', someText)
    .option('--follow', 'until it has ended')
    .action(async (id: string, _options: ShowOptions, command: Command) => {
      // The parent command takes options of the same names for its own; together they are what was said.
      const options = command.optsWithGlobals<ShowOptions>()
      const client = connect(options, terminal, 'calls:read')
      const call = await client.request<ShownCall>(`/v1/calls/${encodeURIComponent(id)}`)
      if (options.follow === true) return exit(await followCall(client, terminal, call, options.json === true))
      await showCall(client, call, options, terminal)
    })

async function listCalls(options: ListOptions, terminal: Terminal): Promise<void> {
  const query = new URLSearchParams({ limit: String(options.limit) })
  if (options.state !== undefined) query.set('state', options.state)
  if (options.externalId !== undefined) query.set('externalId', options.externalId)
  const client = connect(options, terminal, 'calls:read')
  const { calls } = await client.request<{ readonly calls: readonly ShownCall[] }>(`/v1/calls?${query}`)
  if (options.json === true) return terminal.print(JSON.stringify(calls))
  if (calls.length === 0) return terminal.print('There are no such calls.')
  const rows = calls.map((call) => [
    call.id,
    call.acceptedAt,
    call.end?.cause ?? call.state,
    call.talkSeconds === undefined ? '' : `${call.talkSeconds} s`,
    call.first.destination,
    call.second.destination,
  ])
  for (const line of renderTable(['ID', 'ACCEPTED', 'STATE', 'TALK', 'FIRST', 'SECOND'], rows)) terminal.print(line)
}

async function showCall(client: NativeClient, call: ShownCall, { json }: ShowOptions, terminal: Terminal) {
  if (json === true) return terminal.print(JSON.stringify(call))
  const path = `/v1/calls/${encodeURIComponent(call.id)}/events`
  const { events } = await client.request<{ readonly events: readonly ShownEvent[] }>(path)
  terminal.print(printable(`${call.id}  ${call.acceptedAt}  ${call.state}`))
  for (const event of events) terminal.print(renderEvent(event, call.acceptedAt, terminal.colour))
}
