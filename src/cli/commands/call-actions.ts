import { Argument, Command } from 'commander'
import { withExamples } from '../examples.ts'
import type { ShownCall } from '../native-client.ts'
import { printable, type Terminal } from '../terminal.ts'
import { someText } from './parse-option.ts'
import { connect, type ServerCommandOptions, withServerOptions } from './server-options.ts'

interface ActionCommand {
  readonly name: string
  readonly action: string
  readonly does: string
  readonly parties: readonly string[]
  /** What else is asked for, and as which member it is sent. */
  readonly more?: { readonly member: 'digits' | 'clip'; readonly description: string; readonly example: string }
  /** What is so now. */
  readonly done: string
}

const either = ['first', 'second']
const any = [...either, 'both']

const actionCommands: readonly ActionCommand[] = [
  { name: 'hold', action: 'hold', does: 'put a party on hold: it hears music', parties: either, done: 'on hold' },
  { name: 'resume', action: 'resume', does: 'take a party off hold', parties: either, done: 'resumed' },
  { name: 'mute', action: 'mute', does: 'mute a party: the other does not hear it', parties: either, done: 'muted' },
  { name: 'unmute', action: 'unmute', does: 'let a party be heard again', parties: either, done: 'unmuted' },
  {
    ...{ name: 'digits', action: 'send-digits', does: 'send key presses to a party', parties: either },
    more: { member: 'digits', description: '0-9, *, #, A-D; w waits half a second', example: '12w3#' },
    done: 'sent the digits',
  },
  {
    ...{ name: 'play', action: 'play', does: 'let a party hear a clip', parties: any },
    more: { member: 'clip', description: 'its name', example: 'please-hold' },
    done: 'played to',
  },
  {
    name: 'stop',
    action: 'stop-playing',
    does: 'stop the clip that a party hears',
    parties: any,
    done: 'not played to',
  },
]

const exampleId = '01a1fe40e28c95d4bbd208c17de4c4cc'

/** What can be done to a call whose parties talk: one command each. */
export const callActionCommands = (terminal: Terminal): readonly Command[] =>
  actionCommands.map((described) => {
    const { name, does, parties, more } = described
    const example = ['cordboard calls', name, exampleId, parties.at(-1), ...(more === undefined ? [] : [more.example])]
    const command = withExamples(withServerOptions(new Command(name)), example.join(' '))
      .description(does)
      .argument('<id>', 'the call, by the id that "cordboard calls" shows', someText)
      .addArgument(new Argument('<party>', 'which of them').choices([...parties]))
    if (more !== undefined) command.argument(`<${more.member}>`, more.description, someText)
    return command.action((...args: readonly unknown[]) => act(described, args, terminal))
  })

/** commander gives the arguments, the options and the command. */
async function act({ action, more, done }: ActionCommand, args: readonly unknown[], terminal: Terminal): Promise<void> {
  const [id, leg, value] = args as readonly string[]
  // The parent command takes options of the same names for its own; together they are what was said.
  const options = (args.at(-1) as Command).optsWithGlobals<ServerCommandOptions>()
  const content = JSON.stringify({ action, leg, ...(more === undefined ? {} : { [more.member]: value }) })
  const call = await connect(options, terminal, 'calls:control').request<ShownCall>(
    `/v1/calls/${encodeURIComponent(id ?? '')}/actions`,
    { method: 'POST', body: { type: 'application/json', content } },
  )
  if (options.json === true) return terminal.print(JSON.stringify(call))
  terminal.print(printable(`${call.id} ${leg === 'both' ? 'both parties' : `the ${leg} party`}: ${done}`))
}
