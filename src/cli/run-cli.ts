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
import { withExamples } from './examples.ts'
import { exitCodeHelp, exitCodes } from './exit-code.ts'
import { failureOf } from './failure.ts'
import { programVersion } from './program-version.ts'
import { printable, type Terminal } from './terminal.ts'

/** Runs one command line (without the program's own name). Resolves to its exit code; never rejects. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const json = args.includes('--json')
  let exitCode: number = exitCodes.ok
  const exit = (code: number) => {
    exitCode = code
  }
  const program = createProgram(json ? withJsonNotices(terminal) : terminal, exit)
  catchExits(program, terminal, json)
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    const failure = failureOf(error)
    if (failure === undefined) return exitCodes.ok
    if (json) terminal.complain(JSON.stringify({ error: failure }))
    // commander has said what is wrong already.
    else if (!(error instanceof CommanderError)) complainOf(failure.message, terminal)
    return failure.exitCode
  }
}

/** A server's sentence may be in it: what it sends must not steer the terminal. */
function complainOf(message: string, terminal: Terminal): void {
  for (const line of message.split('\n')) terminal.complain(printable(line))
}

const createProgram = (terminal: Terminal, exit: (code: number) => void): Command =>
  withExamples(new Command('cordboard'), 'cordboard start --demo', 'cordboard call 101 102 --follow')
    .description('Self-hosted click-to-call: one HTTP request rings two phones by SIP and connects them.')
    .version(programVersion(), '-V, --version', 'print the version')
    .addCommand(startCommand(terminal, exit))
    .addCommand(checkCommand(terminal, exit))
    .addCommand(applyCommand(terminal))
    .addCommand(callCommand(terminal, exit))
    .addCommand(callsCommand(terminal, exit))
    .addCommand(hangupCommand(terminal))
    .addCommand(phonesCommand(terminal))
    .addCommand(directoryCommand(terminal))
    .addCommand(keysCommand(terminal))
    .addCommand(tokensCommand(terminal))
    .addCommand(usersCommand(terminal))
    .addHelpText('after', `\n${exitCodeHelp}`)

/** With --json a program reads standard error too: each line of it is an object. */
const withJsonNotices = (terminal: Terminal): Terminal => ({
  ...terminal,
  complain: (line) => terminal.complain(JSON.stringify({ notice: line })),
})

/** commander would end the process and write to it; both are the caller's. */
function catchExits(command: Command, terminal: Terminal, json: boolean, parents = ''): void {
  const name = `${parents}${command.name()}`
  const withoutEnd = (text: string) => text.replace(/\n$/, '')
  command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(withoutEnd(text)),
      writeErr: (text) => (json ? undefined : terminal.complain(withoutEnd(text))),
    })
    .showHelpAfterError(`"${name} --help" tells what there is.`)
  for (const subcommand of command.commands) catchExits(subcommand, terminal, json, `${name} `)
}
