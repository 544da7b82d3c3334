/** Where a command reads its surroundings and says what it has to say; tests hand in their own. */
export interface Terminal {
  /** One line of result, to standard output. */
  print(line: string): void
  /** One line of complaint, to standard error. */
  complain(line: string): void
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether escape sequences are understood and wanted. */
  readonly colour: boolean
  /** Aborts when the person presses Ctrl+C. */
  readonly interrupted: AbortSignal
}

/** The process's own streams. Colour follows https://no-color.org. */
export function processTerminal(interrupted: AbortSignal): Terminal {
  return {
    print: (line) => process.stdout.write(`${line}\n`),
    complain: (line) => process.stderr.write(`${line}\n`),
    environment: process.env,
    colour: process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
    interrupted,
  }
}

/** What a server sends may hold anything: control characters must not reach the terminal as such. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '�')
