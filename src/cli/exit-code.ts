import type { EndCause } from '../call/end-cause.ts'

/** Exit codes that scripts can rely on. */
export const exitCodes = {
  ok: 0,
  refused: 1,
  unreachable: 2,
  notAuthorised: 3,
  stillLive: 4,
  interrupted: 130,
} as const

/** A followed call's end is told by the exit code; every cause keeps its number for ever. */
const causeExitCodes: Readonly<Record<EndCause, number>> = {
  completed: exitCodes.ok,
  busy: 10,
  rejected: 11,
  'no-answer': 12,
  unavailable: 13,
  'invalid-number': 14,
  barred: 15,
  'screened-out': 16,
  'credit-exhausted': 17,
  cancelled: 18,
  congestion: 19,
  'media-failed': 20,
  interrupted: 21,
  failed: 22,
  'carrier-refused': 23,
}

/** A cause that this release does not know, of a newer server, counts as a failed call. */
export const exitCodeOf = (cause: string): number =>
  Object.hasOwn(causeExitCodes, cause) ? causeExitCodes[cause as EndCause] : causeExitCodes.failed

export const exitCodeHelp = `Exit codes:
   0  done; a followed call: completed
   1  wrong usage, a faulty configuration, or the server refused
   2  no server answers
   3  the key is wrong or lacks a permission
   4  the call was still live when --wait ran out
  followed or awaited calls that ended otherwise:
${Object.entries(causeExitCodes)
  .filter(([, code]) => code !== exitCodes.ok)
  .map(([cause, code]) => `  ${code}  ${cause}`)
  .join('\n')}`

/** What a program can read of a failure, beside its sentence. */
export interface FailureDetails {
  /** The kind of problem, as the native API names it: `barred`. */
  readonly code?: string
  readonly faults?: readonly object[]
}

/** A failure in one sentence for a person, with the exit code that goes with it. */
export class CliError extends Error {
  readonly exitCode: number
  readonly details: FailureDetails

  constructor(message: string, exitCode: number = exitCodes.refused, details: FailureDetails = {}) {
    super(message)
    this.name = 'CliError'
    this.exitCode = exitCode
    this.details = details
  }
}
