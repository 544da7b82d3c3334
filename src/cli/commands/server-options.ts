import type { Command } from 'commander'
import { findServer, type Permission, type ServerOptions } from '../find-server.ts'
import { NativeClient } from '../native-client.ts'
import type { Terminal } from '../terminal.ts'

export interface ServerCommandOptions extends ServerOptions {
  readonly json?: boolean
}

/** The options that say which server, by which key, and how to print: of every command that asks a running server. */
export function withServerOptions(command: Command): Command {
  return command
    .option('--server <url>', 'address of the server (or CORDBOARD_URL)')
    .option('--key <key>', 'API key (or CORDBOARD_KEY, which other users of this machine cannot see)')
    .option('--config <file>', 'configuration file to take both from if not given (default: cordboard.yaml)')
    .option('--json', 'print JSON; what fails is told as JSON on standard error')
}

export const connect = (options: ServerCommandOptions, terminal: Terminal, permission: Permission): NativeClient =>
  new NativeClient(findServer(options, terminal.environment, permission), terminal.interrupted)
