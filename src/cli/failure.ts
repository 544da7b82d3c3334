import { CommanderError } from 'commander'
import { ConfigError } from '../config/load-config.ts'
import { CliError, exitCodes, type FailureDetails } from './exit-code.ts'

/** Why a command line came to nothing; with --json this is what is printed. */
export interface Failure extends FailureDetails {
  readonly message: string
  readonly exitCode: number
}

/** Undefined where nothing failed: commander ends --help and --version by an error too. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof CommanderError) {
    return error.exitCode === 0
      ? undefined
      : { message: error.message.replace(/^error: /, ''), exitCode: exitCodes.refused }
  }
  if (error instanceof CliError) return { message: error.message, exitCode: error.exitCode, ...error.details }
  const exitCode = exitCodes.refused
  if (error instanceof ConfigError) return { message: error.message, exitCode, faults: error.faults }
  if (!(error instanceof Error)) return { message: String(error), exitCode }
  // What a person can mend says so in its message; a mistake of the program needs its stack.
  const isMistake = [TypeError, ReferenceError, RangeError, SyntaxError].some((kind) => error instanceof kind)
  return { message: (isMistake ? error.stack : undefined) ?? error.message, exitCode }
}
