import { CliError, exitCodeOf, exitCodes } from '../exit-code.ts'
import type { NativeClient } from '../native-client.ts'
import { renderEvent } from '../render-event.ts'
import { printable, type Terminal } from '../terminal.ts'

/** Shows a call's events until it ends. Resolves to the exit code that its end cause has. */
export async function followCall(
  client: NativeClient,
  terminal: Terminal,
  call: { readonly id: string; readonly acceptedAt: string },
  json: boolean,
): Promise<number> {
  // Whoever wants to hang up, or to look again later, needs to know which call it was.
  if (!json) terminal.print(printable(`${call.id}  ${call.acceptedAt}`))
  try {
    for await (const event of client.follow(call.id)) {
      terminal.print(json ? JSON.stringify(event) : renderEvent(event, call.acceptedAt, terminal.colour))
      if (event.type === 'call.ended') return exitCodeOf(event.cause ?? 'failed')
    }
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== exitCodes.interrupted) throw error
    throw new CliError(`The call goes on; "cordboard hangup ${call.id}" ends it.`, exitCodes.interrupted)
  }
  return exitCodes.ok
}
