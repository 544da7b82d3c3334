import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { renderReport } from './render-report.ts'

/** Each row of the bench, by the name that `--only` takes. Loaded when its turn comes: a row shall not warm up another's code. */
const rows: Readonly<Record<string, () => Promise<object>>> = {
  calls: async () => (await import('./calls.ts')).benchCalls(),
  asterisk: async () => (await import('./asterisk.ts')).benchAsterisk(),
  latency: async () => (await import('./latency.ts')).benchLatency(),
  relay: async () => (await import('./relay.ts')).benchRelay(),
  mix: async () => (await import('./mix.ts')).benchMix(),
  memory: async () => (await import('./memory.ts')).benchMemory(),
  parser: async () => (await import('./parser.ts')).benchParser(),
  dialects: async () => (await import('./dialects.ts')).benchDialects(),
  history: async () => (await import('./history.ts')).benchHistory(),
  flood: async () => (await import('./flood.ts')).benchFlood(),
  limits: async () => (await import('./limits.ts')).benchLimits(),
}

const help = `npm run bench -- [--json] [--only ROW,…]

Measures Cordboard on this machine and compares with what it must hold; docs/benchmarks.md tells how.
Rows: ${Object.keys(rows).join(', ')}. "calls", "flood", "asterisk", "latency", "memory" and "history" need SIPp (Debian package sip-tester).
"asterisk" needs root and ASTERISK_ROOT=FOLDER, a system root that has Asterisk: debootstrap --variant=minbase --include=asterisk sid FOLDER

  --only ROW,…   these rows alone
  --json         one JSON object instead of the table
  --help         this text

CORDBOARD_PROFILE=FOLDER in the environment has the server write processor profiles there, one a thread.
`

class UsageError extends Error {}

/** The rows that were asked for, and how to tell them; undefined where only help was. */
function readArguments(): { readonly wanted: readonly string[]; readonly json: boolean } | undefined {
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean' }, only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help === true) return undefined
    const wanted = values.only?.split(',') ?? Object.keys(rows)
    const unknown = wanted.filter((name) => rows[name] === undefined)
    if (unknown.length > 0) throw new Error(`There is no row ${unknown.join(', ')}.`)
    return { wanted, json: values.json === true }
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${help}`)
  }
}

const describeMachine = (): string => {
  const [processor] = cpus()
  return `${cpus().length} × ${processor?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`
}

/** How many cores other programs keep busy now: what makes waiting times longer than they are. */
async function busyCores(): Promise<number> {
  const spent = () =>
    cpus().map(({ times }) => ({ idle: times.idle, all: Object.values(times).reduce((a, b) => a + b) }))
  const before = spent()
  await sleep(1000)
  const shares = spent().map(({ idle, all }, core) => {
    const { idle: idleBefore = 0, all: allBefore = 0 } = before[core] ?? {}
    return 1 - (idle - idleBefore) / (all - allBefore)
  })
  return shares.reduce((sum, share) => sum + share, 0)
}

async function main(): Promise<void> {
  const asked = readArguments()
  if (asked === undefined) return void process.stdout.write(help)
  const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()
  const figures: Record<string, object> = {}
  const busyWithOthers: Record<string, number> = {}
  for (const name of asked.wanted) {
    const busy = await busyCores()
    busyWithOthers[name] = Math.round(busy * 100) / 100
    process.stderr.write(`${name} (other programs use ${busy.toFixed(2)} cores) …`)
    const started = performance.now()
    figures[name] = (await rows[name]?.()) ?? {}
    process.stderr.write(` ${Math.round((performance.now() - started) / 1000)} s\n`)
  }
  const report = { machine: describeMachine(), commit, busyWithOthers, ...figures }
  process.stdout.write(asked.json ? `${JSON.stringify(report)}\n` : renderReport(report))
}

await main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof UsageError ? error.message : (error as Error).stack}\n`)
  process.exitCode = 1
})
