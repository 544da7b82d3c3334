import { runCli } from './run-cli.ts'
import { processTerminal } from './terminal.ts'

const interrupted = new AbortController()
// The terminal and npm may both send it; `start` counts for itself how often it was meant.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(signal))
// `cordboard calls | head` is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

const exitCode = await runCli(process.argv.slice(2), processTerminal(interrupted.signal))
// Not process.exit() alone: what was printed to a pipe must have left first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)))
