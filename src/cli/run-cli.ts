import { Command, CommanderError } from 'commander'
import { applyCommand } from './commands/apply.ts'
import { callCommand } from './commands/call.ts'
import { callsCommand } from './commands/calls.ts'
import { checkCommand } from './commands/check.ts'
import { keysCommand, tokensCommand, usersCommand } from './commands/credentials.ts'
import { directoryCommand } from './commands/directory.ts'
import { hangupCommand } from './commands/hangup.ts'
import { phonesCommand } from './commands/phones.ts'
import { startCommand } from './commands/start.ts'
import { CliError, exitCodeHelp, exitCodes } from './exit-code.ts'
import type { Terminal } from './terminal.ts'

/** Runs one command line (without the program's own name). Resolves to its exit code; never rejects. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = exitCodes.ok
  const exit = (code: number) => {
    exitCode = code
  }
  const program = new Command('cordboard')
    .description('Self-hosted click-to-call: one HTTP request rings two phones by SIP and connects them.')
    .addCommand(startCommand(terminal, exit))
    .addCommand(applyCommand(terminal))
    .addCommand(callCommand(terminal, exit))
    .addCommand(callsCommand(terminal, exit))
    .addCommand(hangupCommand(terminal))
    .addCommand(phonesCommand(terminal))
    .addCommand(directoryCommand(terminal))
    .addCommand(keysCommand(terminal))
    .addCommand(tokensCommand(terminal))
    .addCommand(usersCommand(terminal))
    .addCommand(checkCommand(terminal, exit))
    .addHelpText('after', `\n${exitCodeHelp}`)
  catchExits(program, terminal)
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    return explain(error, terminal)
  }
}

/** commander would end the process and write to it; both are the caller's. */
function catchExits(command: Command, terminal: Terminal): void {
  const withoutEnd = (text: string) => text.replace(/\n$/, '')
  command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(withoutEnd(text)),
      writeErr: (text) => terminal.complain(withoutEnd(text)),
    })
    .showHelpAfterError(`"cordboard ${command.parent === null ? '' : `${command.name()} `}--help" tells what there is.`)
  for (const subcommand of command.commands) catchExits(subcommand, terminal)
}

function explain(error: unknown, terminal: Terminal): number {
  // commander has said what is wrong already; --help and the like are no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.refused
  if (error instanceof CliError) {
    terminal.complain(error.message)
    return error.exitCode
  }
  // What a person can mend says so in its message; a mistake of the program needs its stack.
  const mistake = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  terminal.complain(error instanceof Error ? ((mistake ? error.stack : undefined) ?? error.message) : String(error))
  return exitCodes.refused
}
