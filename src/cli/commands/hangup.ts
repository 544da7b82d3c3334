import { Command } from 'commander'
import { withExamples } from '../examples.ts'
import type { ShownCall } from '../native-client.ts'
import { printable, type Terminal } from '../terminal.ts'
import { someText } from './parse-option.ts'
import { connect, type ServerCommandOptions, withServerOptions } from './server-options.ts'

export const hangupCommand = (terminal: Terminal): Command =>
  withExamples(withServerOptions(new Command('hangup')), 'cordboard hangup 01a1fe40e28c95d4bbd208c17de4c4cc')
    .description('hang up a call, or cancel it before it is answered')
    .argument('<id>', 'the call, by the id that "cordboard calls" shows', someText)
    .action(async (id: string, options: ServerCommandOptions) => {
      const client = connect(options, terminal, 'calls:control')
      const call = await client.request<ShownCall>(`/v1/calls/${encodeURIComponent(id)}`, { method: 'DELETE' })
      if (options.json === true) return terminal.print(JSON.stringify(call))
      const text = call.state === 'ended' ? `has ended: ${call.end?.cause}` : 'is being hung up'
      terminal.print(printable(`${call.id} ${text}`))
    })
