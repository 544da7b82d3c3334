import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { runSeed } from '../test/support/run-seed.ts'

// Journeys start servers and phones of their own beside each file's process: two files at a time keep their timing honest. A third
// fills the time in which the longest of them wait for phones and timers.
const concurrency = Math.min(3, availableParallelism() + 1)
/** For one file; the longest journeys bound themselves well below. */
const timeoutMilliseconds = 600_000
const seedProperties = new URL('../test/support/seed-properties.ts', import.meta.url).href

// npm test -- FILE… runs those, npm test -- --test-name-pattern=… passes it on.
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
// Every file by name, so that the runner's own search cannot pass over one.
const files = wanted.length > 0 ? wanted : globSync(['src/**/*.test.ts', 'test/**/*.test.ts'])

const limits = [`--test-concurrency=${concurrency}`, `--test-timeout=${timeoutMilliseconds}`]
const runner = spawn(
  process.execPath,
  ['--test', '--test-reporter=spec', `--import=${seedProperties}`, ...limits, ...options, ...files],
  { stdio: 'inherit', env: { ...process.env, CORDBOARD_SEED: String(runSeed) } },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal))
runner.once('exit', (code) => {
  process.exitCode = code ?? 1
  if (code !== 0) process.stderr.write(`\nThe same chance again: CORDBOARD_SEED=${runSeed} npm test -- FILE…\n`)
})
